import type { Enrichment } from '../model/enrichment.ts';
import type { ScoreBatch } from '../model/score-batch.ts';
import type { FeedClient, FetchedFeed, FetchResult, OnFeedDate, SkippedRecord } from './advisory-source.ts';

export type { Enrichment };

/** What reading a feed of an enricher yields. */
export type EnrichmentRecord = Enrichment | SkippedRecord | ScoreBatch;

/** Where ratings and other knowledge of vulnerabilities come from that speak of no package. Fetched and read as an advisory source. */
export interface Enricher {
  readonly name: string;
  readonly version: number;
  readonly feeds: readonly string[];
  /** Whether a scan that finds something brings the feeds up to date once a day: they are small. */
  readonly isPartOfScan?: true;
  /** As `AdvisorySource.fetch`: gets the feed unless it still has the known fingerprint. */
  fetch(feed: string, client: FeedClient, lastFingerprint?: string): Promise<FetchResult>;
  /** Each id at most once in a feed. */
  parse(feed: string, content: FetchedFeed, onDate?: OnFeedDate): AsyncIterable<EnrichmentRecord>;
}

/** Knowledge of single vulnerabilities, each in a document of its own that is fetched when a scan needs it. */
export interface DocumentEnricher {
  readonly name: string;
  /** Raised whenever the same document may give another enrichment: documents are then fetched again. */
  readonly version: number;
  /** Where the document of an id may lie, in the order of trial; none for an id that has no document. */
  urlsOf(id: string): readonly string[];
  /** Rejects with what is wrong with a document that is not that of the id, or contradicts itself. */
  read(id: string, document: Buffer): Promise<Enrichment>;
}
