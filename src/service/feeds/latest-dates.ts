import { isPlausibleDate } from '../../model/content-date.ts';
import type { FeedDate } from '../../plugin/advisory-source.ts';

/** The latest date of each kind that a feed states. Ignores implausible dates. */
export class LatestDates implements Iterable<FeedDate> {
  readonly #now: number;
  readonly #latest = new Map<FeedDate['by'], { readonly time: number; readonly date: FeedDate }>();

  constructor(now: Date) {
    this.#now = now.getTime();
  }

  note(date: FeedDate): void {
    const time = Date.parse(date.dated);
    if (isPlausibleDate(time, this.#now) && time > (this.#latest.get(date.by)?.time ?? 0))
      this.#latest.set(date.by, { time, date });
  }

  *[Symbol.iterator](): Iterator<FeedDate> {
    for (const { date } of this.#latest.values()) yield date;
  }
}
