import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import * as z from 'zod/mini';

/** A PostgreSQL server on this machine. */
export interface PostgresServer {
  /** The connection string of one of its databases, for a user who may do everything. */
  url(database?: string): string;
  /** Stops it as by a power cut and starts it again; undefined for a server that was there already. */
  readonly restart?: () => Promise<void>;
  /** Ends it before this process does. */
  stop(): void;
}

/** What makes tests fast; nothing that they compare depends on it. */
const fast = ['-c', 'fsync=off', '-c', 'full_page_writes=off', '-c', 'max_connections=200'];

let shared: Promise<PostgresServer> | undefined;

/**
 * The server for the tests of this process: that of `CLAIR_TEST_POSTGRES`, a connection URL whose database is used, else one
 * that is started on the first call. It ends with the process, and keeps it from ending no longer than a call lasts.
 */
export function postgresServer(): Promise<PostgresServer> {
  shared ??= findServer();
  return shared;
}

async function findServer(): Promise<PostgresServer> {
  const given = process.env['CLAIR_TEST_POSTGRES'];
  if (given === undefined || given === '') return await startPostgresServer(fast);
  return {
    url: (database) => {
      const url = new URL(given);
      if (database !== undefined) url.pathname = `/${database}`;
      return url.href;
    },
    stop: () => undefined,
  };
}

/** Starts a server of its own with these arguments; it ends with the process. */
export async function startPostgresServer(flags: readonly string[]): Promise<PostgresServer> {
  const program = new URL('postgres-guardian.ts', import.meta.url).pathname;
  const guardian = spawn(process.execPath, [program, ...flags], {
    // Of a session of its own: an interrupt from the keyboard ends the tests, and only then the server.
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: guardian.stdout })[Symbol.asyncIterator]();
  const port = await whileAwake(guardian, () => readPort(lines));
  return {
    url: (database = 'postgres') => `postgresql://postgres@127.0.0.1:${port}/${database}?sslmode=disable`,
    restart: async () => {
      await whileAwake(guardian, () => {
        guardian.stdin.write('restart\n');
        return readPort(lines);
      });
    },
    stop: () => guardian.stdin.end(),
  };
}

const messages = z.union([z.object({ port: z.number() }), z.object({ problem: z.string() })]);

async function readPort(lines: AsyncIterator<string>): Promise<number> {
  const line = await lines.next();
  if (line.done === true) throw new Error('the guardian of the PostgreSQL server is gone');
  const message = messages.parse(JSON.parse(line.value));
  if ('port' in message) return message.port;
  throw new Error(`there is no PostgreSQL server for the tests: ${message.problem}`);
}

type Guardian = ChildProcessByStdio<Writable, Readable, null>;

/** Waits for the guardian; before and after, it does not keep this process from ending. */
async function whileAwake<T>(guardian: Guardian, work: () => Promise<T>): Promise<T> {
  const handles = [guardian, guardian.stdin, guardian.stdout] as unknown as Pick<
    NodeJS.Timeout,
    'ref' | 'unref'
  >[];
  for (const handle of handles) handle.ref();
  try {
    return await work();
  } finally {
    for (const handle of handles) handle.unref();
  }
}
