import type { Vulnerability } from '../model/vulnerability.ts';

/** One file of a vendor, being read. */
export interface FetchedFeed {
  /** Where it came from. */
  readonly url: string;
  /** The bytes, already free of transport compression; to be read once. */
  readonly body: AsyncIterable<Uint8Array>;
  /** What the next fetch passes as `known` to learn that nothing changed. */
  readonly fingerprint: string;
  /** `Last-Modified` of the file, ISO 8601, where the server or mirror tells it. */
  readonly lastModified?: string;
  /** When the file was last changed in the directory of a mirror, ISO 8601; its content is at least as old. */
  readonly fileModified?: string;
  /** `changes`: only what is new since `known`; records it does not name stay. Absent: the whole feed. */
  readonly extent?: 'changes';
}

/** A record that could not be understood. It is counted and listed, and costs nothing to the others. */
export interface SkippedRecord {
  /** The key of the record. */
  readonly key: string;
  /** Why it could not be understood. */
  readonly skipped: string;
}

/** A record that a feed of changes says is gone. */
export interface WithdrawnRecord {
  /** The key of the record. */
  readonly key: string;
  /** Always `true`. */
  readonly withdrawn: true;
}

/** What reading a feed yields. */
export type FeedRecord = Vulnerability | SkippedRecord | WithdrawnRecord;

/**
 * The date of the content as a whole, as the feed states it: of its newest record where records have no `modified` of their own,
 * or of when the feed was written.
 */
export interface FeedDate {
  /** ISO 8601. Dates that are invalid or lie in the future are ignored. */
  readonly dated: string;
  readonly by: 'record' | 'feed';
}

/** Takes the dates that a feed states, before its last record. The latest of each kind counts. */
export type OnFeedDate = (date: FeedDate) => void;

/** What comes of asking for a file: `unchanged` when it still has the known fingerprint, `absent` when there is no such file. */
export type FetchResult = FetchedFeed | 'unchanged' | 'absent';

/** Fetches files by their upstream URL, from the upstream itself or from a mirror. Failures are typed errors. */
export interface FeedClient {
  /** Asks for a file; one that still has the known fingerprint is not fetched. */
  get(url: string, lastFingerprint?: string): Promise<FetchResult>;
}

/**
 * Where advisories come from. A source publishes feeds; one feed is one file upstream and is applied as a whole.
 * `fetch` does the I/O, `parse` is pure.
 */
export interface AdvisorySource {
  readonly name: string;
  /** Raised whenever the same bytes may give other vulnerabilities: feeds are then applied again. */
  readonly version: number;
  /** Name of a better source that this one stands in for where nothing of that is to be had. */
  readonly fallbackFor?: string;
  /** Every feed the source knows of: `v3.19/main`. */
  readonly feeds: readonly string[];
  /** The feeds that speak of a namespace, none when the source does not know it. */
  feedsFor(namespace: string): readonly string[];
  /** Opens the file of a feed, or says that it is as `known` or that there is none. */
  fetch(feed: string, client: FeedClient, lastFingerprint?: string): Promise<FetchResult>;
  /**
   * The records of a feed, one by one. `only` of a row (`Conditions`) is asked of rpm packages alone: of others, a row speaks of all that have
   * its name and a version in its range. Throws a `feed-corrupt` error that names the feed and the position when the
   * content is not what it claims to be.
   */
  parse(feed: string, content: FetchedFeed, onDate?: OnFeedDate): AsyncIterable<FeedRecord>;
}
