import { limits } from '../../kit/limits.ts';
import type { Notification } from '../../store/store.ts';
import { backOffMs } from './back-off.ts';
import { endOfRest, type Receiver } from './receivers.ts';

/** How long a receiver is not asked for something that it refuses while it takes other things. */
const putOffMs = 15 * 60_000;

/** How often a receiver has refused something, and until when it is not asked again. */
interface Refusal {
  readonly tries: number;
  /** Of these, right after it had taken something else: the refusal is about this, not about the receiver. */
  readonly strikes: number;
  readonly end: number;
}

const none: Refusal = { tries: 0, strikes: 0, end: 0 };

/** Something on its way to all receivers: who has taken it, and how often who has refused it. Times are in milliseconds. */
export class Delivery {
  readonly #standings = new Map<Receiver, 'taken' | Refusal>();

  noteTaken(receiver: Receiver): void {
    this.#standings.set(receiver, 'taken');
  }

  /**
   * The receiver rests, too; beyond `attempts` refusals of this no longer than before, so that one thing does not keep others from it.
   * After `attempts` refusals by a receiver that takes other things, this is put off for long.
   */
  noteRefused(receiver: Receiver, now: number, attempts: number): void {
    const before = this.#refusalBy(receiver);
    const tries = before.tries + 1;
    const strikes = before.strikes + Number(receiver.backOff.isUp);
    const restMs = strikes < attempts ? backOffMs(tries) : putOffMs;
    this.#standings.set(receiver, { tries, strikes, end: now + restMs });
    if (tries <= attempts) receiver.backOff.noteFailure(now);
    else receiver.backOff.noteRepeated(now);
  }

  /** Lets a receiver that takes things again be asked at once. False where it has not refused this, or where this is put off for long. */
  noteRecovery(receiver: Receiver, now: number, attempts: number): boolean {
    const { tries, strikes } = this.#refusalBy(receiver);
    if (tries === 0 || strikes >= attempts) return false;
    this.#standings.set(receiver, { tries: strikes, strikes, end: now });
    return true;
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

  /** The names of those that a receiver refused while it was down, and may be asked for now that it is back. */
  recovered(receiver: Receiver, now: number, attempts: number): string[] {
    return [...this.#known]
      .filter(([, { delivery }]) => delivery.noteRecovery(receiver, now, attempts))
      .map(([name]) => name);
  }

  /** Whether something is on its way that all were last told when this says. */
  has({ name, notifiedAt }: Pick<Notification, 'name' | 'notifiedAt'>): boolean {
    return this.#known.get(name)?.notifiedAt === notifiedAt;
  }

  forget(name: string): void {
    this.#known.delete(name);
  }
}
