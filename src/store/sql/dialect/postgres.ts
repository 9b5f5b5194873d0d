import { hash } from 'node:crypto';
import {
  type BinaryOperationNode,
  CompiledQuery,
  type DatabaseConnection,
  type DatabaseIntrospector,
  type DataTypeNode,
  type Dialect,
  type Driver,
  type Kysely,
  OperatorNode,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  PrimitiveValueListNode,
  type QueryResult,
} from 'kysely';
import { from as copyFrom } from 'pg-copy-streams';
import { reconnectTimeoutMs } from '../../store-timeout.ts';
import { runStatement, type Statement, type StoreClient } from './postgres-client.ts';
import { CopyData } from './postgres-copy.ts';
import {
  CommitInDoubt,
  fromPostgresError,
  isConnectionLost,
  isStalePlan,
  retryWhile,
} from './postgres-errors.ts';
import { JsonRows } from './postgres-rows.ts';

/** Source of the connections of a driver. */
export interface ClientSource {
  /** The name of the database in errors. */
  readonly databaseName: string;
  /** The session that all queries belong to. Its client cannot be replaced, because it is in the transaction of the session. */
  readonly session?: ClientSession;
  acquire(): Promise<StoreClient>;
  /** Returns a client to the pool, or closes it if it is lost. */
  release(client: StoreClient, isLost: boolean): void;
  /** Runs a query of a client. Closes the client if the server stops answering. */
  runWatched<T>(client: StoreClient, query: () => Promise<T>): Promise<T>;
  end(): Promise<void>;
}

/** One transaction. A transaction within it is a savepoint. */
export interface ClientSession {
  /** Called when a savepoint is released, with the number of rows that it has inserted into each table. */
  onInserted(rows: ReadonlyMap<string, number>): void;
}

/** A Kysely dialect over clients of `pg`. */
export function postgresDialect(clients: ClientSource): Dialect {
  return {
    createDriver: () => new PostgresDriver(clients),
    createQueryCompiler: () => new StoreCompiler(),
    createAdapter: () => new SessionAdapter(clients.session !== undefined),
    createIntrospector: (db: Kysely<unknown>): DatabaseIntrospector => new PostgresIntrospector(db),
  };
}

/**
 * Orders and compares text by bytes, as SQLite does, whatever the collation of the database. Passes a list of values as one array: a
 * parameter for each value costs more than the search for it, and each length of a list would be another prepared statement.
 */
class StoreCompiler extends PostgresQueryCompiler {
  protected override visitDataType(node: DataTypeNode): void {
    super.visitDataType(node);
    const isColumn = this.parentNode?.kind === 'ColumnDefinitionNode';
    if (isColumn && node.dataType === 'text') this.append(' collate "C"');
  }

  protected override visitBinaryOperation(node: BinaryOperationNode): void {
    const { leftOperand, operator, rightOperand } = node;
    const isIn = OperatorNode.is(operator) && operator.operator === 'in';
    if (!isIn || !PrimitiveValueListNode.is(rightOperand)) {
      super.visitBinaryOperation(node);
      return;
    }
    this.visitNode(leftOperand);
    this.append(' = any(');
    this.appendValue(rightOperand.values);
    this.append(')');
  }
}

/** With a single client, Kysely lends it to one user at a time. */
class SessionAdapter extends PostgresAdapter {
  readonly #isSession: boolean;

  constructor(isSession: boolean) {
    super();
    this.#isSession = isSession;
  }

  override get supportsMultipleConnections(): boolean {
    return !this.#isSession;
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

/**
 * Returns the statements that update the planner statistics of tables with many new rows. The server would do so a minute later; until
 * then it would plan for tables that it takes for empty.
 */
export function analyzeStatements(inserted: ReadonlyMap<string, number>): string[] {
  return [...inserted].filter(([, rows]) => rows >= rowsToAnalyze).map(([table]) => `analyze "${table}"`);
}

/** The savepoint of a transaction within a session. */
const savepoint = 'write';

/** One client, while Kysely lends it. */
class PostgresConnection implements DatabaseConnection {
  readonly #clients: ClientSource;
  /** Undefined if the client was lost and no other was available. */
  #client: StoreClient | undefined;
  #isLost = false;
  #isInTransaction = false;
  #isBeginDue = false;
  /** Rows inserted by this transaction, by table. */
  readonly #inserted = new Map<string, number>();

  constructor(client: StoreClient, clients: ClientSource) {
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
        () => this.#isLost && !this.#isSession && query.query.kind === 'SelectQueryNode',
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
    if (this.#isBeginDue) {
      this.#isBeginDue = false;
      this.#isInTransaction = false;
      return;
    }
    const { session } = this.#clients;
    if (session === undefined) await this.#commitTransaction();
    else await this.#run(CompiledQuery.raw(`release savepoint ${savepoint}`));
    this.#isInTransaction = false;
    session?.onInserted(this.#inserted);
    if (session === undefined) await this.#analyze();
    this.#inserted.clear();
  }

  /** A lost connection needs no rollback: the server has rolled back. */
  async rollback(): Promise<void> {
    this.#isInTransaction = false;
    this.#inserted.clear();
    if (this.#isLost || this.#isBeginDue) return;
    try {
      await this.#run(CompiledQuery.raw(this.#isSession ? `rollback to savepoint ${savepoint}` : 'rollback'));
    } catch {
      this.#isLost = true;
    }
  }

  release(): void {
    if (this.#client !== undefined) this.#clients.release(this.#client, this.#isLost);
  }

  get #isSession(): boolean {
    return this.#clients.session !== undefined;
  }

  async #commitTransaction(): Promise<void> {
    try {
      const client = await this.#usableClient();
      await this.#clients.runWatched(client, () => commitOn(client));
    } catch (error) {
      this.#isLost ||= isConnectionLost(error);
      throw this.#isLost ? new CommitInDoubt('the connection was lost', { cause: error }) : error;
    }
  }

  async #run<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const client = await this.#usableClient();
    try {
      const [data] = query.parameters;
      const canPrepare = client.perTransaction === undefined && !this.#isSession;
      const statement = await this.#withBegin(client, statementOf(query, canPrepare));
      if (data instanceof CopyData)
        return await this.#clients.runWatched(client, () => copy(client, query.sql, data));
      const settings = this.#isInTransaction || this.#isSession ? undefined : client.perTransaction;
      const { command, rowCount, rows } = await this.#clients.runWatched(client, () =>
        runStatement(client, statement, settings),
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
  async #withBegin(client: StoreClient, statement: Required<Omit<Statement, 'name'>>): Promise<Statement> {
    if (!this.#isBeginDue) return statement;
    this.#isBeginDue = false;
    const begin = this.#isSession ? `savepoint ${savepoint}` : beginOf(client);
    if (statement.values.length === 0) return { text: `${begin}; ${statement.text}` };
    await this.#clients.runWatched(client, () => runStatement(client, { text: begin }));
    return statement;
  }

  async #usableClient(): Promise<StoreClient> {
    if (this.#client !== undefined && !this.#isLost) return this.#client;
    if (this.#isSession || this.#isInTransaction) throw new Error('Connection terminated');
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

  /** The written rows are committed whether this succeeds or not. */
  async #analyze(): Promise<void> {
    try {
      for (const statement of analyzeStatements(this.#inserted))
        await this.#run(CompiledQuery.raw(statement));
    } catch {
      // The server does it by itself.
    }
  }
}

/** Returns the statements that begin a transaction on a client. */
export function beginOf({ perTransaction }: StoreClient): string {
  return perTransaction === undefined ? 'begin' : `begin; ${perTransaction}`;
}

/** Commits the transaction of a client. The server answers with a rollback, and no error, if a statement of it has failed. */
export async function commitOn(client: StoreClient): Promise<void> {
  const { command } = await runStatement(client, { text: 'commit' });
  if (command !== 'COMMIT')
    throw new Error('the transaction was rolled back, because a statement of it failed');
}

/** A change with more values writes many rows, and its text depends on their number. */
const preparedValuesMax = 40;

/**
 * Prepares reads, and changes of few values, because they recur: each is parsed once on a connection, under a name that only
 * equal texts share. Behind a pooler, the process that runs the next statement may not know the name. In a session, a statement that
 * another version's migration has made obsolete would lose all staged rows.
 */
function statementOf(
  { sql: text, parameters, query }: CompiledQuery,
  canPrepare: boolean,
): Statement & { readonly values: unknown[] } {
  const [rows] = parameters;
  if (rows instanceof JsonRows)
    return { ...(canPrepare && { name: hash('sha1', text) }), text, values: [rows.text] };
  const values = isLookup(query) ? parameters.map(nullIfNul) : [...parameters];
  const recurs =
    query.kind === 'SelectQueryNode' || (isPlainChange(query) && values.length <= preparedValuesMax);
  return recurs && canPrepare ? { name: hash('sha1', text), text, values } : { text, values };
}

/** Returns whether text values are only compared with stored ones. No update sets a text that may have any character. */
function isLookup({ kind }: CompiledQuery['query']): boolean {
  return kind === 'SelectQueryNode' || kind === 'DeleteQueryNode' || kind === 'UpdateQueryNode';
}

/** Stored text never has a NUL character, and the server refuses to compare one. Null equals nothing either. */
function nullIfNul(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(nullIfNul);
  return typeof value === 'string' && value.includes('\u0000') ? null : value;
}

/** Returns whether the text of a change is always the same. Statements that copy rows contain numbers. */
function isPlainChange(query: CompiledQuery['query']): boolean {
  if (query.kind === 'InsertQueryNode') return query.values?.kind === 'ValuesNode';
  return query.kind === 'UpdateQueryNode' || query.kind === 'DeleteQueryNode';
}

async function copy<R>(client: StoreClient, text: string, { bytes }: CopyData): Promise<QueryResult<R>> {
  await new Promise<void>((resolve, reject) => {
    const stream = client.query(copyFrom(text));
    stream.on('error', reject);
    stream.on('finish', resolve);
    stream.end(bytes);
  });
  return { rows: [] };
}
