import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';

/** A host that could not be reached. Times are in milliseconds. */
interface DownHost {
  readonly at: number;
  /** How long the client waited for it. */
  readonly waitedMs: number;
  /** Error message of the failure. */
  readonly message: string;
}

/**
 * Tracks which feed hosts are reachable. An unreachable host is not tried again for `hostDownMs`, whatever feeds it
 * has. When several hosts are unreachable and none is reachable, there is no network, and no host is tried for that
 * time. A single unreachable host does not affect the others.
 */
export class Reachability {
  readonly #now: () => number;
  readonly #down = new Map<string, DownHost>();
  #isOnline = false;

  /** `now` is a monotonic clock in milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Throws `feed-not-tried` for a host that is known to be unreachable. */
  assertReachable(host: string): void {
    for (const [name, { at }] of this.#down)
      if (this.#now() - at >= limits.hostDownMs) this.#down.delete(name);
    const down = this.#down.get(host);
    if (down !== undefined) throw new ClairError('feed-not-tried', `${down.message}; it was not tried again`);
    if (!this.#isOffline()) return;
    const hosts = [...this.#down.keys()];
    throw new ClairError(
      'feed-not-tried',
      `not tried, as there is no network: none of ${hosts.join(', ')} can be reached`,
    );
  }

  /** Records that a host answered, with any status. */
  recordSuccess(host: string): void {
    this.#down.delete(host);
    this.#isOnline = true;
  }

  /** Records that a host is unreachable. `since` is the time at which the attempt began. */
  recordFailure(host: string, since: number, message: string): void {
    const at = this.#now();
    this.#down.set(host, { at, waitedMs: at - since, message });
  }

  /** Returns the current time of the clock. */
  now(): number {
    return this.#now();
  }

  #isOffline(): boolean {
    if (this.#isOnline) return false;
    const waitedMs = [...this.#down.values()].reduce((sum, { waitedMs }) => sum + waitedMs, 0);
    return this.#down.size >= limits.offlineHosts || (this.#down.size >= 2 && waitedMs >= limits.offlineMs);
  }
}
