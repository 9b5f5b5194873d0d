import type { Generated } from 'kysely';
import type { DateEvidence } from '../../model/content-date.ts';
import type { FixState } from '../../model/fix.ts';
import type { PackageType } from '../../model/package.ts';
import type { Severity } from '../../model/severity.ts';
import type { AdvisoryEvent } from '../event-store.ts';
import type { FeedState } from '../feed-state.ts';
import type { FindingAgeTables } from './finding-ages/tables.ts';
import type { FindingChangeTables } from './finding-changes/change-rows.ts';
import type { FindingIndexTables } from './finding-index/tables.ts';
import type {
  FindingDayTable,
  ImageDescriptionTable,
  ImageLayerTable,
  ImageSetTable,
  ImageTable,
  LayerExtractTable,
  LayerTable,
  PackageSetTable,
  PackageTable,
  SetCountTable,
  SetPackageTable,
} from './image-tables.ts';
import type {
  ImageDigestTable,
  ImageNameTable,
  KnownImageTable,
  PlacedImageTable,
} from './known-image-tables.ts';
import type {
  DigestItemTable,
  DigestTable,
  NotificationTable,
  TransportStartTable,
} from './notification-tables.ts';
import type {
  EnrichmentTable,
  IncomingEnrichmentTable,
  LookedUpTable,
  RatingChangeTable,
  ScorePackTable,
} from './rating-tables.ts';

import type { ImageSourceTable, ScanJobTable } from './scan-job-table.ts';
import type { AttachedVexTable, AuditEntryTable, SavedSuppressionTable } from './suppression-tables.ts';

import type { NoticedNameTable, WatchedRegistryTable, WatchedTagTable } from './watch-tables.ts';

/** Number of the newest migration: the schema that this program reads and writes. */
export const schemaVersion = 37;

/** Tables with many rows, whose integers are of four bytes. */
export const narrowTables: ReadonlySet<keyof Tables> = new Set<keyof Tables>([
  'image_set',
  'set_package',
  'set_finding',
  'counted_set',
]);

/** The tables. Times are milliseconds since 1970, booleans 0 or 1. */
export interface Tables extends FindingIndexTables, FindingAgeTables, FindingChangeTables {
  namespace: NamespaceTable;
  feed: FeedTable;
  feed_history: FeedHistoryTable;
  feed_namespace: FeedNamespaceTable;
  vulnerability: VulnerabilityTable;
  affected: AffectedTable;
  alias: AliasTable;
  event: EventTable;
  enrichment: EnrichmentTable;
  score_pack: ScorePackTable;
  known_document: KnownDocumentTable;
  looked_up: LookedUpTable;
  rating_change: RatingChangeTable;
  layer: LayerTable;
  layer_extract: LayerExtractTable;
  image: ImageTable;
  image_description: ImageDescriptionTable;
  image_layer: ImageLayerTable;
  image_set: ImageSetTable;
  known_image: KnownImageTable;
  image_name: ImageNameTable;
  image_digest: ImageDigestTable;
  image_source: ImageSourceTable;
  placed_image: PlacedImageTable;
  scan_job: ScanJobTable;
  saved_suppression: SavedSuppressionTable;
  audit_entry: AuditEntryTable;
  attached_vex: AttachedVexTable;
  watched_registry: WatchedRegistryTable;
  watched_tag: WatchedTagTable;
  noticed_name: NoticedNameTable;
  package_set: PackageSetTable;
  set_package: SetPackageTable;
  set_count: SetCountTable;
  finding_day: FindingDayTable;
  package: PackageTable;
  v1_layer: V1LayerTable;
  v1_version: V1VersionTable;
  v1_brought: V1BroughtTable;
  notification: NotificationTable;
  digest: DigestTable;
  digest_item: DigestItemTable;
  transport_start: TransportStartTable;
  ancestry: AncestryTable;
  ancestry_layer: AncestryLayerTable;
  layer_hash: LayerHashTable;
  lock: LockTable;
  job: JobTable;
  key_value: KeyValueTable;
  id_counter: IdCounterTable;
  incoming_vulnerability: IncomingVulnerabilityTable;
  incoming_affected: IncomingAffectedTable;
  incoming_alias: IncomingAliasTable;
  incoming_closed: IncomingClosedTable;
  incoming_enrichment: IncomingEnrichmentTable;
}

interface NamespaceTable {
  id: Generated<number>;
  name: string;
  version_scheme: string;
}

/** State of a feed from one application to the next. */
interface FeedContentColumns {
  source_version: number;
  origin: string;
  fingerprint: string;
  fetched_at: number;
  checked_at: number;
  newest_advisory: number | null;
  /** Date of the content in milliseconds, and its evidence. */
  content_date: number | null;
  content_evidence: DateEvidence | null;
  /** Version of the model that computed the content. */
  content_model: string | null;
  records: number;
  /** Number of records that could not be parsed. */
  skipped: Generated<number>;
  /** Time of the last application, by the clock of this store; never decreases. */
  applied_at: number;
}

/** One file of a source and its current state. */
interface FeedTable extends FeedContentColumns {
  id: Generated<number>;
  source: string;
  name: string;
  presence: FeedState['presence'];
  /** Sample of the records that could not be parsed, as JSON of `SkippedSample[]`. */
  skipped_sample: Generated<string>;
  /** Time and message of the last failed attempt; null after a success. */
  failed_at: number | null;
  failure: string | null;
  /** Number of applications; shows whether another process applied the feed meanwhile. */
  revision: number;
}

/** Content of a feed that was replaced. */
interface FeedHistoryTable extends FeedContentColumns {
  feed_id: number;
  replaced_at: number;
}

/** A namespace that current records of a feed cover. */
interface FeedNamespaceTable {
  feed_id: number;
  namespace_id: number;
  /** Since when the feed itself no longer covers it; null while it does. */
  kept_since: number | null;
}

/**
 * One form of a record of a feed: current from `valid_from` until before `valid_to`, which is null while it is current. If
 * `kept_for` is the number of a namespace, the row has only the record's part about that namespace before the feed dropped it.
 * Otherwise `kept_for` is 0.
 */
interface VulnerabilityTable {
  id: number;
  feed_id: number;
  key: string;
  kept_for: Generated<number>;
  hash: string;
  name: string;
  severity: Severity;
  /** Fields that are only displayed, as JSON: see `writeDetails`. */
  details: string;
  valid_from: number;
  valid_to: number | null;
}

/** Columns that stored and incoming affected rows share. */
interface AffectedColumns {
  namespace_id: number;
  package: string;
  hi: Uint8Array;
  lo: Uint8Array;
  /** Position in the list of its record. */
  position: number;
  /** 0 if a bound has no key: `lo` and `hi` then span everything. */
  is_keyed: number;
  range_from: string | null;
  range_from_excluded: number;
  range_to: string | null;
  range_to_included: number;
  fix_state: FixState;
  /** The version of a fix; null if it equals `range_to`, as it nearly always does. */
  fix_version: string | null;
  severity: Severity | null;
  /** The conditions of the row as JSON; null if it has none. */
  conditions: string | null;
  /** Whether it applies to source packages: its match key. */
  matches_source: Generated<number>;
}

/**
 * A row of a record, current while the record is. Rows are stored in the order of namespace, package and range, so all rows that
 * may hit an installed version are adjacent.
 */
interface AffectedTable extends AffectedColumns {
  vulnerability_id: number;
}

/** A part of the documents of a feed as they were last read, which are one `DocumentPack`. */
interface KnownDocumentTable {
  feed_id: number;
  part: number;
  /** Versions of the program and the source that read them: see `documentReaderOf`. */
  reader: string;
  content: Uint8Array;
}

/** Another name of a vulnerability. */
interface AliasTable {
  name: string;
  vulnerability_id: number;
}

interface EventTable {
  number: number;
  at: number;
  feed_id: number;
  key: string;
  name: string;
  kind: AdvisoryEvent['kind'];
  /** The changed aspects, separated by commas. */
  changed: string;
  old_id: number | null;
  new_id: number | null;
}

/** A name that refers to an image, from Clair's v1 API. */
interface V1LayerTable {
  name: string;
  /** Rises in the order in which names were first saved. */
  number: number;
  parent: string | null;
  image_id: number;
  format: string;
  engine_version: number;
}

/** A package version of named layers or ancestries, as far as advisories distinguish it from others. */
interface V1VersionTable {
  id: Generated<number>;
  /** A hash of all other columns. */
  identity: string;
  namespace_id: number;
  /** The match key: which rows apply to it. */
  by: 'name' | 'source';
  package: string;
  version: string;
  key: Uint8Array | null;
  type: PackageType;
  /** The version for conditions on the build; empty if no row has such conditions for the type. */
  build: string;
  arch: string;
  modularity: string;
}

/** A layer whose image has a version that the image of its parent does not have. */
interface V1BroughtTable {
  version_id: number;
  layer_number: number;
}

/** A name that refers to an image, from Clair's v3 API. */
interface AncestryTable {
  name: string;
  /** Rises in the order in which names were first saved. */
  number: number;
  image_id: number;
  engine_version: number;
}

/** A layer of an ancestry, by the hash of its client. */
interface AncestryLayerTable {
  ancestry_number: number;
  position: number;
  hash: string;
}

/** The content of the layer with a hash of a client. */
interface LayerHashTable {
  hash: string;
  identity: string;
}

interface LockTable {
  name: string;
  owner: string;
  expires_at: number;
  /** Rises with each take-over. */
  number: Generated<number>;
}

/** Recurring work that one process of several does. */
interface JobTable {
  name: string;
  kind: string;
  lane: string;
  state: 'waiting' | 'running' | 'failed';
  run_at: number;
  attempt: Generated<number>;
  /** The process that runs it, and the time at which others may; null if none does. */
  owner: string | null;
  expires_at: number | null;
  /** Rises with each claim. */
  number: Generated<number>;
  error: string | null;
}

interface KeyValueTable {
  key: string;
  value: string;
}

/** The last number of a table whose rows are numbered before they are inserted. */
interface IdCounterTable {
  name: string;
  last_id: number;
}

/** Records of a feed that is being applied, numbered from 1. A temporary table. */
interface IncomingVulnerabilityTable {
  number: number;
  key: string;
  kept_for: number;
  hash: string;
  name: string;
  severity: Severity;
  details: string;
}

interface IncomingAffectedTable extends AffectedColumns {
  number: number;
}

interface IncomingAliasTable {
  number: number;
  name: string;
}

/** Numbers of stored records that are no longer current. */
interface IncomingClosedTable {
  id: number;
}
