import type { Enrichment } from '../model/enrichment.ts';
import type { FeedAnswer, FeedClient, Fetched, OnFeedDate, SkippedRecord } from './advisory-source.ts';

export type { Enrichment };

/** Where ratings and other knowledge of vulnerabilities come from that speak of no package. Fetched and read as an advisory source. */
export interface Enricher {
  readonly name: string;
  readonly version: number;
  readonly feeds: readonly string[];
  /** As `AdvisorySource.fetch`: gets the feed unless it still has the known fingerprint. */
  fetch(feed: string, client: FeedClient, known?: string): Promise<FeedAnswer>;
  /** Each id at most once in a feed. */
  parse(feed: string, content: Fetched, onDate?: OnFeedDate): AsyncIterable<Enrichment | SkippedRecord>;
}
