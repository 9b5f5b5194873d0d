/** What changed in the meaning of a record. */
export type ChangedAspect = 'aliases' | 'packages' | 'severity' | 'fix' | 'range';

/** Something that became known about a vulnerability after its feed was first loaded. */
export interface AdvisoryEvent {
  /** Rises from event to event: who remembers the last one seen misses none. */
  readonly number: number;
  readonly at: string;
  readonly source: string;
  readonly feed: string;
  /** The key of the record in its feed, and the id of the vulnerability. */
  readonly key: string;
  readonly id: string;
  readonly kind: 'new' | 'changed' | 'withdrawn';
  /** What is otherwise in a changed record. */
  readonly changed: readonly ChangedAspect[];
  /** Numbers of the record before and after, for `read`; null where there is none. */
  readonly old: number | null;
  readonly new: number | null;
}

/** The log of what updates changed. */
export interface EventStore {
  /** Events behind a number, the oldest first; those of the first load of a feed are not among them. */
  findAfter(number: number, limit: number): Promise<readonly AdvisoryEvent[]>;
  /** The number of the newest event, 0 when there never was one. */
  findLastNumber(): Promise<number>;
}
