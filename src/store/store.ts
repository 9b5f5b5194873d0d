import type { Distro } from '../model/distro.ts';
import type { AdvisoryHit } from '../model/hit.ts';
import type { LayerIndex } from '../model/layer-index.ts';
import type { Namespace } from '../model/namespace.ts';
import type { Package } from '../model/package.ts';
import type { Affected, Vulnerability } from '../model/vulnerability.ts';
import type { SkippedRecord, WithdrawnRecord } from '../plugin/advisory-source.ts';
import type { KeyRange, VersionKey } from '../plugin/version-scheme.ts';

/** An affected row with its range as keys; `keys` is absent when a bound has no key and the comparison must be made in code. */
export interface KeyedAffected extends Affected {
  readonly keys?: KeyRange;
}

/** A vulnerability ready to be stored. */
export interface KeyedVulnerability extends Omit<Vulnerability, 'affected'> {
  readonly affected: readonly KeyedAffected[];
}

/** What an application of a feed is fed with. */
export type KeyedRecord = KeyedVulnerability | SkippedRecord | WithdrawnRecord;

/** A feed as it was last applied or last tried. Times are ISO 8601; they come back in UTC with milliseconds. */
export interface FeedState {
  readonly source: string;
  readonly feed: string;
  readonly sourceVersion: number;
  /** Where it came from: `upstream` or the place of a mirror. */
  readonly origin: string;
  /** `absent`: the vendor, or the mirror, has no such file. */
  readonly presence: 'loaded' | 'absent';
  readonly fingerprint: string;
  /** When the content in the store was fetched. */
  readonly fetchedAt: string;
  /** When it was last found to be current. */
  readonly checkedAt: string;
  /** The newest `modified` of its records, else `Last-Modified` of the file, else null. */
  readonly newestAdvisory: string | null;
  readonly records: number;
}

/** What one application of a feed changed. */
export interface FeedDifference {
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
  readonly unchanged: number;
}

/** The state to be recorded with an application; the store counts records and finds the newest by itself. */
export interface FeedUpdate extends Omit<FeedState, 'records' | 'newestAdvisory' | 'presence' | 'checkedAt'> {
  readonly lastModified?: string;
}

/** Advisories, and where they came from. */
export interface AdvisoryStore {
  feedStates(): Promise<readonly FeedState[]>;
  /** Whether any record in force speaks of a namespace. */
  speaksOf(namespace: string): Promise<boolean>;
  /**
   * Replaces the records of one feed by difference, in one transaction: an unchanged record costs no write, a vanished or
   * changed one has its validity closed. If the stream throws, nothing of it stays. The stream may be slow and long: it is not
   * held in memory, and nobody waits for it. Throws `feed-corrupt` when a key comes twice, `store-unusable` when somebody else
   * applied the same feed meanwhile.
   */
  apply(update: FeedUpdate, records: AsyncIterable<KeyedRecord>): Promise<FeedDifference>;
  /** Notes that a feed was found current, or absent, without touching its records. */
  touch(state: Omit<FeedState, 'records' | 'newestAdvisory'>): Promise<void>;
}

/** A package of an image with what it is looked up by; `lookup` is null where no namespace knows its kind. */
export interface ImagePackage extends Package {
  readonly lookup: {
    readonly namespace: Namespace;
    readonly name: string;
    readonly version: string;
    /** Absent when the version has no key. */
    readonly key?: VersionKey;
  } | null;
}

/** An image as the sum of its layers. `identity` is equal for equal layers in equal order under one analyzer key. */
export interface ImageIndex {
  readonly identity: string;
  readonly layers: readonly string[];
  readonly distro: Distro | null;
  readonly packages: readonly ImagePackage[];
}

/** A row that may make a package vulnerable. */
export interface StoredMatch extends AdvisoryHit {
  /** Position in `packages` of the image. */
  readonly package: number;
  /** False when the installed version or a bound has no key: the caller compares in code. */
  readonly decided: boolean;
}

/** Images that were indexed. */
export interface ImageStore {
  /** Saves the image unless it is known; returns its number. */
  save(image: ImageIndex): Promise<number>;
  /** Every row whose range holds an installed version, in one join; `not-affected` rows are left out. Ordered canonically. */
  matches(image: number): Promise<readonly StoredMatch[]>;
}

/** Layers that were read, by what identifies their content. */
export interface LayerStore {
  find(identity: string, analyzerKey: string): Promise<LayerIndex | undefined>;
  save(identity: string, analyzerKey: string, index: LayerIndex): Promise<void>;
}

/** Mutual exclusion between processes, with an end: a lock whose owner died falls free. */
export interface LockStore {
  /** Takes or renews the lock for `owner`; false while somebody else holds it. */
  acquire(name: string, owner: string, forMs: number): Promise<boolean>;
  release(name: string, owner: string): Promise<void>;
}

/** What lies in the store. */
export interface StoreStatistics {
  readonly bytes: number;
  readonly rows: Readonly<Record<string, number>>;
}

/** Everything that is kept between two runs. Closed with `await using` or `[Symbol.asyncDispose]()`. */
export interface Store extends AsyncDisposable {
  readonly advisories: AdvisoryStore;
  readonly images: ImageStore;
  readonly layers: LayerStore;
  readonly locks: LockStore;
  statistics(): Promise<StoreStatistics>;
}
