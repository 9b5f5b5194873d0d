import { limits } from '../../core/limits.ts';
import type { Transport } from '../../plugin/transport.ts';
import type { Notification, TransportStart } from '../../store/notification-store.ts';
import { Backoff, backoffMs } from './backoff.ts';

/** Pause after repeated rejections by a receiver that accepts other notifications, in milliseconds. */
const rejectedRetryMs = 15 * 60_000;

/** Failures of one receiver with one notification, and the time of the next attempt. */
interface FailureState {
  readonly failures: number;
  /** Failures right after the receiver had accepted something else. They are due to the notification, not to the receiver. */
  readonly failuresWhileUp: number;
  readonly retryAt: number;
}

const noFailures: FailureState = { failures: 0, failuresWhileUp: 0, retryAt: 0 };

/** Delivery of one notification: which receivers have accepted it, and how often others have failed. Times are in milliseconds. */
export class DeliveryState {
  readonly #states = new Map<Receiver, 'taken' | FailureState>();

  recordDelivered(receiver: Receiver): void {
    this.#states.set(receiver, 'taken');
  }

  /**
   * Records a failure, and makes the receiver back off. Beyond `attempts` failures its backoff stops growing, so that one notification does
   * not hold up others. After `attempts` rejections by a receiver that accepts others, the notification gets a long pause.
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

  /** Makes the notification ready for a receiver that has recovered. Returns false if it has not failed there, or is in a long pause. */
  recordRecovery(receiver: Receiver, now: number, attempts: number): boolean {
    const { failures, failuresWhileUp } = this.#failuresOf(receiver);
    if (failures === 0 || failuresWhileUp >= attempts) return false;
    this.#states.set(receiver, { failures: failuresWhileUp, failuresWhileUp, retryAt: now });
    return true;
  }

  /** Returns the receivers that have not accepted it. */
  pending(receivers: readonly Receiver[]): Receiver[] {
    return receivers.filter((receiver) => this.#states.get(receiver) !== 'taken');
  }

  /** Whether a receiver that misses it can be tried now. */
  isReady(receiver: Receiver, now: number): boolean {
    return Math.max(this.#failuresOf(receiver).retryAt, receiver.backoff.retryAt(now)) <= now;
  }

  /**
   * Returns the time at which the first receiver that misses it can be tried. A failed notification goes behind others for the same
   * receiver, by one millisecond for each failure: the receiver may be unable to accept it. While all receivers back off nothing else is
   * delivered, so it does not wait for the end of the backoff.
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

/** Deliveries in progress, by notification name. Beyond `max`, forgets those used longest ago; they go to all receivers again. */
export class DeliveryStateCache {
  readonly #max: number;
  readonly #states = new Map<
    string,
    Pick<Notification, 'notifiedAt'> & { readonly delivery: DeliveryState }
  >();

  constructor(max: number = limits.rememberedDeliveries) {
    this.#max = max;
  }

  /** Returns the state of a delivery. Starts over if any server has delivered the notification to all receivers meanwhile. */
  stateOf({ name, notifiedAt }: Pick<Notification, 'name' | 'notifiedAt'>): DeliveryState {
    const cached = this.#states.get(name);
    const delivery = cached?.notifiedAt === notifiedAt ? cached.delivery : new DeliveryState();
    this.forget(name);
    this.#states.set(name, { notifiedAt, delivery });
    const [oldest] = this.#states.keys();
    if (oldest !== undefined && this.#states.size > this.#max) this.forget(oldest);
    return delivery;
  }

  /** Returns the names of notifications that a receiver rejected while it was down, and that can be retried now. */
  recordRecovery(receiver: Receiver, now: number, attempts: number): string[] {
    return [...this.#states]
      .filter(([, { delivery }]) => delivery.recordRecovery(receiver, now, attempts))
      .map(([name]) => name);
  }

  /** Whether a delivery is in progress that began after the last complete one at `notifiedAt`. */
  has({ name, notifiedAt }: Pick<Notification, 'name' | 'notifiedAt'>): boolean {
    return this.#states.get(name)?.notifiedAt === notifiedAt;
  }

  forget(name: string): void {
    this.#states.delete(name);
  }
}

/** A message in a queue. Only a notification of one change has an event. */
export type QueuedDelivery = Pick<Notification, 'name' | 'createdAt' | 'notifiedAt' | 'dueAt'> &
  Partial<Pick<Notification, 'event' | 'resentAt'>>;

/** Whether a message is from before the transport was first seen. It gets such a message only if a client asked for it. */
export function isBeforeStart(
  { event, createdAt, resentAt }: Pick<QueuedDelivery, 'event' | 'createdAt' | 'resentAt'>,
  start: TransportStart | undefined,
): boolean {
  if (start === undefined || start.afterEvent === 0 || typeof resentAt === 'string') return false;
  return event === undefined ? createdAt < start.seenAt : event <= start.afterEvent;
}

/** A transport with a backoff of its own. */
export interface Receiver {
  readonly transport: Transport;
  readonly backoff: Backoff;
}

/** Returns the receivers in order of delivery, without a backoff. */
export function receiversOf(transports: readonly Transport[]): Receiver[] {
  return transports.map((transport) => ({ transport, backoff: new Backoff() }));
}

/** Returns the time at which the first receiver can be tried: `now` unless all back off. */
export function earliestRetryAt(receivers: readonly Receiver[], now: number): number {
  return Math.min(...receivers.map(({ backoff }) => backoff.retryAt(now)));
}
