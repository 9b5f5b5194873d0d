import type { AsOf } from './page.ts';

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
  /** Returns the number of the newest event; 0 if there never was one. */
  findLastNumber(): Promise<number>;
  /**
   * Returns for each fix when an update of its feed first brought it, in the order of the rows. Undefined if no event did, as for a fix of
   * the first load of a feed.
   */
  findFixTimes(rows: readonly FixRow[], at?: AsOf): Promise<readonly (string | undefined)[]>;
}
