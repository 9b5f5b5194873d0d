import type { FeedState } from './feed-state.ts';

/** Retention times of unused data. */
export interface RetentionTerms {
  /** Records that are no longer current. Sets how far back `asOf` reaches. */
  readonly keepHistoryMs: number;
  /** Events, and the records that they refer to. */
  readonly keepEventsMs: number;
  /** Layers, and images without a name, since their last use. */
  readonly keepLayersUnusedMs: number;
  /** Images with a tag, since a scan last saw them. Without it, they expire as other images do. */
  readonly keepTaggedMs?: number;
  /** Images that have lost all of their tags. Without it, they expire as other images do. */
  readonly untagged?: UntaggedTerms;
}

/** Retention of images that have lost all of their tags. */
export interface UntaggedTerms {
  /** Since the loss of the last tag. */
  readonly keepMs: number;
  /** Number of the newest images of each repository that stay nevertheless. */
  readonly keepLast: number;
}

/** Numbers of deleted rows. */
export interface CollectedCounts {
  readonly events: number;
  readonly vulnerabilities: number;
  readonly images: number;
  readonly layers: number;
  readonly locks: number;
}

/** Content of the store in numbers. */
export interface StoreStatistics {
  readonly bytes: number;
  readonly rows: Readonly<Record<string, number>>;
  /** Freshness of each feed. */
  readonly feeds: readonly FeedState[];
}
