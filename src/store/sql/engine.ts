import type { Kysely, RawBuilder, Transaction } from 'kysely';
import type { Tables } from './schema.ts';

/** A place to run queries. */
export interface Connection {
  readonly db: Kysely<Tables>;
  /** Runs `work` in one transaction beside which nobody else writes, waiting for its turn as long as is sensible. */
  write<T>(work: (db: Transaction<Tables>) => Promise<T>): Promise<T>;
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
export interface Engine extends Connection, AsyncDisposable {
  readonly types: ColumnTypes;
  /** Runs `work` on a connection of its own; temporary tables made on it end with it. */
  session<T>(work: (connection: Connection) => Promise<T>): Promise<T>;
  /** The number of the last migration that was made, 0 for an empty database. */
  schemaVersion(db: Kysely<Tables>): Promise<number>;
  setSchemaVersion(db: Kysely<Tables>, version: number): Promise<void>;
  /** What the database takes up, in bytes. */
  sizeBytes(): Promise<number>;
}
