import { limits } from '../../core/limits.ts';
import type { Notification } from '../../store/store.ts';
import { backoffMs } from './backoff.ts';
import { earliestRetryAt, type Receiver } from './receivers.ts';

/** How long a receiver is not asked for something that it refuses while it takes other things. */
const rejectedRetryMs = 15 * 60_000;

/** How often a receiver has refused something, and until when it is not asked again. */
interface FailureState {
  readonly failures: number;
  /** Of these, right after it had taken something else: the refusal is about this, not about the receiver. */
  readonly failuresWhileUp: number;
  readonly retryAt: number;
}

const noFailures: FailureState = { failures: 0, failuresWhileUp: 0, retryAt: 0 };

/** Something on its way to all receivers: who has taken it, and how often who has refused it. Times are in milliseconds. */
export class DeliveryState {
  readonly #states = new Map<Receiver, 'taken' | FailureState>();

  recordDelivered(receiver: Receiver): void {
    this.#states.set(receiver, 'taken');
  }

  /**
   * The receiver rests, too; beyond `attempts` refusals of this no longer than before, so that one thing does not keep others from it.
   * After `attempts` refusals by a receiver that takes other things, this is put off for long.
   */
  recordFailure(receiver: Receiver, now: number, attempts: number): void {
    const previous = this.#failuresOf(receiver);
    const failures = previous.failures + 1;
    const failuresWhileUp = previous.failuresWhileUp + Number(receiver.backoff.isUp);
    const waitMs = failuresWhileUp < attempts ? backoffMs(failures) : rejectedRetryMs;
    this.#states.set(receiver, { failures, failuresWhileUp, retryAt: now + waitMs });
    if (failures <= attempts) receiver.backoff.recordFailure(now);
    else receiver.backoff.recordRepeatedFailure(now);
  }

  /** Lets a receiver that takes things again be asked at once. False where it has not refused this, or where this is put off for long. */
  recordRecovery(receiver: Receiver, now: number, attempts: number): boolean {
    const { failures, failuresWhileUp } = this.#failuresOf(receiver);
    if (failures === 0 || failuresWhileUp >= attempts) return false;
    this.#states.set(receiver, { failures: failuresWhileUp, failuresWhileUp, retryAt: now });
    return true;
  }

  /** Those that have not taken it. */
  pending(receivers: readonly Receiver[]): Receiver[] {
    return receivers.filter((receiver) => this.#states.get(receiver) !== 'taken');
  }

  /** Whether a receiver that misses it may be told now. */
  isReady(receiver: Receiver, now: number): boolean {
    return Math.max(this.#failuresOf(receiver).retryAt, receiver.backoff.retryAt(now)) <= now;
  }

  /**
   * When the first of those that miss it may be told. Of all that waits for a receiver, what it has refused comes later, by a
   * millisecond for each time: it may be what the receiver cannot take. While all rest nothing else is told either, so that what
   * was refused need not wait for the end of that.
   */
  nextAttemptAt(receivers: readonly Receiver[], now: number): number {
    const isEveryoneBackingOff = earliestRetryAt(receivers, now) > now;
    const times = this.pending(receivers).map((receiver) => {
      const { failures, retryAt } = this.#failuresOf(receiver);
      return isEveryoneBackingOff && failures > 0
        ? retryAt
        : Math.max(retryAt, receiver.backoff.retryAt(now) + failures);
    });
    return Math.min(...times);
  }

  #failuresOf(receiver: Receiver): FailureState {
    const state = this.#states.get(receiver);
    return state === undefined || state === 'taken' ? noFailures : state;
  }
}

/** What is on its way, by its name. Of too many, those are forgotten that were seen longest ago: everybody is told them again. */
export class DeliveryStateCache {
  readonly #max: number;
  readonly #states = new Map<
    string,
    Pick<Notification, 'notifiedAt'> & { readonly delivery: DeliveryState }
  >();

  constructor(max: number = limits.rememberedDeliveries) {
    this.#max = max;
  }

  /** Begins anew with what all were told meanwhile, by whichever server. */
  stateOf({ name, notifiedAt }: Pick<Notification, 'name' | 'notifiedAt'>): DeliveryState {
    const cached = this.#states.get(name);
    const delivery = cached?.notifiedAt === notifiedAt ? cached.delivery : new DeliveryState();
    this.forget(name);
    this.#states.set(name, { notifiedAt, delivery });
    const [oldest] = this.#states.keys();
    if (oldest !== undefined && this.#states.size > this.#max) this.forget(oldest);
    return delivery;
  }

  /** The names of those that a receiver refused while it was down, and may be asked for now that it is back. */
  recordRecovery(receiver: Receiver, now: number, attempts: number): string[] {
    return [...this.#states]
      .filter(([, { delivery }]) => delivery.recordRecovery(receiver, now, attempts))
      .map(([name]) => name);
  }

  /** Whether something is on its way that all were last told when this says. */
  has({ name, notifiedAt }: Pick<Notification, 'name' | 'notifiedAt'>): boolean {
    return this.#states.get(name)?.notifiedAt === notifiedAt;
  }

  forget(name: string): void {
    this.#states.delete(name);
  }
}
