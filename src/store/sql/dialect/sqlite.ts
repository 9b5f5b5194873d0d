import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite';
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryId,
  type QueryResult,
  type RootOperationNode,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import { fromSqliteError, LockRetry } from './sqlite-errors.ts';

/** A Kysely dialect over one connection of `node:sqlite`, opened by the first query. `place` names the database in errors. */
export function sqliteDialect(open: () => DatabaseSync | Promise<DatabaseSync>, place: string): Dialect {
  return {
    createDriver: () => new SqliteDriver(open, place),
    createQueryCompiler: () => new StatementCompiler(),
    createAdapter: () => new SqliteAdapter(),
    createIntrospector: (db) => new SqliteIntrospector(db),
  };
}

/** Kysely lends the connection to one user at a time, so no other query runs between `begin` and `commit`. */
class SqliteDriver implements Driver {
  readonly #open: () => DatabaseSync | Promise<DatabaseSync>;
  readonly #place: string;
  #connection: SqliteConnection | undefined;

  constructor(open: () => DatabaseSync | Promise<DatabaseSync>, place: string) {
    this.#open = open;
    this.#place = place;
  }

  async init(): Promise<void> {
    this.#connection = new SqliteConnection(await this.#open(), this.#place);
  }

  async acquireConnection(): Promise<SqliteConnection> {
    if (this.#connection === undefined) throw new Error('a query before the connection was opened');
    return this.#connection;
  }

  /**
   * Takes the write lock at once: a transaction that reads first can later be refused the lock permanently. Throws SQLite's error
   * if another connection has the lock. The caller waits, so that this connection stays free for readers.
   */
  async beginTransaction(connection: SqliteConnection): Promise<void> {
    connection.run(CompiledQuery.raw('begin immediate'));
  }

  async commitTransaction(connection: SqliteConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('commit'));
  }

  async rollbackTransaction(connection: SqliteConnection): Promise<void> {
    // After errors such as a full disk, SQLite has already rolled back.
    if (connection.isTransaction) await connection.executeQuery(CompiledQuery.raw('rollback'));
  }

  async releaseConnection(): Promise<void> {}

  async destroy(): Promise<void> {
    this.#connection?.close();
  }
}

/** Length of a parameter from which it is worth being freed. */
const longParameter = 65_536;

const emptyQuery: RootOperationNode = { kind: 'RawNode', sqlFragments: [''], parameters: [] };

/** Compiles queries. Kysely's compiler keeps the parameters of the last query. This one does not keep long ones, such as the index of a layer. */
class StatementCompiler extends SqliteQueryCompiler {
  override compileQuery(node: RootOperationNode, queryId: QueryId): CompiledQuery {
    const compiled = super.compileQuery(node, queryId);
    const isLong = (value: unknown): boolean => typeof value === 'string' && value.length > longParameter;
    if (compiled.parameters.some(isLong)) super.compileQuery(emptyQuery, queryId);
    return compiled;
  }
}

interface Prepared {
  readonly statement: StatementSync;
  /** Names of the columns; empty for a statement that returns no rows. */
  readonly columns: readonly string[];
}

/** Maximum number of prepared statements; the number of different statements in use is lower. */
const preparedMax = 100;

class SqliteConnection implements DatabaseConnection {
  readonly #database: DatabaseSync;
  readonly #place: string;
  readonly #lockRetry: LockRetry;
  readonly #prepared = new Map<string, Prepared>();

  constructor(database: DatabaseSync, place: string) {
    this.#database = database;
    this.#place = place;
    this.#lockRetry = new LockRetry(place);
  }

  get isTransaction(): boolean {
    return this.#database.isTransaction;
  }

  close(): void {
    this.#database.close();
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    try {
      // A transaction holds the lock. Outside, even a reader may wait while another process makes a checkpoint.
      return this.#database.isTransaction
        ? this.run<R>(query)
        : await this.#lockRetry.retryReadWhileBusy(() => this.run<R>(query));
    } catch (error) {
      throw fromSqliteError(error, this.#place);
    }
  }

  async *streamQuery<R>(query: CompiledQuery): AsyncIterableIterator<QueryResult<R>> {
    yield await this.executeQuery(query);
  }

  /** Runs a query; throws SQLite's errors unchanged. */
  run<R>(query: CompiledQuery): QueryResult<R> {
    const prepared = this.#prepare(query.sql);
    const { statement } = prepared;
    if (prepared.columns.length > 0) {
      const rows = statement.all(...parametersOf(query)) as unknown as SQLOutputValue[][];
      const columns = this.#columnsOf(query.sql, prepared, rows);
      return { rows: rows.map((values) => toObject(columns, values) as R) };
    }
    const { changes } = statement.run(...parametersOf(query));
    return { rows: [], numAffectedRows: BigInt(changes) };
  }

  #prepare(sql: string): Prepared {
    const known = this.#prepared.get(sql);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(sql);
    // Objects from SQLite's binding are slow to read; those of `toObject` have a shape known to the engine.
    statement.setReturnArrays(true);
    const prepared = { statement, columns: columnNames(statement) };
    if (this.#prepared.size === preparedMax) this.#prepared.clear();
    this.#prepared.set(sql, prepared);
    return prepared;
  }

  /** SQLite prepares `select *` again when another process has added a column. */
  #columnsOf(
    sql: string,
    { statement, columns }: Prepared,
    rows: readonly SQLOutputValue[][],
  ): readonly string[] {
    const [first] = rows;
    if (first === undefined || first.length === columns.length) return columns;
    const current = columnNames(statement);
    this.#prepared.set(sql, { statement, columns: current });
    return current;
  }
}

function columnNames(statement: StatementSync): string[] {
  return statement.columns().map(({ name }) => name);
}

function toObject(columns: readonly string[], values: readonly SQLOutputValue[]): object {
  const row: Record<string, SQLOutputValue | undefined> = {};
  for (let i = 0; i < columns.length; i++) row[columns[i] as string] = values[i];
  return row;
}

/** Kysely does not type parameters; SQLite rejects unsupported values. */
function parametersOf({ parameters }: CompiledQuery): readonly SQLInputValue[] {
  return parameters as readonly SQLInputValue[];
}
