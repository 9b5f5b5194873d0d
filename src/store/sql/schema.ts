import type { Generated } from 'kysely';
import type { FixState } from '../../model/fix.ts';
import type { PackageType } from '../../model/package.ts';
import type { Severity } from '../../model/severity.ts';
import type { FeedState } from '../store.ts';

/** The number of the newest migration: what this program reads and writes. */
export const schemaVersion = 1;

/** The tables. Times are milliseconds since 1970, truth values 0 or 1. */
export interface Tables {
  namespace: NamespaceTable;
  feed: FeedTable;
  vulnerability: VulnerabilityTable;
  affected: AffectedTable;
  layer: LayerTable;
  image: ImageTable;
  image_layer: ImageLayerTable;
  image_package: ImagePackageTable;
  lock: LockTable;
  id_counter: IdCounterTable;
  incoming_vulnerability: IncomingVulnerabilityTable;
  incoming_affected: IncomingAffectedTable;
  incoming_closed: IncomingClosedTable;
}

interface NamespaceTable {
  id: Generated<number>;
  name: string;
  version_scheme: string;
}

/** One file of a source, and how it was last found. */
interface FeedTable {
  id: Generated<number>;
  source: string;
  name: string;
  source_version: number;
  origin: string;
  presence: FeedState['presence'];
  fingerprint: string;
  fetched_at: number;
  checked_at: number;
  newest_advisory: number | null;
  records: number;
  /** How often the feed was applied; tells whether another process applied it meanwhile. */
  revision: number;
  /** When it was last applied, by the clock of this store; never goes back. */
  applied_at: number;
}

/** A record of a feed while it stood in this form: in force from `valid_from` until before `valid_to`, null while it is. */
interface VulnerabilityTable {
  id: number;
  feed_id: number;
  key: string;
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
}

/**
 * A row of a record, in force while the record is. Rows lie in the order of namespace, package and range, so that what an
 * installed version may be hit by lies together.
 */
interface AffectedTable extends AffectedColumns {
  vulnerability_id: number;
}

interface LayerTable {
  identity: string;
  analyzer_key: string;
  content: string;
}

interface ImageTable {
  id: Generated<number>;
  identity: string;
  distro: string | null;
}

interface ImageLayerTable {
  image_id: number;
  position: number;
  layer: string;
}

interface ImagePackageTable {
  image_id: number;
  position: number;
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
  purl: string;
  path: string;
  layer: string | null;
  found_by: string;
}

interface LockTable {
  name: string;
  owner: string;
  expires_at: number;
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
  hash: string;
  name: string;
  severity: Severity;
  details: string;
}

interface IncomingAffectedTable extends AffectedColumns {
  number: number;
}

/** Numbers of stored records that are no longer in force. */
interface IncomingClosedTable {
  id: number;
}
