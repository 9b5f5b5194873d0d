import { limits } from '../../kit/limits.ts';
import type { Notification } from '../../store/store.ts';
import { backOffMs, backOffMsMax } from './back-off.ts';
import { endOfRest, type Receiver } from './receivers.ts';

/** How often a receiver has refused something, and until when it is not asked again. */
interface Refusal {
  readonly tries: number;
  readonly end: number;
}

const none: Refusal = { tries: 0, end: 0 };

/** Something on its way to all receivers: who has taken it, and how often who has refused it. Times are in milliseconds. */
export class Delivery {
  readonly #standings = new Map<Receiver, 'taken' | Refusal>();

  noteTaken(receiver: Receiver): void {
    this.#standings.set(receiver, 'taken');
  }

  /** After so many tries it is put off as long as can be. */
  noteRefused(receiver: Receiver, now: number, attempts: number): void {
    const tries = this.#refusalBy(receiver).tries + 1;
    const restMs = tries < attempts ? backOffMs(tries) : backOffMsMax;
    this.#standings.set(receiver, { tries, end: now + restMs });
  }

  /** Those that have not taken it. */
  missing(receivers: readonly Receiver[]): Receiver[] {
    return receivers.filter((receiver) => this.#standings.get(receiver) !== 'taken');
  }

  /** Whether a receiver that misses it may be told now. */
  isReady(receiver: Receiver, now: number): boolean {
    return Math.max(this.#refusalBy(receiver).end, receiver.backOff.endOfRest(now)) <= now;
  }

  /**
   * When the first of those that miss it may be told. Of all that waits for a receiver, what it has refused comes later, by a
   * millisecond for each time: it may be what the receiver cannot take. While all rest nothing else is told either, so that what
   * was refused need not wait for the end of that.
   */
  nextAt(receivers: readonly Receiver[], now: number): number {
    const isQuiet = endOfRest(receivers, now) > now;
    const times = this.missing(receivers).map((receiver) => {
      const { tries, end } = this.#refusalBy(receiver);
      return isQuiet && tries > 0 ? end : Math.max(end, receiver.backOff.endOfRest(now) + tries);
    });
    return Math.min(...times);
  }

  #refusalBy(receiver: Receiver): Refusal {
    const standing = this.#standings.get(receiver);
    return standing === undefined || standing === 'taken' ? none : standing;
  }
}

/** What is on its way, by its name. Of too many, those are forgotten that were seen longest ago: everybody is told them again. */
export class Deliveries {
  readonly #max: number;
  readonly #known = new Map<string, Pick<Notification, 'notifiedAt'> & { readonly delivery: Delivery }>();

  constructor(max: number = limits.rememberedDeliveries) {
    this.#max = max;
  }

  /** Begins anew with what all were told meanwhile, by whichever server. */
  of({ name, notifiedAt }: Pick<Notification, 'name' | 'notifiedAt'>): Delivery {
    const known = this.#known.get(name);
    const delivery = known?.notifiedAt === notifiedAt ? known.delivery : new Delivery();
    this.forget(name);
    this.#known.set(name, { notifiedAt, delivery });
    const [oldest] = this.#known.keys();
    if (oldest !== undefined && this.#known.size > this.#max) this.forget(oldest);
    return delivery;
  }

  forget(name: string): void {
    this.#known.delete(name);
  }
}
