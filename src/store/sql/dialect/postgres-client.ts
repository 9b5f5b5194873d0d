import pg, { type ClientConfig, type Connection, type PoolClient, type QueryResult } from 'pg';
import { connectionQuery, type ServerSettings, transactionQuery } from './postgres-settings.ts';

/** A connection of a pool. */
export interface StoreClient extends PoolClient {
  /**
   * A query that each transaction begins with; undefined if one process of the server serves the whole connection. Behind a pooler,
   * each transaction may run in another process, which has neither the settings nor the prepared statements of the one before.
   */
  readonly perTransaction: string | undefined;
}

/** Configuration of `SettledClient`. */
export interface StoreClientConfig extends ClientConfig {
  readonly settings: ServerSettings;
}

/**
 * A client that closes its connection if it is rejected, and applies the settings of the server. `pg` would leave the connection open
 * for a minute. Poolers refuse settings in the first message of a connection.
 */
export class SettledClient extends pg.Client {
  readonly #settings: ServerSettings;
  perTransaction: string | undefined;

  constructor(config: StoreClientConfig) {
    super(config);
    this.#settings = config.settings;
    // A pool listens for errors only once `connect` has returned. Without a listener, a server that stops meanwhile would end this process.
    this.on('error', () => undefined);
  }

  override connect(): Promise<pg.Client>;
  override connect(callback: ((error: Error) => void) | ((error: null, client: pg.Client) => void)): void;
  override connect(callback?: (error: never, client: pg.Client) => void): Promise<pg.Client> | undefined {
    const connected = this.#open();
    if (callback === undefined) return connected;
    const done = callback as (error: unknown, client: pg.Client) => void;
    connected.then(
      (client) => {
        done(null, client);
      },
      (error: unknown) => {
        done(error, this);
      },
    );
    return undefined;
  }

  async #open(): Promise<pg.Client> {
    try {
      await super.connect();
      await this.#applySettings();
      return this;
    } catch (error) {
      await this.end().catch(() => undefined);
      throw error;
    }
  }

  /** The server names its process when a connection begins. A pooler names another, because it has none yet. */
  async #applySettings(): Promise<void> {
    const { processID } = this as unknown as { readonly processID: number | null };
    const { rows } = await this.query<{ applied: number }>(connectionQuery(this.#settings, processID));
    if (rows[0]?.applied === 0) this.perTransaction = transactionQuery(this.#settings.ofTransactions);
  }
}

/** A statement and its values. With a name, it is prepared. */
export interface Statement {
  readonly name?: string;
  readonly text: string;
  readonly values?: unknown[];
}

/** Runs a statement outside a transaction; the query of `perTransaction` runs in the same implicit transaction. */
export async function runStatement(
  client: StoreClient,
  statement: Statement,
  perTransaction?: string,
): Promise<QueryResult> {
  if (perTransaction === undefined) return await submitAlone(client, statement);
  // The simple protocol accepts several commands in one text.
  if ((statement.values?.length ?? 0) === 0)
    return await submitAlone(client, { text: `${perTransaction}; ${statement.text}` });
  return (await runPrefixed(client, [{ text: perTransaction }], statement)).result;
}

function submitAlone(client: StoreClient, statement: Statement): Promise<QueryResult> {
  return new Promise((resolve, reject) => {
    (client.query.bind(client) as CallbackQuery)(statement, (error, result) => {
      if (error !== null) reject(error);
      // Of several statements, the result of the last.
      else resolve(Array.isArray(result) ? (result.at(-1) as QueryResult) : result);
    });
  });
}

/** A statement that is sent before another one. */
export interface PrefixStatement {
  readonly name?: string;
  readonly text: string;
  readonly values?: readonly string[];
}

/** A row of a prefix: the values as the server writes them. */
export type TextRow = readonly (string | null)[];

/** The result of a statement, and the rows of each statement of its prefix. */
export interface PrefixedResult {
  readonly result: QueryResult;
  readonly prefixRows: readonly (readonly TextRow[])[];
}

/**
 * Runs statements one after the other, in one round trip. If one fails, those behind it do not run. Each sees what was committed before it
 * began. Outside a transaction, and if none begins one, all are one transaction.
 */
export function runPrefixed(
  client: StoreClient,
  prefix: readonly PrefixStatement[],
  statement: Statement,
): Promise<PrefixedResult> {
  return new Promise((resolve, reject) => {
    const query = new PrefixedQuery(prefix, statement, (error, result) => {
      if (error !== null) reject(error);
      else resolve({ result: result as QueryResult, prefixRows: query.prefixRows });
    });
    client.query(query);
  });
}

/** The callback of `pg`, whose declaration always passes an error. */
type Done = (error: Error | null, result: QueryResult | QueryResult[]) => void;

/**
 * Promises of `pg` keep references from each query to the one before. All rows would stay in memory until a full garbage collection.
 */
type CallbackQuery = (statement: Statement, done: Done) => void;

/** The parts of `pg.Query` that its declaration lacks. */
interface PreparableQuery extends pg.Submittable {
  /** `pg` records under these that the server has parsed a statement. */
  name: string | undefined;
  text: string;
  prepare(connection: Connection): void;
  requiresPreparation(): boolean;
  handleDataRow(message: DataRow): void;
  handleCommandComplete(message: unknown, connection: Connection): void;
  handleError(error: Error, connection: Connection): void;
}

interface DataRow {
  readonly fields: TextRow;
}

const PreparableQuery = pg.Query as unknown as new (
  statement: Statement,
  values: undefined,
  done: Done,
) => PreparableQuery;

/** The messages of the extended query protocol that `PrefixedQuery` sends, and the texts of prepared statements by their names. */
interface MessageWriter {
  parse(message: { name: string; text: string; types: readonly number[] }): void;
  bind(message: { portal: string; statement: string; values: readonly string[] }): void;
  execute(message: { portal: string; rows: number }): void;
  /** Those that the server has parsed, and those that were sent to it. */
  readonly parsedStatements: Record<string, string | undefined>;
  readonly submittedNamedStatements: Record<string, string | undefined>;
}

/** Sends statements before its own. Without a Sync message between them, the server skips all that follow an error. */
class PrefixedQuery extends PreparableQuery {
  readonly #prefix: readonly PrefixStatement[];
  readonly #own: Statement;
  /** The rows of each statement of the prefix. */
  readonly prefixRows: readonly TextRow[][];
  /** Number of complete statements of the prefix. */
  #complete = 0;

  constructor(prefix: readonly PrefixStatement[], statement: Statement, done: Done) {
    super(statement, undefined, done);
    this.#prefix = prefix;
    this.prefixRows = prefix.map(() => []);
    this.#own = statement;
  }

  override requiresPreparation(): boolean {
    return true;
  }

  override prepare(connection: Connection): void {
    const writer = messagesOf(connection);
    for (const { name = '', text, values = [] } of this.#prefix) {
      if (name === '' || writer.parsedStatements[name] === undefined) writer.parse({ name, text, types: [] });
      writer.bind({ portal: '', statement: name, values });
      writer.execute({ portal: '', rows: 0 });
    }
    super.prepare(connection);
    this.#nameCurrent();
  }

  override handleDataRow(message: DataRow): void {
    const ofPrefix = this.prefixRows[this.#complete];
    if (ofPrefix === undefined) super.handleDataRow(message);
    else ofPrefix.push(message.fields);
  }

  override handleCommandComplete(message: unknown, connection: Connection): void {
    if (this.#complete === this.#prefix.length) {
      super.handleCommandComplete(message, connection);
      return;
    }
    this.#complete++;
    this.#nameCurrent();
  }

  override handleError(error: Error, connection: Connection): void {
    // The server has skipped it, so it must be sent again.
    const { name } = this.#own;
    if (name !== undefined) Reflect.deleteProperty(messagesOf(connection).submittedNamedStatements, name);
    super.handleError(error, connection);
  }

  /** Answers come in the order of the statements. */
  #nameCurrent(): void {
    const { name, text } = this.#prefix[this.#complete] ?? this.#own;
    this.name = name;
    this.text = text;
  }
}

function messagesOf(connection: Connection): MessageWriter {
  return connection as unknown as MessageWriter;
}
