import { hash } from 'node:crypto';
import {
  CompiledQuery,
  type DatabaseConnection,
  type DatabaseIntrospector,
  type DataTypeNode,
  type Dialect,
  type Driver,
  type Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
} from 'kysely';
import type { PoolClient, QueryResult as ServerAnswer } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { reconnectTimeoutMs } from '../../store-timeout.ts';
import { CopyData } from './postgres-copy.ts';
import {
  CommitInDoubt,
  fromPostgresError,
  isConnectionLost,
  isStalePlan,
  retryWhile,
} from './postgres-errors.ts';

/** Source of the connections of a driver. */
export interface ClientSource {
  /** The name of the database in errors. */
  readonly databaseName: string;
  /** Whether all queries use one client that cannot be replaced: a session has temporary tables. */
  readonly isPinned: boolean;
  acquire(): Promise<PoolClient>;
  /** Returns a client to the pool, or closes it if it is lost. */
  release(client: PoolClient, isLost: boolean): void;
  /** Runs a query of a client. Closes the client if the server stops answering. */
  runWatched<T>(client: PoolClient, query: () => Promise<T>): Promise<T>;
  end(): Promise<void>;
}

/** A Kysely dialect over clients of `pg`. */
export function postgresDialect(clients: ClientSource): Dialect {
  return {
    createDriver: () => new PostgresDriver(clients),
    createQueryCompiler: () => new BytewiseCompiler(),
    createAdapter: () => new PinnedAdapter(clients.isPinned),
    createIntrospector: (db: Kysely<unknown>): DatabaseIntrospector => new PostgresIntrospector(db),
  };
}

/** Orders and compares text by bytes, as SQLite does, whatever the collation of the database. */
class BytewiseCompiler extends PostgresQueryCompiler {
  protected override visitDataType(node: DataTypeNode): void {
    super.visitDataType(node);
    const isColumn = this.parentNode?.kind === 'ColumnDefinitionNode';
    if (isColumn && node.dataType === 'text') this.append(' collate "C"');
  }
}

/** With a single client, Kysely lends it to one user at a time. */
class PinnedAdapter extends PostgresAdapter {
  readonly #isPinned: boolean;

  constructor(isPinned: boolean) {
    super();
    this.#isPinned = isPinned;
  }

  override get supportsMultipleConnections(): boolean {
    return !this.#isPinned;
  }
}

class PostgresDriver implements Driver {
  readonly #clients: ClientSource;

  constructor(clients: ClientSource) {
    this.#clients = clients;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<PostgresConnection> {
    return new PostgresConnection(await this.#clients.acquire(), this.#clients);
  }

  async beginTransaction(connection: PostgresConnection): Promise<void> {
    await connection.begin();
  }

  async commitTransaction(connection: PostgresConnection): Promise<void> {
    await connection.commit();
  }

  async rollbackTransaction(connection: PostgresConnection): Promise<void> {
    await connection.rollback();
  }

  async releaseConnection(connection: PostgresConnection): Promise<void> {
    connection.release();
  }

  async destroy(): Promise<void> {
    await this.#clients.end();
  }
}

/** Number of inserted rows from which the planner statistics of a table are outdated. */
const rowsToAnalyze = 10_000;

/** One client, while Kysely lends it. */
class PostgresConnection implements DatabaseConnection {
  readonly #clients: ClientSource;
  /** Undefined if the client was lost and no other was available. */
  #client: PoolClient | undefined;
  #isLost = false;
  #isInTransaction = false;
  #isBeginDue = false;
  /** Rows inserted by this transaction, by table. */
  readonly #inserted = new Map<string, number>();

  constructor(client: PoolClient, clients: ClientSource) {
    this.#client = client;
    this.#clients = clients;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    // In a transaction, a lost connection loses all of it. `write` retries and needs the original error.
    if (this.#isInTransaction) return await this.#run(query);
    try {
      // A read outside a transaction is retried when the server restarts.
      return await retryWhile(
        () => this.#run(query),
        () => this.#isLost && !this.#clients.isPinned && query.query.kind === 'SelectQueryNode',
        reconnectTimeoutMs(),
      );
    } catch (error) {
      throw fromPostgresError(error, this.#clients.databaseName);
    }
  }

  async *streamQuery<R>(query: CompiledQuery): AsyncIterableIterator<QueryResult<R>> {
    yield await this.executeQuery(query);
  }

  /** Defers `begin` to the first statement of the transaction, which saves a round trip. */
  async begin(): Promise<void> {
    this.#isBeginDue = true;
    this.#isInTransaction = true;
  }

  async commit(): Promise<void> {
    try {
      await this.#run(CompiledQuery.raw('commit'));
    } catch (error) {
      throw this.#isLost ? new CommitInDoubt('the connection was lost', { cause: error }) : error;
    }
    this.#isInTransaction = false;
    await this.#analyze();
  }

  /** A lost connection needs no rollback: the server has rolled back. */
  async rollback(): Promise<void> {
    this.#isInTransaction = false;
    this.#inserted.clear();
    if (this.#isLost || this.#isBeginDue) return;
    try {
      await this.#run(CompiledQuery.raw('rollback'));
    } catch {
      this.#isLost = true;
    }
  }

  release(): void {
    if (this.#client !== undefined) this.#clients.release(this.#client, this.#isLost);
  }

  async #run<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const client = await this.#usableClient();
    try {
      const [data] = query.parameters;
      const statement = await this.#withBegin(client, query);
      if (data instanceof CopyData)
        return await this.#clients.runWatched(client, () => copy(client, query.sql, data));
      const { command, rowCount, rows } = await this.#clients.runWatched(client, () =>
        runStatement(client, statement),
      );
      if (command === 'INSERT') this.#count(query, rowCount ?? 0);
      return { rows: rows as R[], ...(rowCount !== null && { numAffectedRows: BigInt(rowCount) }) };
    } catch (error) {
      // A connection with outdated prepared statements is unusable, too.
      this.#isLost ||= isConnectionLost(error) || isStalePlan(error);
      throw error;
    }
  }

  /** Sends a deferred `begin` first, in one round trip with a statement that has no values. */
  async #withBegin(client: PoolClient, query: CompiledQuery): Promise<Statement> {
    const statement = statementOf(query);
    if (!this.#isBeginDue) return statement;
    this.#isBeginDue = false;
    if (statement.values.length === 0) return { text: `begin; ${statement.text}` };
    await this.#clients.runWatched(client, () => runStatement(client, { text: 'begin' }));
    return statement;
  }

  async #usableClient(): Promise<PoolClient> {
    if (this.#client !== undefined && !this.#isLost) return this.#client;
    if (this.#clients.isPinned || this.#isInTransaction) throw new Error('Connection terminated');
    this.release();
    this.#client = undefined;
    this.#client = await this.#clients.acquire();
    this.#isLost = false;
    return this.#client;
  }

  #count({ query }: CompiledQuery, rows: number): void {
    if (query.kind !== 'InsertQueryNode' || query.into === undefined) return;
    const table = query.into.table.identifier.name;
    this.#inserted.set(table, (this.#inserted.get(table) ?? 0) + rows);
  }

  /**
   * Updates the planner statistics. The server would do so a minute later; until then it would plan for tables that it takes for
   * empty. The written rows are committed whether this succeeds or not.
   */
  async #analyze(): Promise<void> {
    const grown = [...this.#inserted].filter(([, rows]) => rows >= rowsToAnalyze);
    this.#inserted.clear();
    try {
      for (const [table] of grown) await this.#run(CompiledQuery.raw(`analyze "${table}"`));
    } catch {
      // The server does it by itself.
    }
  }
}

interface Statement {
  readonly name?: string;
  readonly text: string;
  readonly values?: unknown[];
}

/** A change with more values writes many rows, and its text depends on their number. */
const preparedValuesMax = 40;

/**
 * Prepares reads, and changes of few values, because they recur: each is parsed once on a connection, under a name that only
 * equal texts share.
 */
function statementOf({
  sql: text,
  parameters,
  query,
}: CompiledQuery): Statement & { readonly values: unknown[] } {
  const values = isLookup(query) ? parameters.map(nullIfNul) : [...parameters];
  const isPrepared =
    query.kind === 'SelectQueryNode' || (isPlainChange(query) && values.length <= preparedValuesMax);
  return isPrepared ? { name: hash('sha1', text), text, values } : { text, values };
}

/** Returns whether text values are only compared with stored ones. No update sets a text that may have any character. */
function isLookup({ kind }: CompiledQuery['query']): boolean {
  return kind === 'SelectQueryNode' || kind === 'DeleteQueryNode' || kind === 'UpdateQueryNode';
}

/** Stored text never has a NUL character, and the server refuses to compare one. Null equals nothing either. */
function nullIfNul(value: unknown): unknown {
  return typeof value === 'string' && value.includes('\u0000') ? null : value;
}

/** Returns whether the text of a change is always the same. Statements that copy rows contain numbers. */
function isPlainChange(query: CompiledQuery['query']): boolean {
  if (query.kind === 'InsertQueryNode') return query.values?.kind === 'ValuesNode';
  return query.kind === 'UpdateQueryNode' || query.kind === 'DeleteQueryNode';
}

/**
 * Returns the result of the last of several statements. Uses a callback, because the promises of `pg` keep references from each
 * query to the one before. All rows would stay in memory until a full garbage collection.
 */
function runStatement(client: PoolClient, statement: Statement): Promise<ServerAnswer> {
  const query = client.query.bind(client) as CallbackQuery;
  return new Promise((resolve, reject) => {
    query(statement, (error, result) => {
      if (error !== null) reject(error);
      else resolve(Array.isArray(result) ? (result.at(-1) as ServerAnswer) : result);
    });
  });
}

/** The callback of `pg`, whose declaration always passes an error. */
type CallbackQuery = (
  statement: Statement,
  done: (error: Error | null, answer: ServerAnswer | ServerAnswer[]) => void,
) => void;

async function copy<R>(client: PoolClient, text: string, { bytes }: CopyData): Promise<QueryResult<R>> {
  await new Promise<void>((resolve, reject) => {
    const stream = client.query(copyFrom(text));
    stream.on('error', reject);
    stream.on('finish', resolve);
    stream.end(bytes);
  });
  return { rows: [] };
}
