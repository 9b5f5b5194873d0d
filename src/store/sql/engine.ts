import type { Kysely, RawBuilder, Transaction } from 'kysely';
import type { WakeChannel } from '../job-store.ts';
import type { RowWriter } from './bulk-writer.ts';
import type { ImageRows, InsertedImage } from './image-rows.ts';
import type { Tables } from './schema.ts';

/**
 * Other writers that a write excludes; it never excludes readers. `everything`: all. `advisories`: those with `advisories` or
 * `everything`. `own rows`: only those with `everything`. It is for a write that the constraints of its tables alone keep correct,
 * such as one that inserts missing rows. It may wait only when it runs its first statement.
 */
export type WriteScope = 'everything' | 'advisories' | 'own rows';

/**
 * When a change must survive a crash of the database. `at once`: before the write ends. `later`: a crash may undo it, but only
 * together with all later writes. It is for data that is recomputed if it is missing.
 */
export type Durability = 'at once' | 'later';

/** A connection to run queries on. */
export interface EngineConnection {
  readonly db: Kysely<Tables>;
  /**
   * Runs `work` in one transaction, and waits for other writers up to the lock timeout. Without a scope it excludes all other
   * writers. If an engine rolls the transaction back before the commit, `work` runs again from its beginning. So it must change only
   * the database.
   */
  write<T>(
    work: (db: Transaction<Tables>) => Promise<T>,
    scope?: WriteScope,
    durability?: Durability,
  ): Promise<T>;
  /** Returns the engine's fastest way to write many rows into a table; `db` is of this connection or of a transaction on it. */
  bulkWriter(db: Kysely<Tables>, table: keyof Tables, columns: readonly string[]): RowWriter;
}

/** The column types of an engine. */
export interface ColumnTypes {
  readonly bytes: RawBuilder<unknown>;
  readonly integer: RawBuilder<unknown>;
  /** An integer below 2^31, for `narrowTables`. */
  readonly narrowInteger: RawBuilder<unknown>;
  /** An integer that the engine numbers; includes `primary key`. */
  readonly rowNumber: RawBuilder<unknown>;
  /** Suffix of `create table` for a table whose rows are stored in the order of their primary key. */
  readonly orderedByKey: RawBuilder<unknown>;
  /** Suffix of `create table` for every other table. */
  readonly plain: RawBuilder<unknown>;
  /** Suffix of `create temporary table` for a table that ends with its session. */
  readonly staging: RawBuilder<unknown>;
  /** End of `alter table` that leaves half of each page free, so that its rows change in place. Absent if they always do. */
  readonly halfFilled?: RawBuilder<unknown>;
}

/** A table whose rows are numbered in the order in which clients first named them. */
export type NamedTable = 'v1_layer' | 'ancestry';

/** Numbers rows that clients list page by page. */
export interface Numbering {
  /**
   * Returns a number above all that were returned before. Where writers do not wait for each other, a row may become visible after
   * rows with higher numbers.
   */
  next(db: Kysely<Tables>, table: NamedTable): Promise<number>;
  /** Continues after the counter of a table; a migration calls it once. */
  continueCounter(db: Kysely<Tables>, table: NamedTable): Promise<void>;
}

/** A query that runs in each transaction of `write`, behind its lock, also in sessions. */
export interface WriteCheck {
  /** A statement without values that returns at most one text. An engine may send it together with the lock and the first statement. */
  readonly query: string;
  /** Receives the text; undefined if there is no row. If it throws, the transaction is rolled back. */
  readonly verify: (text: string | undefined, db: Kysely<Tables>) => Promise<void>;
}

/** Hooks that an engine calls. They belong to the engine, and so also apply to objects that wrap it. */
export interface EngineHooks {
  writeCheck?: WriteCheck;
}

/** The engine-specific operations. All other queries are written once for all engines. */
export interface Engine extends EngineConnection, AsyncDisposable {
  readonly hooks: EngineHooks;
  readonly types: ColumnTypes;
  /** Suffix of a select that locks its rows and leaves out those that others have locked. Empty if there is one writer at a time. */
  readonly skipLocked: RawBuilder<unknown>;
  readonly numbering: Numbering;
  /** Inserts an image, unless one of its identity exists. Only within `write`. */
  insertImage(db: Kysely<Tables>, image: ImageRows): Promise<InsertedImage | undefined>;
  /** Whether the database is only read, so that writes end with the process. */
  readonly isReadOnly: boolean;
  /** Like `db`, for one pass over many rows: they are not cached in memory. */
  readonly bulkDb: Kysely<Tables>;
  /**
   * Runs `work` on a connection of its own, whose temporary tables end with it. An engine may do so in one transaction, so locks of the
   * first `write` are held until the end.
   */
  session<T>(work: (connection: EngineConnection) => Promise<T>): Promise<T>;
  /** Returns the number of the last applied migration; 0 for an empty database. */
  schemaVersion(db: Kysely<Tables>): Promise<number>;
  /** Like `schemaVersion`, by one cheap query on a database that has tables of this program. */
  storedSchemaVersion(db: Kysely<Tables>): Promise<number>;
  setSchemaVersion(db: Kysely<Tables>, version: number): Promise<void>;
  /**
   * Creates the tables of the current schema in an empty database, in the transaction that `write` has begun, and sets the schema version.
   * Undefined if all migrations create them.
   */
  readonly createTables: (() => Promise<void>) | undefined;
  /** Disables the statement timeout until the transaction ends. */
  liftStatementTimeout(db: Kysely<Tables>): Promise<void>;
  /** Limits each wait for a lock of a table until the transaction ends. */
  limitLockWaits(db: Kysely<Tables>, waitMs: number): Promise<void>;
  /** Returns whether a write failed because another process kept something locked. */
  isLockTimeout(error: unknown): boolean;
  /** Changes the tables that a migration has made as this engine requires. */
  adaptTables(db: Kysely<Tables>): Promise<void>;
  /** Returns the time by the clock of the database server, in milliseconds since 1970. Undefined if it is the clock of this machine. */
  readonly readClock: ((db: Kysely<Tables>) => Promise<number>) | undefined;
  /** Connects to the other processes that share the database, if they can notify each other. */
  openWakeChannel(onWake: () => void): WakeChannel;
  /** Throws `store-unavailable` unless the database answers within `limits.storePingMs`. */
  ping(): Promise<void>;
  /** Returns the size of the database in bytes. */
  sizeBytes(): Promise<number>;
  /** Rebuilds the indexes that deleted rows have left sparse, beside other readers and writers. Does nothing where that is not possible. */
  rebuildIndexes(): Promise<void>;
}
