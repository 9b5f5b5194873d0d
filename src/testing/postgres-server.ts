import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import * as z from 'zod/mini';

/** A PostgreSQL server on this machine. */
export interface PostgresServer {
  /** Returns the connection string of one of its databases, as a superuser. */
  url(database?: string): string;
  /** Kills it as by a power cut and starts it again; undefined for a server that the tests did not start. */
  readonly restart?: () => Promise<void>;
  /** Restarts it with a streaming replica; undefined for a server that the tests did not start. */
  readonly addReplica?: () => Promise<PostgresReplica>;
  /** Stops it before this process ends. */
  stop(): void;
}

/** A streaming replica of a `PostgresServer`. */
export interface PostgresReplica {
  /** Returns the connection string of one of its databases, as a superuser. */
  url(database?: string): string;
  /** Kills it. */
  end(): Promise<void>;
}

/** Settings that make tests fast; no test depends on them. */
const fast = ['-c', 'fsync=off', '-c', 'full_page_writes=off', '-c', 'max_connections=200'];

let shared: Promise<PostgresServer> | undefined;

/**
 * Returns the server for the tests of this process. It is that of `CLAIR_TEST_POSTGRES`, a connection URL whose database is used.
 * Otherwise the first call starts one. It ends with the process, and keeps the process alive only during calls.
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

/** Starts a separate server with these arguments; it ends with the process. */
export async function startPostgresServer(flags: readonly string[]): Promise<PostgresServer> {
  const program = new URL('postgres-guardian.ts', import.meta.url).pathname;
  const guardian = spawn(process.execPath, [program, ...flags], {
    // In a session of its own: Ctrl+C ends the tests first, and then the server.
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: guardian.stdout })[Symbol.asyncIterator]();
  const port = await whileAwake(guardian, () => readPort(lines));
  const send = async (command: string): Promise<number> =>
    await whileAwake(guardian, () => {
      guardian.stdin.write(`${command}\n`);
      return readPort(lines);
    });
  return {
    url: (database) => urlOf(port, database),
    restart: async () => {
      await send('restart');
    },
    addReplica: async () => {
      const replicaPort = await send('add-replica');
      return {
        url: (database) => urlOf(replicaPort, database),
        end: async () => {
          await send('end-replica');
        },
      };
    },
    stop: () => guardian.stdin.end(),
  };
}

function urlOf(port: number, database = 'postgres'): string {
  return `postgresql://postgres@127.0.0.1:${port}/${database}?sslmode=disable`;
}

const messages = z.union([z.object({ port: z.number() }), z.object({ problem: z.string() })]);

async function readPort(lines: AsyncIterator<string>): Promise<number> {
  const line = await lines.next();
  if (line.done === true) throw new Error('the guardian of the PostgreSQL server has exited');
  const message = messages.parse(JSON.parse(line.value));
  if ('port' in message) return message.port;
  throw new Error(`no PostgreSQL server could be started for the tests: ${message.problem}`);
}

type Guardian = ChildProcessByStdio<Writable, Readable, null>;

/** Waits for the guardian. Outside this wait, the guardian does not keep the process alive. */
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
