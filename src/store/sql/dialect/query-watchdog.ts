import { setImmediate } from 'node:timers/promises';
import { limits } from '../../../core/limits.ts';
import { monotonicMs } from '../../../kit/async/retry.ts';

/**
 * Watches running queries. If a server answers none of them for a while, a probe connects to it. A server that does not answer the
 * probe either has stalled: it, or the network, hangs without closing connections.
 */
export class QueryWatchdog<Client extends object> {
  readonly #probe: () => Promise<void>;
  readonly #onUnresponsive: (error: unknown, clients: readonly Client[]) => void;
  /** Start time of the query of each client. */
  readonly #running = new Map<Client, number>();
  #lastAnswer = 0;
  #isArmed = false;

  constructor(
    probe: () => Promise<void>,
    onUnresponsive: (error: unknown, clients: readonly Client[]) => void,
  ) {
    this.#probe = probe;
    this.#onUnresponsive = onUnresponsive;
  }

  /** Runs the query of a client. */
  async run<T>(client: Client, query: () => Promise<T>): Promise<T> {
    this.#running.set(client, monotonicMs());
    this.#arm();
    try {
      const answer = await query();
      this.#lastAnswer = monotonicMs();
      return answer;
    } finally {
      this.#running.delete(client);
    }
  }

  #arm(): void {
    if (this.#isArmed) return;
    this.#isArmed = true;
    setTimeout(() => {
      void this.#check();
    }, limits.storeSilentMs).unref();
  }

  async #check(): Promise<void> {
    if (this.#isUnresponsive()) await this.#probeServer();
    this.#isArmed = false;
    if (this.#running.size > 0) this.#arm();
  }

  #isUnresponsive(): boolean {
    const oldest = Math.min(...this.#running.values());
    return monotonicMs() - Math.max(oldest, this.#lastAnswer) >= limits.storeSilentMs;
  }

  async #probeServer(): Promise<void> {
    try {
      await this.#probe();
    } catch (error) {
      // First reads responses that arrived while this thread was busy.
      await setImmediate();
      if (this.#running.size > 0 && this.#isUnresponsive())
        this.#onUnresponsive(error, [...this.#running.keys()]);
    }
  }
}
