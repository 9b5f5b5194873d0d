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

/** Where the connections of a driver come from. */
export interface ClientSource {
  /** The name of the database in errors. */
  readonly databaseName: string;
  /** One client for all that is asked, whose loss cannot be made up for: a session holds temporary tables. */
  readonly isPinned: boolean;
  acquire(): Promise<PoolClient>;
  /** Gives a client back, or away for good when it is lost. */
  release(client: PoolClient, isLost: boolean): void;
  /** Runs a query of a client, and has the client ended if the server falls silent. */
  runWatched<T>(client: PoolClient, query: () => Promise<T>): Promise<T>;
  end(): Promise<void>;
}

/** Kysely over clients of `pg`. */
export function postgresDialect(clients: ClientSource): Dialect {
  return {
    createDriver: () => new PostgresDriver(clients),
    createQueryCompiler: () => new BytewiseCompiler(),
    createAdapter: () => new PinnedAdapter(clients.isPinned),
    createIntrospector: (db: Kysely<unknown>): DatabaseIntrospector => new PostgresIntrospector(db),
  };
}

/** Text is ordered and compared by its bytes, as SQLite does, whatever language the database was made for. */
class BytewiseCompiler extends PostgresQueryCompiler {
  protected override visitDataType(node: DataTypeNode): void {
    super.visitDataType(node);
    const isColumn = this.parentNode?.kind === 'ColumnDefinitionNode';
    if (isColumn && node.dataType === 'text') this.append(' collate "C"');
  }
}

/** With one client for all, Kysely lends it to one user at a time. */
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

/** From this many rows on, what the planner knows of a table is out of date. */
const rowsToAnalyze = 10_000;

/** One client, as long as Kysely has lent it to somebody. */
class PostgresConnection implements DatabaseConnection {
  readonly #clients: ClientSource;
  /** Undefined where a lost one was given away and no other was to be had. */
  #client: PoolClient | undefined;
  #isLost = false;
  #isInTransaction = false;
  #isBeginDue = false;
  /** Rows this transaction has inserted, by table. */
  readonly #inserted = new Map<string, number>();

  constructor(client: PoolClient, clients: ClientSource) {
    this.#client = client;
    this.#clients = clients;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    // In a transaction, what is lost is all of it: see `write`, which is told the error as it is.
    if (this.#isInTransaction) return await this.#run(query);
    try {
      // Who only reads does not notice that the server was started anew.
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

  /** The first statement of a transaction begins it: that takes one round trip less. */
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

  /** What is lost needs no undoing: the server has done it. */
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
      // A connection whose statements are out of date is of no more use either.
      this.#isLost ||= isConnectionLost(error) || isStalePlan(error);
      throw error;
    }
  }

  /** Begins the transaction where that is due, in one go with a statement that has no values. */
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
   * The server looks at what it holds a minute later; until then it would plan for tables it believes empty. What was written
   * is written, whether this succeeds or not.
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

/** A change of more values is one of many rows, whose text differs with their number. */
const preparedValuesMax = 40;

/**
 * Reads, and changes of few values, come often: each is parsed once on a connection, under a name that is equal for equal text only.
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

/** Whether all texts among the values are only compared with what is stored. No update sets a text that may hold any character. */
function isLookup({ kind }: CompiledQuery['query']): boolean {
  return kind === 'SelectQueryNode' || kind === 'DeleteQueryNode' || kind === 'UpdateQueryNode';
}

/** No stored text has a NUL character, and the server refuses to compare one: null is equal to nothing either. */
function nullIfNul(value: unknown): unknown {
  return typeof value === 'string' && value.includes('\u0000') ? null : value;
}

/** Whether the text of a change is the same each time; those that copy rows name numbers in it. */
function isPlainChange(query: CompiledQuery['query']): boolean {
  if (query.kind === 'InsertQueryNode') return query.values?.kind === 'ValuesNode';
  return query.kind === 'UpdateQueryNode' || query.kind === 'DeleteQueryNode';
}

/**
 * What the server answers, to the last of several statements. With the promises of `pg` each query hangs on the one before it once that is old, and all that was read lives
 * until the oldest objects are tidied up; with a callback nothing does.
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

/** As `pg` does it: it is declared to bring an error always. */
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
