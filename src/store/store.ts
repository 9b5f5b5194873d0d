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
  AncestryInput as SavedAncestry,
  AncestryPage,
  AncestryStore,
} from './ancestry-store.ts';
export type {
  BatchItem as DigestItem,
  BatchStore as DigestStore,
  NotificationBatch as Digest,
  StoredBatchContent as DigestContent,
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
  NamedLayerInput as SavedLayer,
  NamedLayerStore,
} from './named-layer-store.ts';
export type { Notification, NotificationStore } from './notification-store.ts';
export type { AsOf, PageRequest } from './page.ts';

/** An affected row with its range as keys; `keys` is absent when a bound has no key and the comparison must be made in code. */
export interface KeyedAffected extends Affected {
  readonly keys?: KeyRange;
}

/** A vulnerability ready to be stored. */
export interface KeyedVulnerability extends Omit<Vulnerability, 'affected'> {
  readonly affected: readonly KeyedAffected[];
}

/** What a record said of a namespace before its feed dropped that, as another store has kept it. */
export interface RetainedRecord extends KeyedVulnerability {
  readonly retainedFor: Namespace;
}

/** What an application of a feed is fed with. Of a namespace for which anything kept comes, all comes that is kept. */
export type KeyedRecord = KeyedVulnerability | RetainedRecord | SkippedRecord | WithdrawnRecord;

/** A feed as it was last applied or last tried. Times are ISO 8601; they come back in UTC with milliseconds. */
export interface FeedState {
  readonly source: string;
  readonly feed: string;
  readonly sourceVersion: number;
  /** Where it came from: `upstream` or the place of a mirror. */
  readonly origin: string;
  /** `absent`: the vendor, or the mirror, has no such file. `failed`: it was never loaded, and the last try went wrong. */
  readonly presence: 'loaded' | 'absent' | 'failed';
  readonly fingerprint: string;
  /** When the content in the store was fetched. */
  readonly fetchedAt: string;
  /** When it was last found to be current. */
  readonly checkedAt: string;
  /** The newest `modified` of its records, else `Last-Modified` of the file, else null. */
  readonly newestAdvisory: string | null;
  /** How new the content is, by the strongest evidence there is; null where nothing dates it. */
  readonly contentDate: string | null;
  readonly contentEvidence: DateEvidence | null;
  /** Records in force, without those of kept namespaces. */
  readonly records: number;
  /** Records that could not be understood; where an older form of them was in force, it still is. */
  readonly skipped: { readonly count: number; readonly sample: readonly SkippedSample[] };
  /** Namespaces of which the feed speaks no more; what it last said of them stays in force. */
  readonly kept: readonly string[];
  /** The last try to update it, where that failed. */
  readonly lastFailure: { readonly at: string; readonly message: string } | null;
}

/** One of the records that could not be understood, and why. */
export interface SkippedSample {
  readonly key: string;
  readonly reason: string;
}

/** How many skipped records of a feed are told by name. */
export const skippedSampleMax = 100;

/** What one application of a feed changed, in records. */
export interface FeedChangeCounts {
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
  readonly unchanged: number;
  /** Records of which the rows of a vanished namespace stay in force. */
  readonly kept: number;
  /** Records that could not be understood. */
  readonly skipped: number;
}

/** What names a feed. */
export type FeedName = Pick<FeedState, 'source' | 'feed'>;

/** A feed, and what its content depends on. */
export type FeedIdentity = FeedName & Pick<FeedState, 'sourceVersion' | 'origin'>;

/** A feed that was found current or absent. */
export interface CheckedFeed
  extends FeedIdentity,
    Pick<FeedState, 'fingerprint' | 'fetchedAt' | 'checkedAt'> {
  readonly presence: 'loaded' | 'absent';
}

/** The state to be recorded with an application; the store counts records and finds the newest by itself. */
export interface FeedUpdate extends FeedIdentity, Pick<FeedState, 'fingerprint' | 'fetchedAt'> {
  readonly lastModified?: string;
  readonly fileModified?: string;
  /** Dates that the feed states for its content as a whole, all there once the records were read. */
  readonly dates?: Iterable<FeedDate>;
  /** `changes`: records that are not named stay as they are. */
  readonly extent?: 'changes';
  /** With `changes`: no record but those of these keys is named, so that a small change costs little in a large feed. */
  readonly keys?: readonly string[];
  /** With `keys`: the numbers of the records in force that the change was made of; with others nothing is applied. */
  readonly expectedVersions?: ReadonlyMap<string, number>;
  /** A feed that is not known yet counts as loaded and empty: its first records are news. */
  readonly beginsEmpty?: true;
  /** Takes a content that is much smaller than the one in force. */
  readonly acceptShrunk?: true;
  /** Takes a content that is older than the one in force. */
  readonly acceptOlder?: true;
  /** What the store that the content comes from had found about it; taken for what it is. */
  readonly importedState?: Pick<FeedState, 'checkedAt' | 'newestAdvisory' | 'skipped'> &
    Partial<Pick<FeedState, 'contentDate' | 'contentEvidence'>>;
}

/** A record as it stood from `validFrom` until before `validTo`, which is null while it is in force. */
export interface StoredVulnerability extends KeyedVulnerability {
  /** Its number in the store. A changed record has another. */
  readonly number: number;
  readonly source: string;
  readonly feed: string;
  readonly validFrom: string;
  readonly validTo: string | null;
}

/** The number of a record, and the id it has from its source. */
export type NumberedId = Pick<StoredVulnerability, 'number' | 'id'>;

/** The records of a feed, or what is kept of them for a namespace of which it speaks no more. */
export interface FeedPart extends FeedName {
  /** Name of the namespace. */
  readonly retainedFor?: string;
}

/** Advisories, and where they came from. */
export interface AdvisoryStore {
  findFeedStates(at?: AsOf): Promise<readonly FeedState[]>;
  /** Whether any record in force speaks of a namespace. */
  covers(namespace: string): Promise<boolean>;
  /** Names of the sources whose feeds have records of a namespace, sorted. */
  findSources(namespace: string): Promise<readonly string[]>;
  /**
   * Replaces the records of one feed by difference, in one transaction: an unchanged record costs no write, a vanished or
   * changed one has its validity closed. If the stream throws, nothing of it stays. The stream may be slow and long: it is not
   * held in memory, and nobody waits for it. What the feed says no more of a whole namespace stays in force.
   * Throws `feed-corrupt` when a key comes twice, and when the feed has shrunk to less than half or is older than the content in
   * force without that being accepted,
   * `store-conflict` when somebody else applied the same feed meanwhile.
   */
  apply(update: FeedUpdate, records: AsyncIterable<KeyedRecord>): Promise<FeedChangeCounts>;
  /** Notes that a feed was found current, or absent, without touching its records. */
  touch(found: CheckedFeed): Promise<void>;
  /** Whether any record of a feed is in force, or any enrichment is there. */
  hasContent(feed: FeedName): Promise<boolean>;
  /** Notes that a feed could not be updated; the next success forgets it. Its content stays. */
  recordFailure(feed: FeedIdentity, at: string, message: string): Promise<void>;
  /** The namespaces anything in the store ever spoke of, in the order in which they became known. */
  findNamespaces(): Promise<readonly Namespace[]>;
  /** Notes that a namespace is there though nothing speaks of it yet. An empty scheme is one that is not known yet. */
  saveNamespace(namespace: Namespace): Promise<void>;
}

/** Records of advisories one by one. */
export interface VulnerabilityStore {
  /** Records by their numbers, whether they are in force or history, in the order of the numbers. */
  findByNumbers(numbers: readonly number[]): Promise<readonly StoredVulnerability[]>;
  /** The numbers of the records in force that have this id or alias, rising. */
  findNumbersById(id: string, at?: AsOf): Promise<readonly number[]>;
  /** Records in force of a feed that have one of these keys. */
  findByKeys(feed: FeedName, keys: readonly string[], at?: AsOf): Promise<readonly StoredVulnerability[]>;
  /** Records in force that speak of a namespace and have one of these ids, by rising number. */
  findByIds(namespace: string, ids: readonly string[]): Promise<readonly StoredVulnerability[]>;
  /** Which records in force speak of a namespace, by rising number. */
  pageByNamespace(namespace: string, page: PageRequest<number>): Promise<readonly NumberedId[]>;
  /** Records in force of a feed, by rising key: the same for the same content, whatever came before it. */
  pageByFeed(part: FeedPart, page: PageRequest<string>): Promise<readonly StoredVulnerability[]>;
}

/** An enrichment and the source that says so. */
export interface StoredEnrichment extends Enrichment {
  readonly source: string;
}

/** What others than distributions say of vulnerabilities. Its feeds are among the feed states; it has no history. */
export interface EnrichmentStore {
  /** Replaces what one feed says by difference, under the terms of the application of advisories. */
  apply(update: FeedUpdate, records: AsyncIterable<EnrichmentRecord>): Promise<FeedChangeCounts>;
  /** What is known of each of these ids, by source in order of name; an id of which nothing is known is not in the map. */
  findByIds(ids: Iterable<string>): Promise<ReadonlyMap<string, readonly StoredEnrichment[]>>;
  /** What a feed says, by rising id; scores of CVEs alone come last, by rising year and number. */
  pageByFeed(feed: FeedName, page: PageRequest<string>): Promise<readonly Enrichment[]>;
  /** The answers to lookups of these ids; an id that was never looked up is not in the map. */
  findLookups(ids: Iterable<string>): Promise<ReadonlyMap<string, LookupResult>>;
  /**
   * Keeps the answers to lookups, all or none. `find` gives what they hold. An answer without content renews the time of an earlier one and
   * leaves its content: a mirror may lack what its origin has.
   */
  saveLookups(answers: readonly LookupResult[]): Promise<void>;
}

/** What came of looking up one vulnerability by its id. */
export interface LookupResult {
  readonly id: string;
  /** Name and version of the enricher whose document it is. */
  readonly source: string;
  readonly sourceVersion: number;
  /** Where it was asked for: `upstream` or the place of a mirror. */
  readonly origin: string;
  /** ISO 8601. */
  readonly askedAt: string;
  /** Null where there is no document. */
  readonly enrichment: Enrichment | null;
}

/** Layers that were read, by what identifies their content. */
export interface LayerStore {
  find(identity: string, analyzerKey: string): Promise<LayerIndex | undefined>;
  /** Those of the layers that are there, by their identities. */
  findAll(identities: readonly string[], analyzerKey: string): Promise<ReadonlyMap<string, LayerIndex>>;
  save(identity: string, analyzerKey: string, index: LayerIndex): Promise<void>;
}

/** Mutual exclusion between processes, with an end: a lock whose owner died falls free. */
export interface LockStore {
  /** Takes or renews the lock for `owner`; false while somebody else holds it. */
  acquire(name: string, owner: string, forMs: number): Promise<boolean>;
  release(name: string, owner: string): Promise<void>;
}

/** Small things to be remembered. */
export interface KeyValueStore {
  get(key: string): Promise<string | undefined>;
  set(key: string, value: string): Promise<void>;
}

/** How long what is no longer of use is kept. */
export interface RetentionTerms {
  /** Records that are no longer in force; how far back `asOf` reaches. */
  readonly keepHistoryMs: number;
  /** Events, and the records they speak of. */
  readonly keepEventsMs: number;
  /** Images without a name and layers, since they were last used. */
  readonly keepLayersUnusedMs: number;
}

/** What was thrown away. */
export interface CollectedCounts {
  readonly events: number;
  readonly vulnerabilities: number;
  readonly images: number;
  readonly layers: number;
  readonly locks: number;
}

/** What lies in the store. */
export interface StoreStatistics {
  readonly bytes: number;
  readonly rows: Readonly<Record<string, number>>;
  /** How fresh each feed is. */
  readonly feeds: readonly FeedState[];
}

/** Everything that is kept between two runs. Closed with `await using` or `[Symbol.asyncDispose]()`. */
export interface Store extends AsyncDisposable {
  /** Whether it can only be read, and what is written to it ends with the process. Feeds are refused then. */
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
  /** The same, for who reads a good part of them but once: what it reads does not stay in memory. */
  readonly bulkReads: Pick<Store, 'vulnerabilities' | 'enrichments'>;
  /** Throws `store-unavailable` unless the database answers within `limits.storePingMs`; for health checks. */
  ping(): Promise<void>;
  /** Throws away what is past its time, little by little, so that nobody waits for it; costs nearly nothing when nothing is. */
  collectGarbage(terms: RetentionTerms): Promise<CollectedCounts>;
  statistics(): Promise<StoreStatistics>;
}
