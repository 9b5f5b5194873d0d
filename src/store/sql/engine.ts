import type { Kysely, RawBuilder, Transaction } from 'kysely';
import type { RowWriter } from './bulk-writer.ts';
import type { Tables } from './schema.ts';

/**
 * Whom a write keeps from writing at the same time; readers are kept waiting by none.
 * `everything`: everybody. `advisories`: whoever else says `advisories` or `everything`. `own rows`: only who says `everything`,
 * for a write that the constraints of its tables alone keep right, such as one that inserts what is not there yet.
 */
export type WriteScope = 'everything' | 'advisories' | 'own rows';

/**
 * When a change has to outlast a crash of the database. `at once`: before the write is done. `later`: a crash may undo it, but never
 * alone: everything that is written afterwards is undone with it. For what is made anew where it is missing.
 */
export type Durability = 'at once' | 'later';

/** A place to run queries. */
export interface EngineConnection {
  readonly db: Kysely<Tables>;
  /**
   * Runs `work` in one transaction, waiting for its turn as long as is sensible. Without a scope nobody else writes beside it.
   * Where an engine breaks a transaction off before it is made good, `work` runs again from its beginning: it must change
   * nothing but the database.
   */
  write<T>(
    work: (db: Transaction<Tables>) => Promise<T>,
    scope?: WriteScope,
    durability?: Durability,
  ): Promise<T>;
  /** The engine's fastest way to write many rows into a table; `db` is that of this connection or of a transaction on it. */
  bulkWriter(db: Kysely<Tables>, table: keyof Tables, columns: readonly string[]): RowWriter;
}

/** The column types of an engine. */
export interface ColumnTypes {
  readonly bytes: RawBuilder<unknown>;
  readonly integer: RawBuilder<unknown>;
  /** An integer the engine numbers by itself; includes `primary key`. */
  readonly rowNumber: RawBuilder<unknown>;
  /** What stands behind the parenthesis of a table whose rows lie in the order of their primary key. */
  readonly orderedByKey: RawBuilder<unknown>;
  /** What stands behind the parenthesis of every other table. */
  readonly plain: RawBuilder<unknown>;
}

/** What one database engine does in its own way; every query beyond it is written once for all engines. */
export interface Engine extends EngineConnection, AsyncDisposable {
  readonly types: ColumnTypes;
  /** Whether what is written ends with the process: the database itself can only be read. */
  readonly isReadOnly: boolean;
  /** As `db`, for who reads a good part of the database but once: what it reads does not stay in memory. */
  readonly bulkDb: Kysely<Tables>;
  /** Runs `work` on a connection of its own; temporary tables made on it end with it. */
  session<T>(work: (connection: EngineConnection) => Promise<T>): Promise<T>;
  /** The number of the last migration that was made, 0 for an empty database. */
  schemaVersion(db: Kysely<Tables>): Promise<number>;
  setSchemaVersion(db: Kysely<Tables>, version: number): Promise<void>;
  /** Lifts any bound on how long a statement may take, until the transaction ends. */
  liftStatementTimeout(db: Kysely<Tables>): Promise<void>;
  /** Changes about the tables, as a migration has made them, what this engine needs otherwise. */
  adaptTables(db: Kysely<Tables>): Promise<void>;
  /** Throws `store-unavailable` unless the database answers soon. */
  ping(): Promise<void>;
  /** What the database takes up, in bytes. */
  sizeBytes(): Promise<number>;
}
