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

/** A database that is removed after the measurement, unless the benchmark keeps it. */
export interface BenchStore extends AsyncDisposable {
  readonly store: Store;
  /** Path of the file, or connection string. */
  readonly place: string;
  openEngine(): Promise<Engine>;
  sizeBytes(): Promise<number>;
  /** Makes the server do its deferred work now, which it would otherwise do during the measurement. */
  settle(): Promise<void>;
  /** Returns the CPU milliseconds of this process and the database server, without those of this function. */
  cpuMs(): number;
}

/** Returns `--engine sqlite|postgres` and the other arguments of a benchmark. */
export function engineArgument(): { engine: string; rest: readonly string[] } {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { engine: { type: 'string', default: 'sqlite' } },
  });
  return { engine: values.engine, rest: positionals };
}

/** Options of a benchmark's database. */
export interface BenchOptions extends StoreOptions {
  /** Makes the server vacuum every second, for benchmarks that simulate days in a moment. */
  readonly isHurried?: true;
  /** Path of the file, or connection string, of a database that is made if it is missing, and kept. */
  readonly keptAt?: string | undefined;
}

/** Opens a database of an engine: an empty one, or the one that is kept. */
export async function openBenchStore(
  engine: string,
  { isHurried, keptAt, ...options }: BenchOptions = {},
): Promise<BenchStore> {
  if (engine === 'sqlite')
    return keptAt === undefined ? await openNewFile(options) : openFile(keptAt, options);
  if (engine === 'postgres')
    return await openServer(keptAt ?? (await startServer(isHurried ?? false)), options);
  throw new Error(`unknown engine ${engine}; there are sqlite and postgres`);
}

async function openNewFile(options: StoreOptions): Promise<BenchStore> {
  const directory = mkdtempSync(join(tmpdir(), 'clair-bench-'));
  const opened = await openFile(join(directory, 'bench.db'), options);
  return {
    ...opened,
    [Symbol.asyncDispose]: async () => {
      await opened[Symbol.asyncDispose]();
      rmSync(directory, { recursive: true });
    },
  };
}

async function openFile(place: string, options: StoreOptions): Promise<BenchStore> {
  const store = await openSqliteStore(place, options);
  return {
    store,
    place,
    openEngine: () => openSqliteEngine(place),
    sizeBytes: async () => statSync(place).size,
    settle: async () => {
      await using engine = await openSqliteEngine(place);
      await sql`pragma wal_checkpoint(truncate)`.execute(engine.db);
    },
    cpuMs: ownCpuMs,
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

/** Starts a server with its default configuration, which syncs writes to disk. Only its memory settings are those of a current server. */
async function startServer(isHurried: boolean): Promise<string> {
  const memory = ['-c', 'shared_buffers=512MB', '-c', 'max_wal_size=4GB'];
  const server = await startPostgresServer([
    ...memory,
    ...(isHurried ? ['-c', 'autovacuum_naptime=1s'] : []),
  ]);
  return server.url();
}

async function openServer(place: string, options: StoreOptions): Promise<BenchStore> {
  const store = await openPostgresStore(place, options);
  await using engine = await openPostgresEngine(parsePostgresSource(place), 2);
  const backend = await engine.db
    .selectNoFrom((eb) => eb.fn<number>('pg_backend_pid').as('pid'))
    .executeTakeFirstOrThrow();
  const postmaster = Number(statOf(backend.pid)[1]);
  let reading = 0;
  return {
    store,
    place,
    openEngine: () => openPostgresEngine(parsePostgresSource(place), 2),
    sizeBytes: async () => (await store.statistics()).bytes,
    settle: async () => {
      await using tidying = await openPostgresEngine(parsePostgresSource(place), 2);
      await sql`vacuum analyze`.execute(tidying.db);
      await sql`checkpoint`.execute(tidying.db);
    },
    cpuMs: () => {
      const own = ownCpuMs();
      const server = serverCpuMs(postmaster);
      const before = reading;
      reading += ownCpuMs() - own;
      return own - before + server;
    },
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

function ownCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** CPU time of ended backends, in ticks of 10 ms, and of running ones, in nanoseconds. proc(5) */
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
    return 0; // The backend has just ended, so the ended ones include it.
  }
}

/** Returns the fields of `/proc/<pid>/stat` from the third on. The second, a name in parentheses, may contain spaces. */
function statOf(pid: number): string[] {
  return readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
}
