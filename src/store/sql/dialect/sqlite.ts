import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type TransactionSettings,
} from 'kysely';
import { patiently, storeError } from './sqlite-errors.ts';

/** Kysely over one connection of `node:sqlite`. `place` names the database in errors. */
export function sqliteDialect(database: DatabaseSync, place: string): Dialect {
  return {
    createDriver: () => new SqliteDriver(database, place),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createAdapter: () => new SqliteAdapter(),
    createIntrospector: (db) => new SqliteIntrospector(db),
  };
}

/** Kysely lends the connection to one user at a time, so what is between `begin` and `commit` stays among itself. */
class SqliteDriver implements Driver {
  readonly #database: DatabaseSync;
  readonly #connection: SqliteConnection;

  constructor(database: DatabaseSync, place: string) {
    this.#database = database;
    this.#connection = new SqliteConnection(database, place);
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    return this.#connection;
  }

  /**
   * A transaction that will write takes the lock at once: one that reads first can be refused it for good later. Throws the
   * error of SQLite where another connection has the lock: who waits must not keep this connection from the readers.
   */
  async beginTransaction(_: DatabaseConnection, { accessMode }: TransactionSettings): Promise<void> {
    this.#connection.run(CompiledQuery.raw(accessMode === 'read only' ? 'begin' : 'begin immediate'));
  }

  async commitTransaction(): Promise<void> {
    await this.#connection.executeQuery(CompiledQuery.raw('commit'));
  }

  async rollbackTransaction(): Promise<void> {
    // After a full disk and its like, SQLite has already rolled back by itself.
    if (this.#database.isTransaction) await this.#connection.executeQuery(CompiledQuery.raw('rollback'));
  }

  async releaseConnection(): Promise<void> {}

  async destroy(): Promise<void> {
    this.#database.close();
  }
}

interface Prepared {
  readonly statement: StatementSync;
  readonly hasRows: boolean;
}

/** More than this many different statements are not in use at a time. */
const preparedMax = 100;

class SqliteConnection implements DatabaseConnection {
  readonly #database: DatabaseSync;
  readonly #place: string;
  readonly #prepared = new Map<string, Prepared>();

  constructor(database: DatabaseSync, place: string) {
    this.#database = database;
    this.#place = place;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    try {
      // Inside a transaction the lock is held. Outside, even a reader may have to wait while another process tidies up.
      return this.#database.isTransaction
        ? this.run<R>(query)
        : await patiently(this.#place, () => this.run<R>(query));
    } catch (error) {
      throw storeError(error, this.#place);
    }
  }

  async *streamQuery<R>(query: CompiledQuery): AsyncIterableIterator<QueryResult<R>> {
    const statement = this.#database.prepare(query.sql);
    for (const row of statement.iterate(...parametersOf(query))) yield { rows: [row as R] };
  }

  /** Runs a query and throws the errors of SQLite as they are. */
  run<R>(query: CompiledQuery): QueryResult<R> {
    const { statement, hasRows } = this.#prepare(query.sql);
    if (hasRows) return { rows: statement.all(...parametersOf(query)) as R[] };
    const { changes } = statement.run(...parametersOf(query));
    return { rows: [], numAffectedRows: BigInt(changes) };
  }

  #prepare(sql: string): Prepared {
    const known = this.#prepared.get(sql);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(sql);
    const prepared = { statement, hasRows: statement.columns().length > 0 };
    if (this.#prepared.size === preparedMax) this.#prepared.clear();
    this.#prepared.set(sql, prepared);
    return prepared;
  }
}

/** Kysely knows no types of parameters; what SQLite cannot take it refuses with an error. */
function parametersOf({ parameters }: CompiledQuery): readonly SQLInputValue[] {
  return parameters as readonly SQLInputValue[];
}
