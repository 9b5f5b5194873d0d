import type { Vulnerability } from '../model/vulnerability.ts';

/** A file of an upstream feed, opened for reading. */
export interface FetchedFeed {
  /** The upstream URL of the file. */
  readonly url: string;
  /** The content, after decoding of any `Content-Encoding`. It can be read once. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Identifies this content. The next fetch passes it as `lastFingerprint` to detect that nothing changed. */
  readonly fingerprint: string;
  /** `Last-Modified` of the file, ISO 8601. Absent if the server or mirror does not send it. */
  readonly lastModified?: string;
  /** Modification time of the file in the directory of a mirror, ISO 8601. The content is at least as old. */
  readonly fileModified?: string;
  /** `changes`: the file holds only the changes since `lastFingerprint`, and all other records stay. Absent: the whole feed. */
  readonly extent?: 'changes';
}

/** A vulnerability that a feed publishes. */
export interface VulnerabilityRecord extends Vulnerability {
  /** Always `vulnerability`. */
  readonly kind: 'vulnerability';
}

/** A record that the source could not parse. Clair counts and lists it; the other records are unaffected. */
export interface SkippedRecord {
  /** Always `skipped`. */
  readonly kind: 'skipped';
  /** The key of the record. */
  readonly key: string;
  /** Why the source could not parse it. */
  readonly reason: string;
}

/** A record that a feed of changes removes. */
export interface WithdrawnRecord {
  /** Always `withdrawn`. */
  readonly kind: 'withdrawn';
  /** The key of the record. */
  readonly key: string;
}

/** A record that `parse` yields. `kind` states which. */
export type FeedRecord = VulnerabilityRecord | SkippedRecord | WithdrawnRecord;

/** The text of a document, and the names around it. */
export interface DocumentText {
  /** Names around the text that its records depend on, such as a path. */
  readonly context: string;
  /** The text as the vendor publishes it, or compressed. Valid until the next document is requested. */
  readonly bytes: Uint8Array;
}

/** A part of a feed whose records depend on its text alone. */
export interface FeedDocument extends DocumentText {
  /** Always `document`. */
  readonly kind: 'document';
  /** Parses the text. Throws `feed-corrupt` if it is malformed. */
  readonly read: () => Iterable<FeedRecord>;
}

/** Parses the text of a document. Throws `feed-corrupt` if it is malformed. */
export type DocumentReader = (document: DocumentText) => Iterable<FeedRecord>;

/**
 * The date that the feed states for its content as a whole. `record`: the date of its newest record, for feeds whose records have no
 * `modified`. `feed`: when the feed was generated.
 */
export interface FeedDate {
  /** ISO 8601. Clair ignores invalid dates and dates in the future. */
  readonly dated: string;
  readonly by: 'record' | 'feed';
  /** Version of the model that computed the content, such as that of EPSS. */
  readonly model?: string;
}

/** Receives the dates that a feed states. `parse` calls it before it yields the last record. The latest date of each kind counts. */
export type OnFeedDate = (date: FeedDate) => void;

/** Result of a fetch: `unchanged` if the file still has the last fingerprint, `absent` if the file does not exist. */
export type FetchResult = FetchedFeed | 'unchanged' | 'absent';

/** Fetches files by their upstream URL, from the upstream or from a mirror. */
export interface FeedClient {
  /** Fetches a file, unless it still has `lastFingerprint`. Throws a `ClairError` on failure. */
  get(url: string, lastFingerprint?: string, options?: FetchOptions): Promise<FetchResult>;
}

/** A feed of an enricher that advisories are made of. */
export interface MadeOfFeed {
  readonly source: string;
  readonly feed: string;
  /** Whether the advisories are also made without this feed, as long as it was not loaded. Its statements only take precedence. */
  readonly isOptional?: true;
}

/** Options of a fetch. */
export interface FetchOptions {
  /** Whether an empty file is valid, such as a list of changes. Otherwise a mirror refuses it as an incomplete copy. */
  readonly mayBeEmpty?: boolean;
  /** URL by whose path a mirror keeps the file, if each version has a URL of its own. A mirror then keeps only the latest version. */
  readonly keptAs?: string;
}

/**
 * A source of advisories. It publishes feeds. A feed is one upstream file, and clair applies it as a whole.
 * `fetch` does the I/O; `parse` is pure.
 */
export interface AdvisorySource {
  readonly name: string;
  /** Increase it whenever the same bytes may give other vulnerabilities: clair then applies the feeds again. */
  readonly version: number;
  /** Name of the preferred source. Clair uses this source only where it has no data of the preferred one. */
  readonly fallbackFor?: string;
  /**
   * The lists that its feeds are made of. Clair then passes to `parse` what the stored content of these lists states about products, and
   * does not fetch. It does so for built-in sources only.
   */
  readonly madeOf?: readonly MadeOfFeed[];
  /** Names of all feeds, for example `v3.19/main`. */
  readonly feeds: readonly string[];
  /** Returns the feeds that cover a namespace; an empty list if the source does not cover it. */
  feedsFor(namespace: string): readonly string[];
  /** Opens the file of a feed. */
  fetch(feed: string, client: FeedClient, lastFingerprint?: string): Promise<FetchResult>;
  /** Yields the records of a feed. Throws `feed-corrupt` with the feed and the position if the content is malformed. */
  parse(feed: string, content: FetchedFeed, onDate?: OnFeedDate): AsyncIterable<FeedRecord>;
  /**
   * Yields a whole feed as documents, or returns undefined if the content is not made of documents. Clair then parses only the documents
   * that changed since the last update. Their records must be those of `parse`, in the same order. Clair uses it for built-in sources only.
   */
  documents?(
    feed: string,
    content: FetchedFeed,
    onDate?: OnFeedDate,
  ): AsyncIterable<FeedDocument> | undefined;
  /**
   * Returns a function that parses a document as its `read` does, apart from its feed and on any thread. Clair uses it for built-in sources
   * only, to parse large feeds on several threads.
   */
  documentReader?(feed: string, content: Pick<FetchedFeed, 'url'>): Promise<DocumentReader>;
}
