import type { DateEvidence } from '../model/content-date.ts';
import type { Enrichment } from '../model/enrichment.ts';
import type { LayerIndex } from '../model/layer-index.ts';
import type { Namespace } from '../model/namespace.ts';
import type { Affected, Vulnerability } from '../model/vulnerability.ts';
import type { FeedDate, SkippedRecord, WithdrawnRecord } from '../plugin/advisory-source.ts';
import type { EnrichmentRecord } from '../plugin/enricher.ts';
import type { KeyRange } from '../plugin/version-scheme.ts';
import type { AncestryStore } from './ancestry-store.ts';
import type { BatchStore } from './batch-store.ts';
import type { EventStore } from './event-store.ts';
import type { ImageStore } from './image-store.ts';
import type { NamedLayerStore } from './named-layer-store.ts';
import type { NotificationStore } from './notification-store.ts';
import type { AsOf, PageRequest } from './page.ts';

export type {
  Ancestry,
  AncestryInput,
  AncestryPage,
  AncestryStore,
} from './ancestry-store.ts';
export type {
  BatchItem,
  BatchStore,
  NotificationBatch,
  StoredBatchContent,
} from './batch-store.ts';
export type { AdvisoryEvent, ChangedAspect, EventStore } from './event-store.ts';
export type {
  AffectedImage,
  AffectedPage,
  AffectedRequest,
  ImageIndex,
  ImagePackage,
  ImageStore,
  StoredHit,
  StoredMatch,
} from './image-store.ts';
export type {
  HitVersion,
  LayerPage,
  NamedLayer,
  NamedLayerInput,
  NamedLayerStore,
} from './named-layer-store.ts';
export type { Notification, NotificationStore } from './notification-store.ts';
export type { AsOf, PageRequest } from './page.ts';

/** An affected row with its range as keys. `keys` is absent if a bound has no key and the comparison must be made in code. */
export interface KeyedAffected extends Affected {
  readonly keys?: KeyRange;
}

/** A vulnerability ready to be stored. */
export interface KeyedVulnerability extends Omit<Vulnerability, 'affected'> {
  readonly affected: readonly KeyedAffected[];
}

/** A record of a namespace that its feed later dropped, as another store retained it. */
export interface RetainedRecord extends KeyedVulnerability {
  readonly retainedFor: Namespace;
}

/** Input of an application of a feed. If it has retained records of a namespace, it must have all of them. */
export type KeyedRecord = KeyedVulnerability | RetainedRecord | SkippedRecord | WithdrawnRecord;

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
  /** Number of current records, without those of retained namespaces. */
  readonly records: number;
  /** Records that could not be parsed. An earlier form of such a record stays current. */
  readonly skipped: { readonly count: number; readonly sample: readonly SkippedSample[] };
  /** Namespaces that the feed no longer covers. Their last records stay current. */
  readonly kept: readonly string[];
  /** The last attempt to update the feed, if it failed. */
  readonly lastFailure: { readonly at: string; readonly message: string } | null;
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

/** A feed with everything else that its content depends on. */
export type FeedIdentity = FeedName & Pick<FeedState, 'sourceVersion' | 'origin'>;

/** A feed that was found current or absent. */
export interface CheckedFeed
  extends FeedIdentity,
    Pick<FeedState, 'fingerprint' | 'fetchedAt' | 'checkedAt'> {
  readonly presence: 'loaded' | 'absent';
}

/** State to record with an application. The store itself counts records and finds the newest. */
export interface FeedUpdate extends FeedIdentity, Pick<FeedState, 'fingerprint' | 'fetchedAt'> {
  readonly lastModified?: string;
  readonly fileModified?: string;
  /** Dates that the feed states for its content as a whole. Complete once the records were read. */
  readonly dates?: Iterable<FeedDate>;
  /** `changes`: records that are not named stay as they are. */
  readonly extent?: 'changes';
  /** With `changes`: only records with these keys are named, so a small change of a large feed costs little. */
  readonly keys?: readonly string[];
  /** With `keys`: numbers of the current records that the change is based on. If they differ, nothing is applied. */
  readonly expectedVersions?: ReadonlyMap<string, number>;
  /** An unknown feed counts as loaded and empty, so its first records make events. */
  readonly beginsEmpty?: true;
  /** Accepts content that is much smaller than the current content. */
  readonly acceptShrunk?: true;
  /** Accepts content that is older than the current content. */
  readonly acceptOlder?: true;
  /** State from the store that the content was exported from; trusted as given. */
  readonly importedState?: Pick<FeedState, 'checkedAt' | 'newestAdvisory' | 'skipped'> &
    Partial<Pick<FeedState, 'contentDate' | 'contentEvidence'>>;
}

/** A record as it was from `validFrom` until before `validTo`, which is null while it is current. */
export interface StoredVulnerability extends KeyedVulnerability {
  /** Number in the store. A changed record gets another. */
  readonly number: number;
  readonly source: string;
  readonly feed: string;
  readonly validFrom: string;
  readonly validTo: string | null;
}

/** Number of a record, and its id from the source. */
export type NumberedId = Pick<StoredVulnerability, 'number' | 'id'>;

/** The records of a feed, or those retained for a namespace that it no longer covers. */
export interface FeedPart extends FeedName {
  /** Name of the namespace. */
  readonly retainedFor?: string;
}

/** Advisories and their feeds. */
export interface AdvisoryStore {
  findFeedStates(at?: AsOf): Promise<readonly FeedState[]>;
  /** Returns whether any current record covers a namespace. */
  covers(namespace: string): Promise<boolean>;
  /** Returns the names of the sources whose feeds have records of a namespace, sorted. */
  findSources(namespace: string): Promise<readonly string[]>;
  /**
   * Replaces the records of one feed by difference, in one transaction. An unchanged record costs no write; a vanished or changed
   * one has its validity closed. If the stream throws, nothing is applied. The stream may be slow and long: it is not held in
   * memory and blocks no other work. If the feed drops a whole namespace, its records stay current. Throws
   * - `feed-corrupt` if a key occurs twice,
   * - `feed-corrupt` if the feed shrank to less than half, or is older than the current content, and the update accepts neither,
   * - `store-conflict` if another process applied the same feed meanwhile.
   */
  apply(update: FeedUpdate, records: AsyncIterable<KeyedRecord>): Promise<FeedChangeCounts>;
  /** Records that a feed was found current, or absent, without touching its records. */
  touch(found: CheckedFeed): Promise<void>;
  /** Returns whether a feed has any current record or any enrichment. */
  hasContent(feed: FeedName): Promise<boolean>;
  /** Records a failed update of a feed until the next success. The content of the feed stays. */
  recordFailure(feed: FeedIdentity, at: string, message: string): Promise<void>;
  /** Returns all namespaces that the store ever had records of, in the order in which they were added. */
  findNamespaces(): Promise<readonly Namespace[]>;
  /** Saves a namespace that no record covers yet. An empty scheme means that the version scheme is not yet known. */
  saveNamespace(namespace: Namespace): Promise<void>;
}

/** Single records of advisories. */
export interface VulnerabilityStore {
  /** Returns records by their numbers, current or not, in the order of the numbers. */
  findByNumbers(numbers: readonly number[]): Promise<readonly StoredVulnerability[]>;
  /** Returns the rising numbers of the current records that have this id or alias. */
  findNumbersById(id: string, at?: AsOf): Promise<readonly number[]>;
  /** Returns the current records of a feed that have one of these keys. */
  findByKeys(feed: FeedName, keys: readonly string[], at?: AsOf): Promise<readonly StoredVulnerability[]>;
  /** Returns the current records that cover a namespace and have one of these ids, by rising number. */
  findByIds(namespace: string, ids: readonly string[]): Promise<readonly StoredVulnerability[]>;
  /** Returns which current records cover a namespace, by rising number. */
  pageByNamespace(namespace: string, page: PageRequest<number>): Promise<readonly NumberedId[]>;
  /** Returns the current records of a feed, by rising key. Equal content gives equal pages, whatever its history. */
  pageByFeed(part: FeedPart, page: PageRequest<string>): Promise<readonly StoredVulnerability[]>;
}

/** An enrichment and its source. */
export interface StoredEnrichment extends Enrichment {
  readonly source: string;
}

/** Data about vulnerabilities from sources other than advisories. Its feeds are among the feed states; it has no history. */
export interface EnrichmentStore {
  /** Replaces the enrichments of one feed by difference, under the same terms as `AdvisoryStore.apply`. */
  apply(update: FeedUpdate, records: AsyncIterable<EnrichmentRecord>): Promise<FeedChangeCounts>;
  /** Returns the enrichments of each of these ids, ordered by the name of the source. Ids without any are absent from the map. */
  findByIds(ids: Iterable<string>): Promise<ReadonlyMap<string, readonly StoredEnrichment[]>>;
  /** Returns the enrichments of a feed, by rising id. Scores of CVEs come last, by rising year and number. */
  pageByFeed(feed: FeedName, page: PageRequest<string>): Promise<readonly Enrichment[]>;
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

/** Indexed layers, by the identity of their content. */
export interface LayerStore {
  find(identity: string, analyzerKey: string): Promise<LayerIndex | undefined>;
  /** Returns those of the layers that the store has, by their identities. */
  findAll(identities: readonly string[], analyzerKey: string): Promise<ReadonlyMap<string, LayerIndex>>;
  save(identity: string, analyzerKey: string, index: LayerIndex): Promise<void>;
}

/** Mutual exclusion between processes. A lock expires, so it becomes free if its owner dies. */
export interface LockStore {
  /** Takes or renews the lock for `owner`; false while another owner holds it. */
  acquire(name: string, owner: string, forMs: number): Promise<boolean>;
  release(name: string, owner: string): Promise<void>;
}

/** Small values by key. */
export interface KeyValueStore {
  get(key: string): Promise<string | undefined>;
  set(key: string, value: string): Promise<void>;
}

/** Retention times of unused data. */
export interface RetentionTerms {
  /** Records that are no longer current. Sets how far back `asOf` reaches. */
  readonly keepHistoryMs: number;
  /** Events, and the records that they refer to. */
  readonly keepEventsMs: number;
  /** Layers, and images without a name, since their last use. */
  readonly keepLayersUnusedMs: number;
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

/** All persistent data. Close it with `await using` or `[Symbol.asyncDispose]()`. */
export interface Store extends AsyncDisposable {
  /** True if the database is only read. Writes then last until the process ends, and feeds are refused. */
  readonly isReadOnly: boolean;
  readonly advisories: AdvisoryStore;
  readonly vulnerabilities: VulnerabilityStore;
  readonly events: EventStore;
  readonly notifications: NotificationStore;
  readonly batches: BatchStore;
  readonly enrichments: EnrichmentStore;
  readonly images: ImageStore;
  readonly layers: LayerStore;
  readonly namedLayers: NamedLayerStore;
  readonly ancestries: AncestryStore;
  readonly locks: LockStore;
  readonly keyValues: KeyValueStore;
  /** The same for one pass over many records: the results are not cached in memory. */
  readonly bulkReads: Pick<Store, 'vulnerabilities' | 'enrichments'>;
  /** Throws `store-unavailable` unless the database answers within `limits.storePingMs`; for health checks. */
  ping(): Promise<void>;
  /** Deletes expired data in small steps, so that no other work waits. Costs almost nothing if nothing has expired. */
  collectGarbage(terms: RetentionTerms): Promise<CollectedCounts>;
  statistics(): Promise<StoreStatistics>;
}
