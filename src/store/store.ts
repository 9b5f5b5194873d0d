import type { AdvisoryStore } from './advisory-store.ts';
import type { AncestryStore } from './ancestry-store.ts';
import type { AttachedVexStore } from './attached-vex-store.ts';
import type { BaseImageStore } from './base-image-store.ts';
import type { BatchStore } from './batch-store.ts';
import type { EnrichmentStore } from './enrichment-store.ts';
import type { EventStore } from './event-store.ts';
import type { FindingAgeStore } from './finding-age-store.ts';
import type { FindingCountStore } from './finding-count-store.ts';
import type { FindingIndexStore } from './finding-index-store.ts';
import type { ImageStore } from './image-store.ts';
import type { JobStore, WakeChannel } from './job-store.ts';
import type { KnownImageStore } from './known-image-store.ts';
import type { LayerExtractStore } from './layer-extract-store.ts';
import type { LayerStore } from './layer-store.ts';
import type { KeyValueStore, Lease, LockStore } from './lock-store.ts';
import type { CollectedCounts, RetentionTerms, StoreStatistics } from './maintenance.ts';
import type { NamedLayerStore } from './named-layer-store.ts';
import type { NoticedNameStore } from './noticed-name-store.ts';
import type { NotificationStore } from './notification-store.ts';
import type { ScanJobStore } from './scan-job-store.ts';
import type { SuppressionStore } from './suppression-store.ts';
import type { UpdateStore } from './update-store.ts';
import type { VulnerabilityStore } from './vulnerability-store.ts';
import type { WatchStore } from './watch-store.ts';

/** All persistent data. Close it with `await using` or `[Symbol.asyncDispose]()`. */
export interface Store extends AsyncDisposable {
  /** True if the database is only read. Writes then last until the process ends, and feeds are refused. */
  readonly isReadOnly: boolean;
  /** The clock of the database. All times of the store come from it, so processes with different clocks agree. */
  readonly now: () => Date;
  /** How far the clock of this machine was ahead of that of the database at the start, in milliseconds; negative if it was behind. */
  readonly clockAheadMs: number;
  /** Numbers of the schema of the database at the start, and of that of this program. The first may be a later one that both can use. */
  readonly schemas: { readonly database: number; readonly program: number };
  readonly advisories: AdvisoryStore;
  readonly vulnerabilities: VulnerabilityStore;
  readonly updates: UpdateStore;
  readonly events: EventStore;
  readonly notifications: NotificationStore;
  readonly batches: BatchStore;
  readonly enrichments: EnrichmentStore;
  readonly images: ImageStore;
  readonly knownImages: KnownImageStore;
  readonly baseImages: BaseImageStore;
  readonly findingCounts: FindingCountStore;
  readonly findingAges: FindingAgeStore;
  readonly findingIndex: FindingIndexStore;
  readonly layers: LayerStore;
  readonly layerExtracts: LayerExtractStore;
  readonly namedLayers: NamedLayerStore;
  readonly ancestries: AncestryStore;
  readonly locks: LockStore;
  readonly jobs: JobStore;
  readonly scanJobs: ScanJobStore;
  readonly suppressions: SuppressionStore;
  readonly attachedVex: AttachedVexStore;
  readonly watches: WatchStore;
  readonly noticedNames: NoticedNameStore;
  readonly keyValues: KeyValueStore;
  /** Calls `onWake` at most once a second when another process has announced work. Does nothing in an engine without such messages. */
  openWakeChannel(onWake: () => void): WakeChannel;
  /** The same for one pass over many records: the results are not cached in memory. */
  readonly bulkReads: Pick<Store, 'vulnerabilities' | 'enrichments'>;
  /** Throws `store-unavailable` unless the database answers within `limits.storePingMs`; for health checks. */
  ping(): Promise<void>;
  /** Throws `store-incompatible` if a later version has changed the tables. All other functions then throw it, too. */
  checkSchema(): Promise<void>;
  /**
   * Deletes expired data in small steps, so that no other work waits. Costs almost nothing if nothing has expired. Throws `store-conflict`
   * before the next step if another process has taken over the lease.
   */
  collectGarbage(terms: RetentionTerms, lease?: Lease): Promise<CollectedCounts>;
  /** Rebuilds the indexes that deleted rows have left sparse, beside other work. Takes minutes in a large database. */
  rebuildIndexes(): Promise<void>;
  statistics(): Promise<StoreStatistics>;
}
