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
export function runStatement(
  client: StoreClient,
  statement: Statement,
  perTransaction?: string,
): Promise<QueryResult> {
  const hasValues = (statement.values?.length ?? 0) > 0;
  return new Promise((resolve, reject) => {
    const done: Done = (error, result) => {
      if (error !== null) reject(error);
      // Of several statements, the result of the last.
      else resolve(Array.isArray(result) ? (result.at(-1) as QueryResult) : result);
    };
    if (perTransaction === undefined) (client.query.bind(client) as CallbackQuery)(statement, done);
    else if (hasValues) client.query(new PrefixedQuery(perTransaction, statement, done));
    else (client.query.bind(client) as CallbackQuery)({ text: `${perTransaction}; ${statement.text}` }, done);
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
  prepare(connection: Connection): void;
  handleDataRow(message: unknown): void;
  handleCommandComplete(message: unknown, connection: Connection): void;
}

const PreparableQuery = pg.Query as unknown as new (
  statement: Statement,
  values: undefined,
  done: Done,
) => PreparableQuery;

/** The messages of the extended query protocol that `PrefixedQuery` sends. */
interface MessageWriter {
  parse(message: { name: string; text: string; types: readonly number[] }): void;
  bind(message: { portal: string; statement: string; values: readonly unknown[] }): void;
  execute(message: { portal: string; rows: number }): void;
}

/** Sends a query before its own, in one round trip. Without a Sync message between them, both are in one transaction. */
class PrefixedQuery extends PreparableQuery {
  readonly #prefix: string;
  #isPrefixDone = false;

  constructor(prefix: string, statement: Statement, done: Done) {
    super(statement, undefined, done);
    this.#prefix = prefix;
  }

  override prepare(connection: Connection): void {
    const writer = connection as unknown as MessageWriter;
    writer.parse({ name: '', text: this.#prefix, types: [] });
    writer.bind({ portal: '', statement: '', values: [] });
    writer.execute({ portal: '', rows: 0 });
    super.prepare(connection);
  }

  override handleDataRow(message: unknown): void {
    if (this.#isPrefixDone) super.handleDataRow(message);
  }

  override handleCommandComplete(message: unknown, connection: Connection): void {
    if (this.#isPrefixDone) super.handleCommandComplete(message, connection);
    this.#isPrefixDone = true;
  }
}
