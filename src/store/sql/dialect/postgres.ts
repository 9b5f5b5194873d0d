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
import type { QueryResult as ClientResult } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { reconnectTimeoutMs } from '../../store-timeout.ts';
import {
  type PrefixStatement,
  runPrefixed,
  runStatement,
  type Statement,
  type StoreClient,
  type TextRow,
} from './postgres-client.ts';
import { CopyData } from './postgres-copy.ts';
import {
  CommitInDoubt,
  fromPostgresError,
  isConnectionLost,
  isStalePlan,
  retryWhile,
} from './postgres-errors.ts';
import { nameStatement, statementOf } from './postgres-statements.ts';

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

/**
 * Statements that a transaction begins with, as the only parameter of an empty statement. They are sent with the first statement of the
 * transaction, in one round trip. So a transaction without a statement does not run them.
 */
export class TransactionStart {
  readonly statements: readonly PrefixStatement[];
  /** The rows of the last statement; undefined until they have run. */
  rows: readonly TextRow[] | undefined;

  constructor(statements: readonly PrefixStatement[]) {
    this.statements = statements;
  }
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
  #start: TransactionStart | undefined;
  /** Rows inserted by this transaction, by table. */
  readonly #inserted = new Map<string, number>();

  constructor(client: StoreClient, clients: ClientSource) {
    this.#client = client;
    this.#clients = clients;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const [start] = query.parameters;
    if (start instanceof TransactionStart) {
      this.#start = start;
      return { rows: [] };
    }
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
    this.#start = undefined;
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
      if (data instanceof CopyData) {
        if (this.#isBeginDue) await this.#send(client, { text: 'select' });
        return await this.#clients.runWatched(client, () => copy(client, query.sql, data));
      }
      const { command, rowCount, rows } = await this.#send(
        client,
        statementOf(query, this.#canPrepare(client)),
      );
      if (command === 'INSERT') this.#count(query, rowCount ?? 0);
      return { rows: rows as R[], ...(rowCount !== null && { numAffectedRows: BigInt(rowCount) }) };
    } catch (error) {
      // A connection with outdated prepared statements is unusable, too.
      this.#isLost ||= isConnectionLost(error) || isStalePlan(error);
      throw error;
    }
  }

  #canPrepare(client: StoreClient): boolean {
    return client.perTransaction === undefined && !this.#isSession;
  }

  async #send(client: StoreClient, statement: Statement): Promise<ClientResult> {
    if (this.#isBeginDue) return await this.#sendFirst(client, statement);
    const settings = this.#isInTransaction || this.#isSession ? undefined : client.perTransaction;
    return await this.#clients.runWatched(client, () => runStatement(client, statement, settings));
  }

  /** Begins a transaction together with its first statement. */
  async #sendFirst(client: StoreClient, statement: Statement): Promise<ClientResult> {
    this.#isBeginDue = false;
    const begin = this.#isSession ? [{ text: `savepoint ${savepoint}` }] : beginOf(client);
    const prefix = [...begin, ...(this.#start?.statements ?? [])];
    const named = this.#canPrepare(client) ? prefix.map(nameStatement) : prefix;
    const { result, prefixRows } = await this.#clients.runWatched(client, () =>
      runPrefixed(client, named, statement),
    );
    if (this.#start !== undefined) this.#start.rows = prefixRows.at(-1) ?? [];
    return result;
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
export function beginOf({ perTransaction }: StoreClient): PrefixStatement[] {
  return [{ text: 'begin' }, ...(perTransaction === undefined ? [] : [{ text: perTransaction }])];
}

/** Commits the transaction of a client. The server answers with a rollback, and no error, if a statement of it has failed. */
export async function commitOn(client: StoreClient): Promise<void> {
  const { command } = await runStatement(client, { text: 'commit' });
  if (command !== 'COMMIT')
    throw new Error('the transaction was rolled back, because a statement of it failed');
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
