import { limits } from '../../../core/limits.ts';
import { IdleWait } from '../../../kit/async/idle-wait.ts';
import { settlesWithin } from '../../../kit/async/timeout.ts';
import type { WakeChannel } from '../../job-store.ts';
import { SettledClient } from './postgres-client.ts';
import type { PostgresSource } from './postgres-source.ts';

/** Shortest time between two notifications that are sent or reported, in milliseconds. */
const quietMs = 1000;

/** Pause between attempts to connect, in milliseconds. It doubles from the first to the last. */
const [firstPauseMs, lastPauseMs] = [1000, 60_000];

/**
 * Listens and notifies on a connection of its own. In the transaction of other work, NOTIFY would make all such transactions of the database
 * commit one after another. Behind a pooler it does nothing: the process of the server that listens would serve other clients.
 */
export function openPostgresWakeChannel(source: PostgresSource, onWake: () => void): WakeChannel {
  const channel = new PostgresWakeChannel(source, onWake);
  return {
    notify: () => {
      channel.notify();
    },
    [Symbol.asyncDispose]: () => channel.close(),
  };
}

class PostgresWakeChannel {
  readonly #source: PostgresSource;
  readonly #received: Throttle;
  readonly #sent: Throttle;
  readonly #pause = new IdleWait(firstPauseMs, lastPauseMs);
  #client: SettledClient | undefined;
  #reconnection: NodeJS.Timeout | undefined;
  #sending: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor(source: PostgresSource, onWake: () => void) {
    this.#source = source;
    this.#received = new Throttle(onWake);
    this.#sent = new Throttle(() => {
      this.#send();
    });
    void this.#connect();
  }

  notify(): void {
    this.#sent.request();
  }

  /** Sends a notification that waits, and lets a sent one arrive. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#reconnection);
    this.#received.cancel();
    if (this.#sent.cancel()) this.#send();
    // A client that ends would abort its query.
    await settlesWithin(this.#sending, limits.storePingMs);
    await this.#client?.end().catch(() => undefined);
  }

  /** Other processes find the work by polling, so a failure is not reported. */
  async #connect(): Promise<void> {
    const { client: config, settings } = this.#source;
    const client = new SettledClient({ ...config, settings });
    client.on('error', () => undefined);
    client.once('end', () => {
      this.#reconnectLater();
    });
    try {
      await client.connect();
      if (this.#isClosed || client.perTransaction !== undefined) {
        this.#isClosed = true;
        await client.end();
        return;
      }
      await this.#listen(client);
    } catch {
      await client.end().catch(() => undefined);
      this.#reconnectLater();
    }
  }

  async #listen(client: SettledClient): Promise<void> {
    const { rows } = await client.query<{ schema: string }>('select current_schema() as schema');
    const { processID: own } = client as unknown as { readonly processID: number };
    client.on('notification', ({ payload, processId }) => {
      if (payload === rows[0]?.schema && processId !== own) this.#received.request();
    });
    await client.query('listen clair_work');
    this.#client = client;
    this.#pause.reset();
    // There may have been notifications before.
    this.#received.request();
  }

  #send(): void {
    const query = this.#client?.query(`select pg_notify('clair_work', current_schema())`);
    this.#sending = query?.catch(() => undefined) ?? Promise.resolve();
  }

  #reconnectLater(): void {
    this.#client = undefined;
    clearTimeout(this.#reconnection);
    if (this.#isClosed) return;
    this.#reconnection = setTimeout(() => {
      void this.#connect();
    }, this.#pause.next());
    this.#reconnection.unref();
  }
}

/** Runs an action at most once per `quietMs`. Requests in between are combined into one. */
class Throttle {
  readonly #action: () => void;
  #timer: NodeJS.Timeout | undefined;
  #isRequested = false;

  constructor(action: () => void) {
    this.#action = action;
  }

  request(): void {
    this.#isRequested = true;
    if (this.#timer === undefined) this.#run();
  }

  /** Returns whether a request was waiting. */
  cancel(): boolean {
    clearTimeout(this.#timer);
    return this.#isRequested;
  }

  #run(): void {
    this.#timer = undefined;
    if (!this.#isRequested) return;
    this.#isRequested = false;
    this.#timer = setTimeout(() => {
      this.#run();
    }, quietMs);
    this.#timer.unref();
    this.#action();
  }
}
