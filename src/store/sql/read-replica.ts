import { type Kysely, sql } from 'kysely';
import { ClairError, messageOf } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { abortableSleep, monotonicMs } from '../../kit/async/retry.ts';
import { settlesWithin, withTimeout } from '../../kit/async/timeout.ts';
import { mayReadReplica } from '../replica-reads.ts';
import type { Store } from '../store.ts';
import { storeTimeout } from '../store-timeout.ts';
import type { Engine } from './engine.ts';
import type { Tables } from './schema.ts';
import { readerStore } from './sql-store.ts';

/** Called when a replica cannot be used, with the reason, and with undefined when it is used again. */
export interface ReplicaEvents {
  readonly onReplica?: (problem: string | undefined) => void;
}

/** Dependencies of a `ReadReplica`. */
export interface ReplicaDeps extends ReplicaEvents {
  readonly primary: Engine;
  readonly open: () => Promise<Engine>;
}

/** Number of writes of this process that the replica has, and the time from which it has all writes of others. */
interface Confirmation {
  readonly writes: number;
  readonly at: number;
}

/**
 * Reads from a streaming replica as long as it has everything that this process has written, and everything that others had written
 * `limits.replicaCheckMs` ago. Otherwise, reads use the primary server.
 */
export class ReadReplica implements AsyncDisposable {
  readonly #deps: ReplicaDeps;
  #engine: Promise<Engine> | undefined;
  #store: Store | undefined;
  #writes = 0;
  #confirmed: Confirmation | undefined;
  #checking: Promise<void> | undefined;
  /** No check is made before this time. */
  #retryAt = 0;
  #problem: string | undefined;

  constructor(deps: ReplicaDeps) {
    this.#deps = deps;
  }

  /** Returns the engine of the primary server with counted writes. A write that failed may have been committed. */
  countWrites(): Engine {
    const { primary } = this.#deps;
    const counted = async <T>(work: Promise<T>): Promise<T> => {
      try {
        return await work;
      } finally {
        this.#writes++;
      }
    };
    return {
      ...primary,
      write: (work, ...terms) => counted(primary.write(work, ...terms)),
      session: (work) => counted(primary.session(work)),
    };
  }

  /** Returns a store that reads from the replica in the scope of `replicaReads`. Closing it closes the replica too. */
  async route(store: Store): Promise<Store> {
    await settlesWithin(this.#check(store), limits.storePingMs);
    const routed = Object.fromEntries(readParts.map((part) => [part, this.#routePart(store, part)]));
    return {
      ...store,
      ...(routed as Pick<Store, ReadPart>),
      [Symbol.asyncDispose]: async () => {
        await this[Symbol.asyncDispose]();
        await store[Symbol.asyncDispose]();
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const engine = await this.#engine?.catch(() => undefined);
    await engine?.[Symbol.asyncDispose]();
  }

  #routePart(store: Store, part: ReadPart): object {
    const functions = Object.entries(store[part] as unknown as Readonly<Record<string, AsyncFunction>>);
    const routed = functions.map(([name, onPrimary]): [string, AsyncFunction] => [
      name,
      isRead(name)
        ? (...values) => this.#read(store, { part, name, onPrimary: () => onPrimary(...values), values })
        : onPrimary,
    ]);
    return Object.fromEntries(routed);
  }

  /** Asks the primary server for data that the replica does not have. */
  async #read(store: Store, { part, name, onPrimary, values }: Read): Promise<unknown> {
    const replica = mayReadReplica() ? await this.#current(store) : undefined;
    if (replica === undefined) return await onPrimary();
    try {
      const functions = replica[part] as unknown as Readonly<Record<string, AsyncFunction>>;
      const call = async (): Promise<unknown> => await functions[name]?.(...values);
      const found = await storeTimeout.run(limits.replicaWaitMs, call);
      if (!isEmpty(found)) return found;
    } catch (error) {
      if (error instanceof ClairError && error.code === 'store-unavailable') this.#suspend(messageOf(error));
    }
    return await onPrimary();
  }

  /** Returns the store of the replica; undefined if the replica lacks a write or cannot be used. */
  async #current(store: Store): Promise<Store | undefined> {
    const writes = this.#writes;
    while (!this.#isConfirmed(writes)) {
      if (monotonicMs() < this.#retryAt) return undefined;
      this.#checking ??= this.#check(store).finally(() => {
        this.#checking = undefined;
      });
      await this.#checking;
    }
    return this.#store;
  }

  #isConfirmed(writes: number): boolean {
    const confirmed = this.#confirmed;
    return (
      confirmed !== undefined &&
      confirmed.writes >= writes &&
      monotonicMs() - confirmed.at < limits.replicaCheckMs
    );
  }

  async #check(store: Store): Promise<void> {
    const confirmation = { writes: this.#writes, at: monotonicMs() };
    this.#confirmed = undefined;
    try {
      const position = await walPosition(this.#deps.primary.db);
      const engine = await withTimeout(this.#open(), limits.storePingMs, noAnswer);
      const replay = storeTimeout.run(limits.replicaWaitMs, () => waitUntilReplayed(engine, position));
      const isCurrent = await withTimeout(replay, limits.storePingMs, noAnswer);
      this.#report(undefined);
      if (isCurrent) {
        this.#store ??= readerStore(engine, () => store.now().getTime());
        this.#confirmed = confirmation;
      } else this.#retryAt = monotonicMs() + limits.replicaRetryMs;
    } catch (error) {
      this.#suspend(messageOf(error));
    }
  }

  async #open(): Promise<Engine> {
    this.#engine ??= openReplica(this.#deps).catch((error: unknown) => {
      this.#engine = undefined;
      throw error;
    });
    return await this.#engine;
  }

  #suspend(problem: string): void {
    this.#confirmed = undefined;
    this.#retryAt = monotonicMs() + limits.replicaRetryMs;
    this.#report(problem);
  }

  #report(problem: string | undefined): void {
    if ((problem === undefined) === (this.#problem === undefined)) return;
    this.#problem = problem;
    this.#deps.onReplica?.(problem);
  }
}

/** Parts of a store that can be read from a replica. */
const readParts = [
  ...['advisories', 'vulnerabilities', 'events', 'notifications', 'batches'],
  ...['enrichments', 'images', 'knownImages', 'layers', 'namedLayers', 'ancestries'],
] as const satisfies readonly (keyof Store)[];

type ReadPart = (typeof readParts)[number];

type AsyncFunction = (...values: readonly unknown[]) => Promise<unknown>;

interface Read {
  readonly part: ReadPart;
  readonly name: string;
  readonly onPrimary: () => Promise<unknown>;
  readonly values: readonly unknown[];
}

function isRead(name: string): boolean {
  return /^(find|page)/.test(name);
}

function isEmpty(found: unknown): boolean {
  return found === undefined || found === null || (Array.isArray(found) && found.length === 0);
}

function noAnswer(): Error {
  return new Error('it does not answer');
}

/** Opens the replica. Throws if it has other data than the primary server. */
async function openReplica({ primary, open }: ReplicaDeps): Promise<Engine> {
  const engine = await open();
  try {
    const [expected, found] = [await identityOf(primary.db), await identityOf(engine.db)];
    if (found !== expected) throw new Error('it is not a replica of database.options.source');
    return engine;
  } catch (error) {
    await engine[Symbol.asyncDispose]();
    throw error;
  }
}

/** Returns what a server and its replicas have in common: the cluster, the database and the schema. */
async function identityOf(db: Kysely<Tables>): Promise<string> {
  const { rows } = await sql<{ identity: string }>`
    select concat_ws(' ', system_identifier, current_database(), current_schema()) as identity from pg_control_system()
  `.execute(db);
  return rows[0]?.identity ?? '';
}

/**
 * Returns the position in the log of the primary server up to which all commits have written. At the beginning of a page, the next record starts
 * after a header of 24 bytes, or of 40 in the first page of a file. The last record ends before the header.
 */
async function walPosition(db: Kysely<Tables>): Promise<string> {
  const { rows } = await sql<{ position: string }>`
    with log as (select pg_current_wal_insert_lsn() as position),
    measured as (select position, position - '0/0'::pg_lsn as bytes from log)
    select (position - case
      when bytes % pg_size_bytes(current_setting('wal_segment_size')) = 40 then 40
      when bytes % current_setting('wal_block_size')::int = 24 then 24
      else 0
    end)::text as position from measured
  `.execute(db);
  return rows[0]?.position ?? '';
}

/** Waits up to `limits.replicaWaitMs` until the replica has replayed the log up to a position; returns whether it has. */
async function waitUntilReplayed({ db }: Engine, position: string): Promise<boolean> {
  const deadline = monotonicMs() + limits.replicaWaitMs;
  for (;;) {
    const { rows } = await sql<{ is_replica: boolean; has_replayed: boolean | null }>`
      select pg_is_in_recovery() as is_replica, pg_last_wal_replay_lsn() >= ${position}::pg_lsn as has_replayed
    `.execute(db);
    if (rows[0]?.is_replica !== true) throw new Error('it is not a replica, but a primary server');
    if (rows[0].has_replayed === true) return true;
    if (monotonicMs() >= deadline) return false;
    await abortableSleep(replayPauseMs, undefined);
  }
}

/** Pause between two looks at the position of the replica, in milliseconds. */
const replayPauseMs = 5;
