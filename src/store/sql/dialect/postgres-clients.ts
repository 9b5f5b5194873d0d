import pg, { type CustomTypesConfig } from 'pg';
import { limits } from '../../../core/limits.ts';
import { monotonicMs } from '../../../kit/async/retry.ts';
import { Semaphore } from '../../../kit/async/semaphore.ts';
import { reconnectTimeoutMs } from '../../store-timeout.ts';
import { Availability, type AvailabilityEvents } from './availability.ts';
import type { ClientSource } from './postgres.ts';
import { limitQuery } from './postgres-cancel.ts';
import { SettledClient, type StoreClient, type StoreClientConfig } from './postgres-client.ts';
import {
  fromPostgresError,
  isAcceptingSoon,
  isOutOfConnections,
  isTransientlyDown,
  retryWhile,
  ServerUnresponsive,
} from './postgres-errors.ts';
import { runSession } from './postgres-session.ts';
import type { PostgresSource } from './postgres-source.ts';
import { QueryWatchdog } from './query-watchdog.ts';

/** The connections of this process to one database. */
export interface ClientPool extends ClientSource {
  /** Runs `work` in one transaction on one client. Sessions leave one connection to other queries, and wait for one without a limit. */
  runSession<T>(work: (clients: ClientSource) => Promise<T>): Promise<T>;
  /** Throws `store-unavailable` unless the server answers within `limits.storePingMs`. */
  ping(): Promise<void>;
  /** Whether a pooler is between this process and the server. */
  isPooled(): boolean;
}

/** Connects to a database by at least two connections, so that queries can run while one connection loads a feed. */
export async function openClientPool(
  source: PostgresSource,
  connectionsMax: number,
  events: AvailabilityEvents = {},
): Promise<ClientPool> {
  const max = Math.max(2, connectionsMax);
  const pool = new ReconnectingPool(source, max, events);
  await pool.start();
  const clients: ClientSource = {
    databaseName: source.name,
    acquire: () => pool.acquire(),
    release,
    runWatched: (client, query) => limitQuery(client, source.client, () => pool.watch.run(client, query)),
    end: () => pool.end(),
  };
  const semaphore = new Semaphore(max - 1);
  return {
    ...clients,
    runSession: (work) => semaphore.run(() => runSession(clients, work)),
    ping: () => pool.ping(),
    isPooled: () => pool.isPooled,
  };
}

/** Replaces its pool when the server was lost: open and requested connections are then unusable. */
class ReconnectingPool {
  readonly #source: PostgresSource;
  readonly #max: number;
  readonly #availability: Availability;
  readonly watch: QueryWatchdog<StoreClient>;
  #pool: pg.Pool;
  /** Whether a pooler is between this process and the server. */
  isPooled = false;

  constructor(source: PostgresSource, max: number, events: AvailabilityEvents) {
    this.#source = source;
    this.#max = max;
    this.#pool = poolOf(source, max);
    const probe = (): Promise<void> => probeServer(source, limits.storeProbeMs);
    const probeSilent = (): Promise<void> =>
      this.isPooled ? probePooler(source, limits.storeProbeMs) : probe();
    this.#availability = new Availability(probe, {
      ...events,
      onDown: (error) => {
        this.#replace();
        events.onDown?.(fromPostgresError(error, source.name));
      },
    });
    this.watch = new QueryWatchdog(probeSilent, (error, clients) => {
      this.#availability.markDown(error);
      // Ends them at once, because each has a running query.
      for (const client of clients) void endOf(client);
    });
  }

  /** Makes the first connection. Reports a server that was never available at once, without retries. */
  async start(): Promise<void> {
    try {
      const client = await retryWhile(() => connect(this.#pool), isAcceptingSoon, limits.storeReconnectMs);
      this.isPooled = client.perTransaction !== undefined;
      release(client, false);
    } catch (error) {
      await this.end();
      throw fromPostgresError(error, this.#source.name);
    }
  }

  /** Returns a client of the pool when the server is available. Throws `store-unavailable` on timeout. */
  async acquire(): Promise<StoreClient> {
    const deadline = monotonicMs() + reconnectTimeoutMs();
    try {
      for (;;) {
        await this.#availability.waitUntilUp(deadline - monotonicMs());
        try {
          // A server without free connections gets them back, so this wait does not depend on the limit for unreachable servers.
          return await retryWhile(() => this.#connect(), isOutOfConnections, limits.storeReconnectMs);
        } catch (error) {
          if (this.#availability.cause === undefined || monotonicMs() > deadline) throw error;
        }
      }
    } catch (error) {
      throw fromPostgresError(error, this.#source.name);
    }
  }

  async ping(): Promise<void> {
    const { cause } = this.#availability;
    if (cause !== undefined) throw fromPostgresError(cause, this.#source.name);
    try {
      await probeServer(this.#source, limits.storePingMs);
    } catch (error) {
      if (isTransientlyDown(error) && !(error instanceof ServerUnresponsive))
        this.#availability.markDown(error);
      throw fromPostgresError(error, this.#source.name);
    }
  }

  async end(): Promise<void> {
    this.#availability.close();
    if (!this.#pool.ending) await this.#pool.end();
  }

  /** Waits for a client until an outage begins. */
  async #connect(): Promise<StoreClient> {
    const connecting = connect(this.#pool);
    let isWanted = true;
    void connecting.then(
      (client) => {
        if (!isWanted) release(client, true);
      },
      () => undefined,
    );
    try {
      return await this.#availability.abortOnOutage(connecting);
    } catch (error) {
      isWanted = false;
      if (isTransientlyDown(error) && !isOutOfConnections(error)) this.#availability.markDown(error);
      throw error;
    }
  }

  #replace(): void {
    const before = this.#pool;
    this.#pool = poolOf(this.#source, this.#max);
    before.end().catch(() => undefined);
  }
}

function poolOf({ client: config, settings }: PostgresSource, max: number): pg.Pool {
  const options: pg.PoolConfig & StoreClientConfig = {
    ...config,
    settings,
    // The declaration of `pg` hides that a pool passes its options on.
    Client: SettledClient as unknown as typeof pg.Client,
    max,
    types,
    allowExitOnIdle: true,
  };
  const pool = new pg.Pool(options);
  // An idle client that fails leaves the pool by itself. A client in use fails at its user.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

/** The pool makes all its clients of the class `SettledClient`. */
function connect(pool: pg.Pool): Promise<StoreClient> {
  return pool.connect() as unknown as Promise<StoreClient>;
}

/** Sends a query to the server on a connection of its own. A server without free connections counts as available. */
async function probeServer(source: PostgresSource, waitMs: number): Promise<void> {
  await probe(source, waitMs, async (client) => {
    await client.query('select 1');
  });
}

/** Connects to a pooler. It answers queries late if all its connections to the server are in use, but it is available. */
async function probePooler(source: PostgresSource, waitMs: number): Promise<void> {
  await probe(source, waitMs, async () => undefined);
}

async function probe(
  { client: config }: PostgresSource,
  waitMs: number,
  check: (client: pg.Client) => Promise<void>,
): Promise<void> {
  const client = new pg.Client({ ...config, connectionTimeoutMillis: waitMs, query_timeout: waitMs });
  client.on('error', () => undefined);
  const { promise: timedOut, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(new ServerUnresponsive('the server does not answer'));
  }, waitMs);
  const query = client.connect().then(() => check(client));
  try {
    await Promise.race([query, timedOut]);
  } catch (error) {
    if (!isOutOfConnections(error)) throw error;
  } finally {
    clearTimeout(timer);
    query.catch(() => undefined);
    void endOf(client);
  }
}

async function endOf(client: Pick<pg.Client, 'end'>): Promise<void> {
  await client.end().catch(() => undefined);
}

/** Returns a client to its pool, or closes it. */
function release(client: StoreClient, isLost: boolean): void {
  client.release(isLost);
}

/** Parsers by the number (OID) of a type, for types that `pg` parses otherwise. */
const parsers: ReadonlyMap<number, (text: string) => unknown> = new Map<number, (text: string) => unknown>([
  [17, readBytes],
  [20, readNumber],
]);

/** In the declaration of `pg` the type of a parser depends on that of the column; only callers that name a column type need this. */
const types: CustomTypesConfig = {
  getTypeParser: (id: number, format?: 'text' | 'binary') =>
    parsers.get(id) ?? (pg.types.getTypeParser as ParserOf)(id, format),
};

type ParserOf = (id: number, format?: 'text' | 'binary') => unknown;

/** Parses `\x` and hexadecimal digits to the same class as SQLite returns: a `Buffer` compares as different. */
function readBytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text.slice(2), 'hex'));
}

/** Parses integers of eight bytes as numbers: times, row numbers and counts stay far below 2⁵³. */
function readNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new Error(`a number exceeds 2^53: ${text}`);
  return value;
}
