import type { Generated } from 'kysely';
import type { DateEvidence } from '../../model/content-date.ts';
import type { FixState } from '../../model/fix.ts';
import type { PackageType } from '../../model/package.ts';
import type { Severity } from '../../model/severity.ts';
import type { AdvisoryEvent, FeedState } from '../store.ts';
import type {
  EnrichmentTable,
  IncomingEnrichmentTable,
  LookedUpTable,
  ScorePackTable,
} from './rating-tables.ts';

/** The number of the newest migration: what this program reads and writes. */
export const schemaVersion = 9;

/** The tables. Times are milliseconds since 1970, truth values 0 or 1. */
export interface Tables {
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
  looked_up: LookedUpTable;
  layer: LayerTable;
  image: ImageTable;
  image_layer: ImageLayerTable;
  image_package: ImagePackageTable;
  package: PackageTable;
  v1_layer: V1LayerTable;
  v1_version: V1VersionTable;
  v1_brought: V1BroughtTable;
  notification: NotificationTable;
  digest: DigestTable;
  digest_item: DigestItemTable;
  ancestry: AncestryTable;
  ancestry_layer: AncestryLayerTable;
  ancestry_version: AncestryVersionTable;
  layer_hash: LayerHashTable;
  lock: LockTable;
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

/** How a feed was found when it was applied, and until it was applied again. */
interface FeedContentColumns {
  source_version: number;
  origin: string;
  fingerprint: string;
  fetched_at: number;
  checked_at: number;
  newest_advisory: number | null;
  /** How new the content is, and the evidence for that. */
  content_date: number | null;
  content_evidence: DateEvidence | null;
  records: number;
  /** How many records could not be understood. */
  skipped: Generated<number>;
  /** When it was last applied, by the clock of this store; never goes back. */
  applied_at: number;
}

/** One file of a source, and how it was last found. */
interface FeedTable extends FeedContentColumns {
  id: Generated<number>;
  source: string;
  name: string;
  presence: FeedState['presence'];
  /** Some of the records that could not be understood, as JSON of `SkippedSample[]`. */
  skipped_sample: Generated<string>;
  /** When the last try failed, and why; null after a success. */
  failed_at: number | null;
  failure: string | null;
  /** How often the feed was applied; tells whether another process applied it meanwhile. */
  revision: number;
}

/** A content of a feed that another one has replaced. */
interface FeedHistoryTable extends FeedContentColumns {
  feed_id: number;
  replaced_at: number;
}

/** A namespace of which records in force of a feed speak. */
interface FeedNamespaceTable {
  feed_id: number;
  namespace_id: number;
  /** Since when the feed itself speaks of it no more, null while it does. */
  kept_since: number | null;
}

/**
 * A record of a feed while it stood in this form: in force from `valid_from` until before `valid_to`, null while it is. Where
 * `kept_for` is the number of a namespace, it is only what the record said of that namespace before the feed dropped it;
 * elsewhere it is 0.
 */
interface VulnerabilityTable {
  id: number;
  feed_id: number;
  key: string;
  kept_for: Generated<number>;
  hash: string;
  name: string;
  severity: Severity;
  /** What is only shown, as JSON: see `writeDetails`. */
  details: string;
  valid_from: number;
  valid_to: number | null;
}

/** What affected rows are made of, stored and incoming alike. */
interface AffectedColumns {
  namespace_id: number;
  package: string;
  hi: Uint8Array;
  lo: Uint8Array;
  /** Place in the list of its record. */
  position: number;
  /** 0 when a bound has no key: `lo` and `hi` then span everything. */
  is_keyed: number;
  range_from: string | null;
  range_from_excluded: number;
  range_to: string | null;
  range_to_included: number;
  fix_state: FixState;
  /** The version of a fix; null where it is `range_to`, as nearly everywhere. */
  fix_version: string | null;
  severity: Severity | null;
  /** The conditions of the row as JSON, null where there are none. */
  conditions: string | null;
}

/**
 * A row of a record, in force while the record is. Rows lie in the order of namespace, package and range, so that what an
 * installed version may be hit by lies together.
 */
interface AffectedTable extends AffectedColumns {
  vulnerability_id: number;
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
  /** What changed, separated by commas. */
  changed: string;
  old_id: number | null;
  new_id: number | null;
}

interface LayerTable {
  identity: string;
  analyzer_key: string;
  content: string;
  /** To the day. */
  last_used_at: Generated<number>;
}

interface ImageTable {
  id: Generated<number>;
  identity: string;
  distro: string | null;
  /** Which namespace detector told it; null where nobody noted. */
  detector: string | null;
  /** The lists of repositories its packages come from, as JSON, each once: most packages share theirs. */
  repositories: string | null;
  /** The layers its packages come from, as JSON, each once. */
  package_layers: string | null;
  /** To the day. */
  last_used_at: Generated<number>;
}

interface ImageLayerTable {
  image_id: number;
  position: number;
  layer: string;
}

/** That an image has a package. */
interface ImagePackageTable {
  image_id: number;
  position: number;
  package_id: number;
  /** Place among the layers of the packages of the image. */
  layer: number | null;
  /** Place of its list among the repositories of the image. */
  repositories: number | null;
}

/** A package as it is installed in any number of images: each is here once. */
interface PackageTable {
  id: Generated<number>;
  /** A hash of all the rest. */
  identity: string;
  namespace_id: number | null;
  lookup_name: string | null;
  lookup_version: string | null;
  key: Uint8Array | null;
  type: PackageType;
  name: string;
  version: string;
  arch: string | null;
  source_name: string | null;
  source_version: string | null;
  /** What is compared with rows that speak of `source_name`; null where no such rows are looked for. */
  source_lookup_version: string | null;
  source_key: Uint8Array | null;
  purl: string;
  path: string;
  found_by: string;
  modularity: string | null;
  vendor: string | null;
  licence: string | null;
  owner: string | null;
}

/** A name that stands for an image, as Clair's first API gives them. */
interface V1LayerTable {
  name: string;
  /** Rises in the order in which names were first saved. */
  number: number;
  parent: string | null;
  image_id: number;
  format: string;
  engine_version: number;
}

/** A version of a package that layers with a name have brought, or ancestries have, as far as advisories can tell it from others. */
interface V1VersionTable {
  id: Generated<number>;
  /** A hash of all the rest. */
  identity: string;
  namespace_id: number;
  /** What rows have to speak of to meet it. */
  by: 'name' | 'source';
  package: string;
  version: string;
  key: Uint8Array | null;
  type: PackageType;
  /** What conditions ask of the build; empty where no row has conditions for the type. */
  build: string;
  arch: string;
  modularity: string;
}

/** A layer whose image has a version that the image of its parent does not have. */
interface V1BroughtTable {
  version_id: number;
  layer_number: number;
}

/** An event, or the part of it that is about one namespace, to be told until somebody says it was heard. */
interface NotificationTable {
  name: string;
  event_number: number;
  /** Null where the records speak of no namespace. */
  namespace_id: number | null;
  old_id: number | null;
  new_id: number | null;
  created_at: number;
  notified_at: number | null;
  deleted_at: number | null;
  /** When it is to be told next, null when never again. */
  due_at: number | null;
}

/** What is told of one image in one message; of those of an image at most one is open, and takes more. */
interface DigestTable {
  name: string;
  image_id: number;
  is_open: number;
  created_at: number;
  notified_at: number | null;
  deleted_at: number | null;
  due_at: number | null;
}

/** What a notification tells of packages of an image, and in which digest. */
interface DigestItemTable {
  notification: string;
  image_id: number;
  /** Of the content: what is added again is known by it. */
  hash: string;
  digest: string;
  /** As JSON. */
  content: string;
}

/** A name that stands for an image, as Clair's third API gives them. */
interface AncestryTable {
  name: string;
  /** Rises in the order in which names were first saved. */
  number: number;
  image_id: number;
  engine_version: number;
}

/** A layer of an ancestry, by what its client calls it. */
interface AncestryLayerTable {
  ancestry_number: number;
  position: number;
  hash: string;
}

/** An ancestry whose image has a version. */
interface AncestryVersionTable {
  version_id: number;
  ancestry_number: number;
}

/** What content a layer has that clients call so. */
interface LayerHashTable {
  hash: string;
  identity: string;
}

interface LockTable {
  name: string;
  owner: string;
  expires_at: number;
}

interface KeyValueTable {
  key: string;
  value: string;
}

/** The last number given to a row of a table whose rows are numbered before they are inserted. */
interface IdCounterTable {
  name: string;
  last_id: number;
}

/** Records of a feed that is being applied, numbered from 1: a temporary table. */
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

/** Numbers of stored records that are no longer in force. */
interface IncomingClosedTable {
  id: number;
}
