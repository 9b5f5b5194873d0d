import type { DateEvidence } from '../model/content-date.ts';

/** State of a feed after its last application or attempt. Times are ISO 8601, read back in UTC with milliseconds. */
export interface FeedState {
  readonly source: string;
  readonly feed: string;
  readonly sourceVersion: number;
  /** `upstream`, or the address of a mirror. */
  readonly origin: string;
  /** `absent`: the vendor or the mirror has no such file. `failed`: the feed was never loaded and the last attempt failed. */
  readonly presence: 'loaded' | 'absent' | 'failed';
  readonly fingerprint: string;
  /** Time at which the stored content was fetched. */
  readonly fetchedAt: string;
  /** Time at which the content was last confirmed as current. */
  readonly checkedAt: string;
  /** The newest `modified` of its records, else `Last-Modified` of the file, else null. */
  readonly newestAdvisory: string | null;
  /** Date of the content by the strongest evidence; null if nothing dates it. */
  readonly contentDate: string | null;
  readonly contentEvidence: DateEvidence | null;
  /** Version of the model that computed the content, such as that of EPSS. Absent if the feed states none. */
  readonly contentModel?: string;
  /** Number of current records, without those of retained namespaces. */
  readonly records: number;
  /** Records that could not be parsed. An earlier form of such a record stays current. */
  readonly skipped: { readonly count: number; readonly sample: readonly SkippedSample[] };
  /** Namespaces that the feed no longer covers. Their last records stay current. */
  readonly kept: readonly string[];
  /** The last attempt to update the feed, if it failed. */
  readonly lastFailure: FeedFailure | null;
}

/** The state of a feed of the store, or of a published database. */
export interface ScopedFeedState extends FeedState {
  /**
   * The namespaces whose advisories or ratings a published database has, with this state. Empty for a list that rates all vulnerabilities.
   * Absent for a feed of the store.
   */
  readonly namespaces?: readonly string[];
  /** Why the content counts as stale whatever its age. Only of a published database. */
  readonly staleReason?: string;
}

/** Returns the states of feeds that count for a namespace. A published database counts instead of the same sources of the store. */
export function statesFor(namespace: string, states: readonly ScopedFeedState[]): readonly ScopedFeedState[] {
  const published = states.filter(({ namespaces }) => namespaces?.includes(namespace));
  const sources = new Set(published.map(({ source }) => source));
  const own = states.filter(({ namespaces, source }) => namespaces === undefined && !sources.has(source));
  return published.length === 0 ? own : [...published, ...own];
}

/** A failed update of a feed. */
export interface FeedFailure {
  readonly at: string;
  readonly message: string;
}

/** The state of one source of advisories or ratings. */
export interface SourceSummary {
  readonly source: string;
  /** `failed`: the last update of a feed of it failed, or it was never loaded. `stale`: its content is too old, or was not checked recently. */
  readonly state: 'current' | 'stale' | 'failed';
  /** For people: why it is stale. Null otherwise. */
  readonly reason: string | null;
  /** Number of its feeds, without those that the vendor does not publish. */
  readonly feeds: number;
  /** Date of its latest content, ISO 8601. Null if nothing dates it. */
  readonly contentDate: string | null;
  /** When the oldest content was fetched, ISO 8601. Null if none is loaded. */
  readonly fetchedAt: string | null;
  /** When all feeds were last confirmed as current, ISO 8601. Null if none is loaded. */
  readonly checkedAt: string | null;
  /** The newest failed update of a feed that was not updated since. Null without one. */
  readonly lastFailure: FeedFailure | null;
}

/** A record that could not be parsed, and why. */
export interface SkippedSample {
  readonly key: string;
  readonly reason: string;
}

/** Maximum number of skipped records of a feed that are listed by key. */
export const skippedSampleMax = 100;

/** Number of records that one application of a feed changed. */
export interface FeedChangeCounts {
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
  readonly unchanged: number;
  /** Records whose rows of a vanished namespace stay current. */
  readonly kept: number;
  /** Records that could not be parsed. */
  readonly skipped: number;
}

/** The identifying fields of a feed. */
export type FeedName = Pick<FeedState, 'source' | 'feed'>;

/** Whether two names are of the same feed. */
export function isSameFeed(a: FeedName, b: FeedName): boolean {
  return a.source === b.source && a.feed === b.feed;
}

/** A feed with everything else that its content depends on. */
export type FeedIdentity = FeedName & Pick<FeedState, 'sourceVersion' | 'origin'>;

/** A feed that was found current or absent. */
export interface CheckedFeed
  extends FeedIdentity,
    Pick<FeedState, 'fingerprint' | 'fetchedAt' | 'checkedAt'> {
  readonly presence: 'loaded' | 'absent';
}
