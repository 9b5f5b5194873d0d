import type { Severity } from '../model/severity.ts';
import type { FeedName } from './feed-state.ts';
import type { AsOf, PageRequest } from './page.ts';

/** An aspect of a record whose change matters. */
export type ChangedAspect = 'aliases' | 'packages' | 'severity' | 'fix' | 'range';

/** A change of a vulnerability after its feed was first loaded. */
export interface AdvisoryEvent {
  /** Rises from event to event, so a reader that remembers its last number misses none. */
  readonly number: number;
  readonly at: string;
  readonly source: string;
  readonly feed: string;
  /** Key of the record in its feed, and id of the vulnerability. */
  readonly key: string;
  readonly id: string;
  readonly kind: 'new' | 'changed' | 'withdrawn';
  /** The aspects of a changed record that differ. */
  readonly changed: readonly ChangedAspect[];
  /** Numbers of the record before and after, for `findByNumbers`; null if there is no such record. */
  readonly old: number | null;
  readonly new: number | null;
}

/** Which events are listed. */
export interface EventFilter {
  readonly kind?: AdvisoryEvent['kind'] | undefined;
  /** Id of a vulnerability, in any capitalization. */
  readonly id?: string | undefined;
  /** The first number that is not listed any more. */
  readonly before?: number | undefined;
  /** A day in UTC: `2026-01-31`. */
  readonly day?: string | undefined;
  /** Those of vulnerabilities that the fleet lists with this severity. Null: of those that no image is known to have. */
  readonly rating?: Severity | null | undefined;
}

/** An event with the severities of the record before and after it. Null if there is no such record. */
export interface ListedEvent extends AdvisoryEvent {
  readonly severityBefore: Severity | null;
  readonly severityAfter: Severity | null;
}

/** A page of events, the newest first. `next` is the `after` of the next request; absent on the last page. */
export interface EventPage {
  readonly events: readonly ListedEvent[];
  readonly next?: number | undefined;
}

/** The numbers of events of a feed on a day in UTC: `2026-01-31`. */
export interface DayOfEvents extends FeedName {
  readonly day: string;
  readonly new: number;
  readonly changed: number;
  readonly withdrawn: number;
}

/** The numbers of events by feed and day. */
export interface EventDays {
  /** The first day on which all events are counted. Null if the log has no event. */
  readonly since: string | null;
  /** The oldest first. A day without events is absent. */
  readonly days: readonly DayOfEvents[];
}

/** A number of events of the same kind, whose vulnerabilities the fleet lists with the same severity. */
export interface RatedEvents {
  readonly kind: AdvisoryEvent['kind'];
  /** Null if no image is known to have them. */
  readonly rating: Severity | null;
  readonly events: number;
}

/** The numbers of the events of a day in UTC. */
export interface DayOfRatedEvents {
  /** Such as `2026-01-31`. */
  readonly day: string;
  /** Whether all events of the day are counted. */
  readonly isComplete: boolean;
  /** By kind, the worst severity first. */
  readonly counts: readonly RatedEvents[];
}

/** The history of a record of a feed, as far as the database has it. */
export interface RecordHistory extends FeedName {
  readonly key: string;
  /** Since when the database has the record, ISO 8601. */
  readonly since: string;
  /** Its events, the newest first. */
  readonly events: readonly AdvisoryEvent[];
}

/** A fix that an advisory names for a package of a namespace. */
export interface FixRow {
  readonly source: string;
  /** Id of the advisory. */
  readonly id: string;
  readonly namespace: string;
  /** The package name in the advisory. */
  readonly package: string;
  /** The fixed version. */
  readonly version: string;
}

/** Log of the changes that updates made. */
export interface EventStore {
  /** Returns the events after a number, the oldest first. The first load of a feed makes no events. */
  findAfter(number: number, limit: number): Promise<readonly AdvisoryEvent[]>;
  /**
   * Returns events by falling number. Reads at most `limits.listedEvents` of them for one page: with a filter by kind, a page may have few
   * events, or none, and a next page nevertheless.
   */
  pageNewest(filter: EventFilter, page: PageRequest<number>): Promise<EventPage>;
  /** Returns events by their numbers, the newest first. Those that were deleted are absent. */
  findListed(numbers: readonly number[]): Promise<readonly ListedEvent[]>;
  /** Counts the events since a day in UTC, at most the newest `limits.countedEvents`. */
  findDays(since: string): Promise<EventDays>;
  /**
   * Counts the events of a day by kind and severity, at most the newest `limits.eventsOfDay`; without a day, those of the newest day that has
   * any. Undefined if the log has none.
   */
  countRated(day?: string): Promise<DayOfRatedEvents | undefined>;
  /** Returns the histories of the records with these ids. Reads at most 2,000 forms of them. */
  findHistories(ids: readonly string[]): Promise<readonly RecordHistory[]>;
  /** Returns the number of the newest event; 0 if there never was one. */
  findLastNumber(): Promise<number>;
  /**
   * Returns for each fix when an update of its feed first brought it, in the order of the rows. Undefined if no event did, as for a fix of
   * the first load of a feed.
   */
  findFixTimes(rows: readonly FixRow[], at?: AsOf): Promise<readonly (string | undefined)[]>;
}
