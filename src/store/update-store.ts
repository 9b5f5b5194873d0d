import type { FeedName, FeedState } from './feed-state.ts';

/** The content of a feed as it was applied once, within the retained history. */
export interface AppliedUpdate extends FeedName, Pick<FeedState, 'fingerprint'> {
  /** ISO 8601. The records of this update are those that were current at this time. */
  readonly appliedAt: string;
  /** Whether it is the current content of the feed. */
  readonly isCurrent: boolean;
}

/** Current content of a feed. */
export interface FeedContent extends FeedName {
  /** When an update was last applied, ISO 8601. Null if none ever was. */
  readonly appliedAt: string | null;
  /** The namespaces that its records cover, sorted, without those that it no longer covers. */
  readonly namespaces: readonly string[];
}

/** Two times of one feed. `from` is null for the time before its first update. */
export interface UpdatePeriod extends FeedName {
  readonly from: string | null;
  readonly to: string;
}

/** The numbers of the records that are current at one end of a period only, rising. */
export interface RecordChanges {
  readonly added: readonly number[];
  readonly removed: readonly number[];
}

/** The updates that were applied. Those of published databases are not among them. */
export interface UpdateStore {
  /** Returns the newest updates of each feed, at most `perFeed` of it. The newest of all is the first. */
  findApplied(perFeed: number): Promise<readonly AppliedUpdate[]>;
  /** Returns what the store has of each feed. */
  findContents(): Promise<readonly FeedContent[]>;
  /** Returns the records that a period changed, at most `limit` added and as many removed ones. Retained parts of records do not count. */
  findChanges(period: UpdatePeriod, limit: number): Promise<RecordChanges>;
  /**
   * Deletes the state of a feed after an update that another one has replaced. Its records stay. Reports as of that time then do not know the
   * feed. Returns false if there is no such update, or if it is the current one.
   */
  removeReplaced(update: Pick<AppliedUpdate, 'source' | 'feed' | 'appliedAt'>): Promise<boolean>;
}
