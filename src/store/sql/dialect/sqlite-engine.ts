import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Kysely, sql } from 'kysely';
import { messageOf } from '../../../core/errors.ts';
import { limits } from '../../../core/limits.ts';
import { makeDirectory } from '../../../kit/make-directory.ts';
import { storeTimeout } from '../../store-timeout.ts';
import { BulkWriter } from '../bulk-writer.ts';
import type { ColumnTypes, Engine, EngineConnection, EngineHooks } from '../engine.ts';
import { counterNumbering } from '../id-counter.ts';
import { insertImageByTable } from '../insert-image.ts';
import type { Tables } from '../schema.ts';
import { unavailable, unusable } from './availability.ts';
import { sqliteDialect } from './sqlite.ts';
import { fromSqliteError, LockRetry } from './sqlite-errors.ts';
import {
  attachedSchema,
  attachReadOnly,
  type ReadOnlyFile,
  readOnlyFile,
  shadowWrittenTables,
} from './sqlite-read-only.ts';

/** `Clai` in ASCII: distinguishes our databases from those of other programs (sqlite.org/fileformat2.html#application_id). */
const applicationId = 0x436c6169;

const types: ColumnTypes = {
  bytes: sql`blob`,
  integer: sql`integer`,
  narrowInteger: sql`integer`,
  rowNumber: sql`integer primary key`,
  orderedByKey: sql`strict, without rowid`,
  plain: sql`strict`,
  staging: sql`strict`,
};

/** Location of a database for SQLite, and its name in messages. */
interface SqliteSource {
  readonly location: string;
  readonly name: string;
  /** A file that is only read. It is attached to a database in memory, which takes all writes. */
  readonly readOnly?: ReadOnlyFile;
}

/** Options for opening a database file. */
export interface SqliteOptions {
  /** Whether a file that cannot be written is opened for reading. Writes then stay in memory and end with the process. */
  readonly mayBeReadOnly?: boolean;
  /** Name of a database in memory; threads that use the same name share it. */
  readonly memoryName?: string;
}

/** Opens the database file, created with its directory if missing, or a new one in memory. Throws `store-unusable`. */
export async function openSqliteEngine(path: string, options: SqliteOptions = {}): Promise<Engine> {
  const source = locate(path, options);
  const database = await openDatabase(source);
  const hooks: EngineHooks = {};
  const connection = connectionOn(database, source, hooks);
  const bulkDb = openBulkDb(source);
  return {
    ...connection,
    hooks,
    types,
    skipLocked: sql``,
    numbering: counterNumbering,
    insertImage: insertImageByTable,
    isReadOnly: source.readOnly !== undefined,
    bulkDb,
    session: (work) => runSession(source, hooks, work),
    schemaVersion: () => readSchemaVersion(database, source),
    storedSchemaVersion: async (db) => {
      const { rows } = await sql<{ user_version: number }>`pragma user_version`.execute(db);
      return rows[0]?.user_version ?? 0;
    },
    setSchemaVersion: async (db, version) => {
      await sql`pragma application_id = ${sql.lit(applicationId)}`.execute(db);
      await sql`pragma user_version = ${sql.lit(version)}`.execute(db);
    },
    createTables: async () => {
      const { newTables } = await import('./sqlite-new-tables.ts');
      database.exec(newTables);
    },
    liftStatementTimeout: async () => undefined,
    // Readers do not lock tables, and writers wait for each other.
    limitLockWaits: async () => undefined,
    isLockTimeout: () => false,
    adaptTables: async () => undefined,
    readClock: undefined,
    openWakeChannel: () => ({ notify: () => undefined, [Symbol.asyncDispose]: async () => undefined }),
    ping: () => ping(connection.db, source),
    sizeBytes: () => readSize(connection.db, schemaOf(source)),
    rebuildIndexes: async () => undefined,
    [Symbol.asyncDispose]: async () => {
      await bulkDb.destroy();
      await connection.db.destroy();
      // Kysely closes only connections that it has used.
      if (database.isOpen) database.close();
      source.readOnly?.assertUnchanged();
    },
  };
}

/** Start of the locations of databases in memory. Paths begin with a slash. */
const memoryScheme = 'file:/';

/** Connections share a database in memory by a unique name; it ends with the last of them. */
function locate(path: string, { mayBeReadOnly = false, memoryName }: SqliteOptions): SqliteSource {
  // Not a default of the parameter: a database in a file needs no random name, and to make one loads much of Node.
  const memory = (): string => `${memoryScheme}${memoryName ?? crypto.randomUUID()}?vfs=memdb`;
  if (path === ':memory:') return { location: memory(), name: 'in memory' };
  const name = resolve(path);
  const readOnly = mayBeReadOnly ? readOnlyFile(name) : undefined;
  if (readOnly !== undefined) return { location: memory(), name, readOnly };
  try {
    makeDirectory(dirname(name));
  } catch (error) {
    throw unusable(name, `its directory cannot be created: ${messageOf(error)}; choose another path`, error);
  }
  return { location: name, name };
}

/** Whether a location is a name in memory, and not a path. */
function isInMemory(location: string): boolean {
  return location.startsWith(memoryScheme);
}

async function openDatabase({ location, name, readOnly }: SqliteSource): Promise<DatabaseSync> {
  let database: DatabaseSync | undefined;
  try {
    // `LockRetry` waits for locks: SQLite's own wait would block the whole process, which often holds the lock itself.
    const opened = new DatabaseSync(location, { timeout: 0 });
    database = opened;
    await new LockRetry(name).retryWhileBusy(() => {
      opened.exec(isInMemory(location) ? settings + memorySettings : settings);
    });
    if (readOnly !== undefined) attachReadOnly(opened, readOnly);
    return opened;
  } catch (error) {
    database?.close();
    throw fromSqliteError(error, name);
  }
}

/** Size in bytes to which the log of the database is truncated. */
const logBytesMax = 64 * 1024 * 1024;

/**
 * With WAL, readers go on during writes, and NORMAL loses only the last transactions on a power failure. Pages of 8 KiB load a
 * large feed in three quarters of the time of 4 KiB. Their size is fixed when the file is created. Cache sizes are in KiB. A
 * memory-mapped file is read without copies, which halves the time of a match.
 */
const settings = `
  pragma page_size = 8192;
  pragma journal_mode = wal;
  pragma synchronous = normal;
  pragma foreign_keys = on;
  pragma cache_size = -65536;
  pragma journal_size_limit = ${logBytesMax};
  pragma mmap_size = 1073741824;
`;

/** Settings of a database in memory, whose pages a cache would hold twice. */
const memorySettings = 'pragma cache_size = -4096;';

/** Settings of a session, which loads a feed: the rows are made from their parents, so foreign keys need no checks. */
const sessionSettings = `
  pragma foreign_keys = off;
  pragma cache_size = -16384;
`;

/** Settings to read everything: mapped pages count as memory of this process, so a small cache is used instead. */
const bulkSettings = `
  pragma mmap_size = 0;
  pragma cache_size = -8192;
`;

/** Returns a separate connection, opened on first use. */
function openBulkDb(source: SqliteSource): Kysely<Tables> {
  const open = async (): Promise<DatabaseSync> => {
    const database = await openDatabase(source);
    database.exec(bulkSettings);
    return database;
  };
  return new Kysely<Tables>({ dialect: sqliteDialect(open, source.name) });
}

function connectionOn(
  database: DatabaseSync,
  { name, readOnly }: SqliteSource,
  hooks: EngineHooks,
): EngineConnection {
  const db = new Kysely<Tables>({ dialect: sqliteDialect(() => database, name) });
  const lockRetry = new LockRetry(name);
  return {
    db,
    bulkWriter: (on, table, columns) => new BulkWriter(on, table, columns),
    // A file has one writer at a time, whatever it writes.
    async write(work) {
      try {
        if (readOnly !== undefined) shadowWrittenTables(database, readOnly);
        return await lockRetry.retryWhileBusy(() =>
          db.transaction().execute(async (transaction) => {
            await verify(hooks.writeCheck, transaction);
            return await work(transaction);
          }),
        );
      } catch (error) {
        throw fromSqliteError(error, name);
      }
    },
  };
}

async function verify(check: EngineHooks['writeCheck'], db: Kysely<Tables>): Promise<void> {
  if (check === undefined) return;
  const { rows } = await sql.raw<Record<string, string>>(check.query).execute(db);
  await check.verify(Object.values(rows[0] ?? {})[0], db);
}

/**
 * Truncates the log after a large load. Otherwise the next write does it, on its thread: truncating a gigabyte takes a second. Other
 * users of the log keep it.
 */
function truncateWal(database: DatabaseSync, { location }: SqliteSource): void {
  const { size = 0 } = statSync(`${location}-wal`, { throwIfNoEntry: false }) ?? {};
  if (size > logBytesMax) database.exec('pragma wal_checkpoint(truncate)');
}

async function runSession<T>(
  source: SqliteSource,
  hooks: EngineHooks,
  work: (connection: EngineConnection) => Promise<T>,
): Promise<T> {
  const database = await openDatabase(source);
  try {
    database.exec(sessionSettings);
    const done = await work(connectionOn(database, source, hooks));
    truncateWal(database, source);
    return done;
  } finally {
    database.close();
  }
}

/** Queries the connection itself, which may be within a transaction: building a query would slow down every start. */
async function readSchemaVersion(database: DatabaseSync, source: SqliteSource): Promise<number> {
  const { name } = source;
  const schema = schemaOf(source);
  try {
    return await new LockRetry(name).retryWhileBusy(() => {
      const { user_version: version } = firstRow(database, `pragma ${schema}.user_version`);
      const { application_id: program } = firstRow(database, `pragma ${schema}.application_id`);
      if (program === applicationId && typeof version === 'number') return version;
      const { tables } = firstRow(database, `select count(*) as tables from ${schema}.sqlite_schema`);
      if (program === 0 && version === 0 && tables === 0) return 0;
      throw unusable(name, 'it belongs to another program: choose another place');
    });
  } catch (error) {
    throw fromSqliteError(error, name);
  }
}

function firstRow(database: DatabaseSync, query: string): Record<string, unknown> {
  return database.prepare(query).get() ?? {};
}

/** Returns which of the open databases has the tables. */
function schemaOf({ readOnly }: SqliteSource): string {
  return readOnly === undefined ? 'main' : attachedSchema;
}

/** Reads without waiting for a lock. The connection may be within a transaction of this process. */
async function ping(db: Kysely<Tables>, source: SqliteSource): Promise<void> {
  const { promise: timedOut, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(unavailable(source.name, `it did not answer within ${limits.storePingMs} ms: try again`));
  }, limits.storePingMs);
  const query = storeTimeout.run(0, () => sql`select count(*) from key_value`.execute(db));
  try {
    await Promise.race([query, timedOut]);
  } finally {
    clearTimeout(timer);
    query.catch(() => undefined);
  }
}

async function readSize(db: Kysely<Tables>, schema: string): Promise<number> {
  const { rows } = await sql<{ bytes: number }>`
    select page_count * page_size as bytes from pragma_page_count(${schema}), pragma_page_size(${schema})
  `.execute(db);
  return rows[0]?.bytes ?? 0;
}
