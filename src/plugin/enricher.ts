import type { Enrichment } from '../model/enrichment.ts';
import type { ScoreBatch } from '../model/score-batch.ts';
import type {
  DocumentText,
  FeedClient,
  FetchedFeed,
  FetchResult,
  OnFeedDate,
  SkippedRecord,
} from './advisory-source.ts';

export type { Enrichment };

/** An enrichment that a feed publishes. */
export interface RatingRecord extends Enrichment {
  /** Always `enrichment`. */
  readonly kind: 'enrichment';
}

/** EPSS scores that a feed publishes. */
export interface ScoresRecord {
  /** Always `scores`. */
  readonly kind: 'scores';
  /** The scores. */
  readonly batch: ScoreBatch;
}

/** A record that `Enricher.parse` yields. `kind` states which. */
export type EnrichmentRecord = RatingRecord | ScoresRecord | SkippedRecord;

/** A part of a feed with the rating of one vulnerability, which depends on its text alone. */
export interface RatingDocument extends DocumentText {
  /** Always `document`. */
  readonly kind: 'document';
  /** The id of the vulnerability. */
  readonly id: string;
  /** Parses the text. Throws `feed-corrupt` if it is damaged. */
  readonly read: () => RatingRecord | SkippedRecord;
}

/** Parses the text of a document. Throws `feed-corrupt` if it is damaged. */
export type RatingReader = (document: DocumentText) => RatingRecord | SkippedRecord;

/** A source of ratings and other data about vulnerabilities, independent of packages. Fetched and parsed as an advisory source. */
export interface Enricher {
  readonly name: string;
  /** Increase it whenever the same bytes may give other records: clair then applies the feeds again. */
  readonly version: number;
  readonly feeds: readonly string[];
  /** If true, a scan with findings updates the feeds at most once a day. For small feeds only. */
  readonly isPartOfScan?: true;
  /** Opens the file of a feed, as `AdvisorySource.fetch` does. */
  fetch(feed: string, client: FeedClient, lastFingerprint?: string): Promise<FetchResult>;
  /** Yields the records of a feed, each id at most once. */
  parse(feed: string, content: FetchedFeed, onDate?: OnFeedDate): AsyncIterable<EnrichmentRecord>;
  /**
   * Yields a feed as documents. Clair then parses only documents that changed since the last update. Their records must be those of `parse`,
   * in the same order. Clair uses it for built-in enrichers only.
   */
  documents?(feed: string, content: FetchedFeed, onDate?: OnFeedDate): AsyncIterable<RatingDocument>;
  /** Returns a function that parses a document as its `read` does, apart from its feed and on any thread. For built-in enrichers only. */
  documentReader?(feed: string, content: Pick<FetchedFeed, 'url'>): Promise<RatingReader>;
}

/** A source with one document per vulnerability, which a scan fetches on demand. */
export interface DocumentEnricher {
  readonly name: string;
  /** Increase it whenever the same document may give another enrichment: clair then fetches the documents again. */
  readonly version: number;
  /** Returns the candidate URLs of the document of an id, in the order of trial; an empty list if the id can have no document. */
  urlsOf(id: string): readonly string[];
  /** Parses a document. Rejects if it belongs to another id or contradicts itself. */
  read(id: string, document: Buffer): Promise<Enrichment>;
}
