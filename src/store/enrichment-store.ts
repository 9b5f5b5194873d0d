import type { Enrichment } from '../model/enrichment.ts';
import type { EnrichmentRecord, RatingRecord, SkippedRecord } from '../plugin/index.ts';
import type { FeedUpdate, RecordStream } from './advisory-store.ts';
import type { FeedChangeCounts, FeedName } from './feed-state.ts';
import type { PageRequest } from './page.ts';

/** An enrichment and its source. */
export interface StoredEnrichment extends Enrichment {
  readonly source: string;
}

/** An enrichment, its source and its feed. The feed of a lookup is empty. */
export interface FeedEnrichment extends StoredEnrichment {
  readonly feed: string;
}

/** A document of a feed with the rating of one vulnerability. It need not be read if it gave the stored rating. */
export interface DigestedRating {
  /** Always `document`. */
  readonly kind: 'document';
  /** The id of the vulnerability. */
  readonly id: string;
  /** SHA-256 of everything that the rating depends on, the versions of the source and of the program included. */
  readonly digest: Uint8Array;
  /** Parses it. The same digest always gives the same rating. */
  readonly read: () => RatingRecord | SkippedRecord;
}

/** Data about vulnerabilities from sources other than advisories. Its feeds are among the feed states; it has no history. */
export interface EnrichmentStore {
  /** Replaces the enrichments of one feed by difference, under the same terms as `AdvisoryStore.apply`. */
  apply(
    update: FeedUpdate,
    records: RecordStream<EnrichmentRecord | DigestedRating, Pick<DigestedRating, 'id' | 'digest'>>,
  ): Promise<FeedChangeCounts>;
  /**
   * Returns the enrichments of each of these ids, ordered by the name of the source. Ids without any are absent from the map. If a feed has
   * an id that was also looked up at the same source, the later of both counts.
   */
  findByIds(ids: Iterable<string>): Promise<ReadonlyMap<string, readonly StoredEnrichment[]>>;
  /** Returns the enrichments of these ids with their feeds, ordered by source and feed. */
  findWithFeeds(ids: Iterable<string>): Promise<readonly FeedEnrichment[]>;
  /** Returns the enrichments of a feed, by rising id. Scores of CVEs come last, by rising year and number. */
  pageByFeed(feed: FeedName, page: PageRequest<string>): Promise<readonly Enrichment[]>;
  /** Returns those enrichments of a feed that state something about products, by rising id. */
  pageWithProducts(feed: FeedName, page: PageRequest<string>): Promise<readonly Enrichment[]>;
  /** Returns the results of lookups of these ids. Ids that were never looked up are absent from the map. */
  findLookups(ids: Iterable<string>): Promise<ReadonlyMap<string, LookupResult>>;
  /**
   * Saves the results of lookups, all or none; `findByIds` returns their content. A result without content renews the time of an
   * earlier one and keeps the earlier content. A mirror may lack documents that its origin has.
   */
  saveLookups(answers: readonly LookupResult[]): Promise<void>;
}

/** Result of looking up one vulnerability by its id. */
export interface LookupResult {
  readonly id: string;
  /** Name and version of the enricher that made the request. */
  readonly source: string;
  readonly sourceVersion: number;
  /** Where the document was requested: `upstream`, or the address of a mirror. */
  readonly origin: string;
  /** ISO 8601. */
  readonly askedAt: string;
  /** Null if there is no document. */
  readonly enrichment: Enrichment | null;
}
