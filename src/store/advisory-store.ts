import type { Namespace } from '../model/namespace.ts';
import type { Affected, Vulnerability } from '../model/vulnerability.ts';
import type { FeedDate, SkippedRecord, WithdrawnRecord } from '../plugin/advisory-source.ts';
import type { KeyRange } from '../plugin/version-scheme.ts';
import type {
  CheckedFeed,
  FeedChangeCounts,
  FeedFailure,
  FeedIdentity,
  FeedName,
  FeedState,
  ScopedFeedState,
} from './feed-state.ts';
import type { Lease } from './lock-store.ts';
import type { AsOf } from './page.ts';

/** An affected row with its range as keys. `keys` is absent if a bound has no key and the comparison must be made in code. */
export interface KeyedAffected extends Affected {
  readonly keys?: KeyRange;
}

/** A vulnerability ready to be stored. */
export interface KeyedVulnerability extends Omit<Vulnerability, 'affected'> {
  readonly affected: readonly KeyedAffected[];
}

/** A vulnerability of a feed, ready to be stored. */
export interface KeyedVulnerabilityRecord extends KeyedVulnerability {
  readonly kind: 'vulnerability';
}

/** A record of a namespace that its feed later dropped, as a publisher retained it. */
export interface RetainedRecord extends KeyedVulnerability {
  readonly kind: 'retained';
  readonly retainedFor: Namespace;
}

/** A part of a whole feed that need not be read if its records are those of an earlier update. */
export interface KeyedDocument {
  readonly kind: 'document';
  /** SHA-256 of everything that its records depend on. */
  readonly digest: Uint8Array;
  /** Parses it. The same digest always gives the same records, as long as source version and program are the same. */
  readonly read: () => Iterable<KeyedRecord>;
}

/** Input of an application of a feed. If it has retained records of a namespace, it must have all of them. */
export type KeyedRecord = KeyedVulnerabilityRecord | RetainedRecord | SkippedRecord | WithdrawnRecord;

/**
 * The records and documents of an update, or a function that returns them. `isKnown` returns whether the update need not read a document. Its
 * answer holds until another document of the same record is yielded.
 */
export type RecordStream<T, D> = AsyncIterable<T> | ((isKnown: (document: D) => boolean) => AsyncIterable<T>);

/** State to record with an application. The store itself counts records and finds the newest. */
interface UpdateState extends FeedIdentity, Pick<FeedState, 'fingerprint' | 'fetchedAt'> {
  /** The lock of the feed. If another process has taken over, nothing is applied. */
  readonly lease?: Lease;
}

/** Dates of a file and of its content. */
interface StatedDates {
  readonly lastModified?: string;
  readonly fileModified?: string;
  /** Dates that the feed states for its content as a whole. Complete once the records were read. */
  readonly dates?: Iterable<FeedDate>;
}

/** The whole content of a feed. Records that it does not have are removed. */
export interface WholeFeedUpdate extends UpdateState, StatedDates {
  readonly kind: 'whole';
  /** Version of the program that reads documents. Without it, none is remembered, and all are read. */
  readonly program?: string;
  /** Accepts content that is much smaller than the current content. */
  readonly acceptShrunk?: true;
  /** Accepts content that is older than the current content. */
  readonly acceptOlder?: true;
}

/** Changes of a feed. Records that they do not name stay as they are. */
export interface FeedChangesUpdate extends UpdateState, StatedDates {
  readonly kind: 'changes';
}

/**
 * Changes of a few records, made by a user and based on the current ones. Only these are compared, so a small change of a large feed costs
 * little. An unknown feed counts as loaded and empty, so its first records make events.
 */
export interface KeysUpdate extends UpdateState {
  readonly kind: 'keys';
  /** The keys of all records that the change names. */
  readonly keys: readonly string[];
  /** Whether the changes make no events, as for records that another program had before. */
  readonly isQuiet?: boolean;
  /** Numbers of the current records by key; a key without a number has no record yet. If they differ, nothing is applied. */
  readonly expectedVersions: ReadonlyMap<string, number>;
}

/** Content of a feed from a published database. */
export interface PublishedFeedUpdate
  extends UpdateState,
    Pick<WholeFeedUpdate, 'acceptShrunk' | 'acceptOlder'> {
  readonly kind: 'published';
  /** `changes`: records that the stream does not name stay as they are. */
  readonly extent: 'whole' | 'changes';
  /** State of the feed where it was published; trusted as given. */
  readonly state: PublishedState;
}

/** State of a published feed. */
export type PublishedState = Pick<
  FeedState,
  'checkedAt' | 'newestAdvisory' | 'skipped' | 'contentDate' | 'contentEvidence' | 'contentModel'
>;

/** An update of a feed, and the state to record with it. */
export type FeedUpdate = WholeFeedUpdate | FeedChangesUpdate | KeysUpdate | PublishedFeedUpdate;

/** The name of a package, and a source whose records cover it. */
export interface NamedBySource {
  readonly name: string;
  readonly source: string;
}

/** Advisories and their feeds. */
export interface AdvisoryStore {
  findFeedStates(at?: AsOf): Promise<readonly ScopedFeedState[]>;
  /**
   * Returns a text that differs after each change of advisories or ratings, by any process, and after each check of a feed. It costs less than
   * anything that depends on them.
   */
  findContentState(): Promise<string>;
  /** Returns when a feed was loaded for the first time, as far as the history goes back. Null if it never was. */
  findFirstLoad(feed: FeedName): Promise<string | null>;
  /** Returns whether any current record covers a namespace. */
  covers(namespace: string): Promise<boolean>;
  /** Returns the names of the sources whose feeds have records of a namespace, sorted. */
  findSources(namespace: string): Promise<readonly string[]>;
  /** Returns the names of the packages of a namespace that current records cover and that end with one of these texts. */
  findNamesEnding(namespace: string, ends: readonly string[], at?: AsOf): Promise<readonly NamedBySource[]>;
  /**
   * Replaces the records of one feed by difference, in one transaction. An unchanged record costs no write; a vanished or changed
   * one has its validity closed. If the stream throws, nothing is applied. The stream may be slow and long: it is not held in
   * memory and blocks no other work. A document is not read if the current records are still those that it gave. If the feed drops a
   * whole namespace, its records stay current. Throws
   * - `feed-corrupt` if a key occurs twice,
   * - `feed-corrupt` if the feed shrank to less than half, or is older than the current content, and the update accepts neither,
   * - `store-conflict` if another process applied the same feed, or took over its lock, meanwhile.
   */
  apply(
    update: FeedUpdate,
    records: RecordStream<KeyedRecord | KeyedDocument, Pick<KeyedDocument, 'digest'>>,
  ): Promise<FeedChangeCounts>;
  /**
   * Records that a feed was found current, or absent, without touching its records. Throws `store-conflict` if another process has taken
   * over the lease.
   */
  touch(found: CheckedFeed, lease?: Lease): Promise<void>;
  /** Returns whether a feed has any current record or any enrichment. */
  hasContent(feed: FeedName): Promise<boolean>;
  /**
   * Records a failed update of a feed until the next success. The content of the feed stays. Throws `store-conflict` if another process has
   * taken over the lease.
   */
  recordFailure(feed: FeedIdentity, failure: FeedFailure, lease?: Lease): Promise<void>;
  /** Returns all namespaces that the store ever had records of, in the order in which they were added. */
  findNamespaces(): Promise<readonly Namespace[]>;
  /** Saves a namespace that no record covers yet. An empty scheme means that the version scheme is not yet known. */
  saveNamespace(namespace: Namespace): Promise<void>;
}
