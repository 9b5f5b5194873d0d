import pg, { type CustomTypesConfig, type PoolClient } from 'pg';
import { limits } from '../../../kit/limits.ts';
import type { Clients } from './postgres.ts';
import { insist, isAway, isStarting, storeError } from './postgres-errors.ts';
import type { PostgresSource } from './postgres-source.ts';

/** The connections of this process to one database. */
export interface ClientPool extends Clients {
  /**
   * Lends one client to a session; what is temporary ends with it. Sessions leave one connection to everybody else, and wait for
   * their turn as long as it takes.
   */
  session<T>(work: (clients: Clients) => Promise<T>): Promise<T>;
}

/** Connects to a database, with two connections at least: while a feed is loaded by one, the others go on reading. */
export async function openClients(source: PostgresSource, connectionsMax: number): Promise<ClientPool> {
  const { name: place, client: config } = source;
  const max = Math.max(2, connectionsMax);
  const pool = new pg.Pool({
    ...config,
    Client: PoliteClient,
    max,
    types,
    keepAlive: true,
    allowExitOnIdle: true,
  });
  // A client that fails while nobody uses it leaves the pool by itself; one in use fails in the hands of its user.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  const take = (mayPass: (error: unknown) => boolean): Promise<PoolClient> =>
    insist(() => pool.connect(), mayPass, limits.storeReconnectMs).catch((error: unknown) => {
      throw storeError(error, place);
    });
  const clients: Clients = { place, isPinned: false, take: () => take(isAway), give, end: () => end(pool) };
  const places = new Places(max - 1);
  try {
    // A server that was never there is no server that went away: this is told at once.
    give(await take(isStarting), false);
  } catch (error) {
    await clients.end();
    throw error;
  }
  return { ...clients, session: (work) => places.use(() => runSession(clients, work)) };
}

/** `pg` leaves the connection of a client that was not let in to the server, which would wait a minute for its next word. */
class PoliteClient extends pg.Client {
  override connect(): Promise<pg.Client>;
  override connect(callback: ((error: Error) => void) | ((error: null, client: pg.Client) => void)): void;
  override connect(callback?: (error: never, client: pg.Client) => void): Promise<pg.Client> | undefined {
    const connected = super.connect().catch(async (error: unknown) => {
      await this.end().catch(() => undefined);
      throw error;
    });
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
}

/** A session loads: it sorts much, and it takes as long as it takes. */
const settings = `set work_mem = '64MB'; set statement_timeout = 0; set jit = off`;
const endOfSession = 'discard temp; reset work_mem; reset statement_timeout; reset jit';

async function runSession<T>(clients: Clients, work: (clients: Clients) => Promise<T>): Promise<T> {
  const client = await clients.take();
  const { place } = clients;
  const doNothing = async (): Promise<void> => undefined;
  // Unless all went well, nobody knows what the connection is in the middle of: it is closed.
  let isLost = true;
  try {
    await client.query(settings);
    const done = await work({
      place,
      isPinned: true,
      take: async () => client,
      give: () => undefined,
      end: doNothing,
    });
    await client.query(endOfSession);
    isLost = false;
    return done;
  } catch (error) {
    throw storeError(error, place);
  } finally {
    give(client, isLost);
  }
}

/** Gives a client back to its pool, or has it closed. */
function give(client: PoolClient, isLost: boolean): void {
  client.release(isLost);
}

async function end(pool: pg.Pool): Promise<void> {
  if (!pool.ending) await pool.end();
}

/** The numbers of the types whose values come otherwise than `pg` has them. */
const parsers: ReadonlyMap<number, (text: string) => unknown> = new Map<number, (text: string) => unknown>([
  [17, readBytes],
  [20, readNumber],
]);

/** As `pg` declares it, for each type a parser is of another type; that is of use only to who names the type. */
const types: CustomTypesConfig = {
  getTypeParser: (id: number, format?: 'text' | 'binary') =>
    parsers.get(id) ?? (pg.types.getTypeParser as ParserOf)(id, format),
};

type ParserOf = (id: number, format?: 'text' | 'binary') => unknown;

/** Bytes come as `\x` and hexadecimal digits, and as what SQLite gives: a `Buffer` is something else when compared. */
function readBytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text.slice(2), 'hex'));
}

/** Whole numbers of eight bytes come as numbers: times, row numbers and counts stay far below 2⁵³. */
function readNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new Error(`a number too large to be read: ${text}`);
  return value;
}

/** As many places for work as there are; who comes later waits in line. */
class Places {
  #free: number;
  readonly #line: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  async use<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#line.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#line.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }
}
