import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { sql } from 'kysely';
import { openPostgresEngine } from '../src/store/sql/dialect/postgres-engine.ts';
import { parsePostgresSource } from '../src/store/sql/dialect/postgres-source.ts';
import { openSqliteEngine } from '../src/store/sql/dialect/sqlite-engine.ts';
import type { Engine } from '../src/store/sql/engine.ts';
import { openPostgresStore } from '../src/store/sql/postgres-store.ts';
import type { StoreOptions } from '../src/store/sql/sql-store.ts';
import { openSqliteStore } from '../src/store/sql/sqlite-store.ts';
import type { Store } from '../src/store/store.ts';
import { startPostgresServer } from '../src/testing/postgres-server.ts';

/** An empty database, to be measured and thrown away. */
export interface BenchStore extends AsyncDisposable {
  readonly store: Store;
  /** Path of the file, or connection string. */
  readonly place: string;
  openEngine(): Promise<Engine>;
  sizeBytes(): Promise<number>;
  /** Has the server do now what it does by itself a minute later, and would do in the midst of what is measured. */
  settle(): Promise<void>;
  /** What this process and the database server have used of the CPU, in milliseconds. */
  cpuMs(): number;
}

/** `--engine sqlite|postgres` and the other arguments of a bench. */
export function engineArgument(): { engine: string; rest: readonly string[] } {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { engine: { type: 'string', default: 'sqlite' } },
  });
  return { engine: values.engine, rest: positionals };
}

/** What can be chosen for a bench. */
export interface BenchOptions extends StoreOptions {
  /** A server that tidies up every second, as it has to where days pass in a moment. */
  readonly isHurried?: true;
}

/** Makes an empty database of an engine. */
export async function openBenchStore(
  engine: string,
  { isHurried, ...options }: BenchOptions = {},
): Promise<BenchStore> {
  if (engine === 'sqlite') return await openFile(options);
  if (engine === 'postgres')
    return await openServer(options, isHurried ? ['-c', 'autovacuum_naptime=1s'] : []);
  throw new Error(`there is no engine ${engine}; there are sqlite and postgres`);
}

async function openFile(options: StoreOptions): Promise<BenchStore> {
  const directory = mkdtempSync(join(tmpdir(), 'clair-bench-'));
  const place = join(directory, 'bench.db');
  const store = await openSqliteStore(place, options);
  return {
    store,
    place,
    openEngine: () => openSqliteEngine(place),
    sizeBytes: async () => statSync(place).size,
    settle: async () => undefined,
    cpuMs: ownCpuMs,
    [Symbol.asyncDispose]: async () => {
      await store[Symbol.asyncDispose]();
      rmSync(directory, { recursive: true });
    },
  };
}

/** A server as it is installed, which writes to disk what it was given; only its memory is that of a server of today. */
async function openServer(options: StoreOptions, flags: readonly string[]): Promise<BenchStore> {
  const memory = ['-c', 'shared_buffers=512MB', '-c', 'max_wal_size=4GB'];
  const server = await startPostgresServer([...memory, ...flags]);
  const place = server.url();
  const store = await openPostgresStore(place, options);
  await using engine = await openPostgresEngine(parsePostgresSource(place), 2);
  const backend = await engine.db
    .selectNoFrom((eb) => eb.fn<number>('pg_backend_pid').as('pid'))
    .executeTakeFirstOrThrow();
  const postmaster = Number(statOf(backend.pid)[1]);
  return {
    store,
    place,
    openEngine: () => openPostgresEngine(parsePostgresSource(place), 2),
    sizeBytes: async () => (await store.statistics()).bytes,
    settle: async () => {
      await using tidying = await openPostgresEngine(parsePostgresSource(place), 2);
      await sql`vacuum analyze`.execute(tidying.db);
    },
    cpuMs: () => ownCpuMs() + serverCpuMs(postmaster),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

function ownCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Of the backends that have ended, in ticks of 10 ms, and those that run, in nanoseconds (proc(5)). */
function serverCpuMs(postmaster: number): number {
  const children = readFileSync(`/proc/${postmaster}/task/${postmaster}/children`, 'utf8').trim().split(' ');
  const running = children.map(nanosecondsOf);
  const [userOfEnded, systemOfEnded] = statOf(postmaster).slice(13, 15).map(Number);
  return (
    10 * ((userOfEnded ?? 0) + (systemOfEnded ?? 0)) + running.reduce((sum, value) => sum + value, 0) / 1e6
  );
}

function nanosecondsOf(pid: string): number {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]);
  } catch {
    return 0; // It has just ended, and is counted among those that have.
  }
}

/** The fields of `/proc/<pid>/stat` from the third on: the second, a name in parentheses, may hold spaces. */
function statOf(pid: number): string[] {
  return readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
}
