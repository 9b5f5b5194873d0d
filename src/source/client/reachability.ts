import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';

/** A host that could not be reached. Times are in milliseconds. */
interface DownHost {
  readonly at: number;
  /** How long it was waited for. */
  readonly waitedMs: number;
  /** The message of the failure. */
  readonly message: string;
}

/**
 * Which hosts of feeds can be reached. A host that could not is not tried again for `hostDownMs`, whatever feeds it has. When several
 * hosts cannot be reached and none can, there is no network, and no host is tried for that long. A single dead host stops nothing else.
 */
export class Reachability {
  readonly #now: () => number;
  readonly #down = new Map<string, DownHost>();
  #isOnline = false;

  /** The clock counts milliseconds and never goes back. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Throws `feed-not-tried` for a host that need not be tried now. */
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

  /** Notes that a host has answered, whatever it said. */
  recordSuccess(host: string): void {
    this.#down.delete(host);
    this.#isOnline = true;
  }

  /** Notes that a host could not be reached, since a time of the clock. */
  recordFailure(host: string, since: number, message: string): void {
    const at = this.#now();
    this.#down.set(host, { at, waitedMs: at - since, message });
  }

  /** The time by the clock of failures. */
  now(): number {
    return this.#now();
  }

  #isOffline(): boolean {
    if (this.#isOnline) return false;
    const waitedMs = [...this.#down.values()].reduce((sum, { waitedMs }) => sum + waitedMs, 0);
    return this.#down.size >= limits.offlineHosts || (this.#down.size >= 2 && waitedMs >= limits.offlineMs);
  }
}
