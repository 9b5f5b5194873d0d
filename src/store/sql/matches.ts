import type { Kysely, SelectQueryBuilder } from 'kysely';
import type { Fix, FixState } from '../../model/fix.ts';
import { compareText } from '../../model/order.ts';
import type { Severity } from '../../model/severity.ts';
import type { VersionRange } from '../../model/version-range.ts';
import type { StoredMatch } from '../store.ts';
import { type Details, readDetails } from './record.ts';
import type { Tables } from './schema.ts';

/** Below and above every key. */
const lowest = new Uint8Array();
const highest = Uint8Array.of(0xff);

/** A row of the join. */
interface MatchRow {
  readonly position: number;
  readonly has_key: unknown;
  readonly source: string;
  readonly vulnerability_id: number;
  readonly id: string;
  readonly severity_of_record: Severity;
  readonly details: string;
  readonly namespace: string;
  readonly version_scheme: string;
  readonly package: string;
  readonly is_keyed: number;
  readonly range_from: string | null;
  readonly range_from_excluded: number;
  readonly range_to: string | null;
  readonly range_to_included: number;
  readonly fix_state: FixState;
  readonly fix_version: string | null;
  readonly severity: Severity | null;
}

/**
 * The range join: every pair of a package of the image and a range that holds its installed version. A version without a key
 * may lie anywhere, and so may a range without keys.
 */
export function rangeJoin(
  db: Kysely<Tables>,
  image: number,
): SelectQueryBuilder<Tables, 'image_package' | 'affected', object> {
  return db
    .selectFrom('image_package')
    .innerJoin('affected', (join) =>
      join
        .onRef('affected.namespace_id', '=', 'image_package.namespace_id')
        .onRef('affected.package', '=', 'image_package.lookup_name')
        .on((eb) => eb('affected.hi', '>', eb.fn.coalesce('image_package.key', eb.val(lowest))))
        .on((eb) => eb('affected.lo', '<=', eb.fn.coalesce('image_package.key', eb.val(highest)))),
    )
    .where('image_package.image_id', '=', image)
    .where('affected.fix_state', '<>', 'not-affected');
}

/** The range join with what is to be told of each pair, as far as the record is in force. */
export function matchQuery(
  db: Kysely<Tables>,
  image: number,
): SelectQueryBuilder<
  Tables,
  'image_package' | 'affected' | 'vulnerability' | 'feed' | 'namespace',
  MatchRow
> {
  return rangeJoin(db, image)
    .innerJoin('vulnerability', 'vulnerability.id', 'affected.vulnerability_id')
    .innerJoin('feed', 'feed.id', 'vulnerability.feed_id')
    .innerJoin('namespace', 'namespace.id', 'affected.namespace_id')
    .where('vulnerability.valid_to', 'is', null)
    .select([
      'image_package.position',
      'feed.source',
      'affected.vulnerability_id',
      'vulnerability.name as id',
      'vulnerability.severity as severity_of_record',
      'vulnerability.details',
      'namespace.name as namespace',
      'namespace.version_scheme',
      'affected.package',
      'affected.is_keyed',
      'affected.range_from',
      'affected.range_from_excluded',
      'affected.range_to',
      'affected.range_to_included',
      'affected.fix_state',
      'affected.fix_version',
      'affected.severity',
    ])
    .select((eb) => eb('image_package.key', 'is not', null).as('has_key'));
}

/** The rows that may make the packages of an image vulnerable, in canonical order. */
export async function matches(db: Kysely<Tables>, image: number): Promise<StoredMatch[]> {
  const rows = await matchQuery(db, image).execute();
  if (rows.length === 0) await assertKnown(db, image);
  const details = new Map<number, Details>();
  return rows.sort(compareRows).map((row) => {
    const known = details.get(row.vulnerability_id) ?? readDetails(row.details);
    details.set(row.vulnerability_id, known);
    return toMatch(row, known);
  });
}

/** An image that is not there must not pass for one without vulnerabilities. */
async function assertKnown(db: Kysely<Tables>, image: number): Promise<void> {
  const found = await db.selectFrom('image').select('id').where('id', '=', image).executeTakeFirst();
  if (found === undefined) throw new Error(`there is no image ${image} in the database`);
}

function toMatch(row: MatchRow, { aliases, description, links, cvss }: Details): StoredMatch {
  return {
    package: row.position,
    source: row.source,
    id: row.id,
    aliases,
    description,
    links,
    severity: row.severity ?? row.severity_of_record,
    cvss,
    namespace: { name: row.namespace, versionScheme: row.version_scheme },
    affectedPackage: row.package,
    range: rangeOf(row),
    fix: fixOf(row),
    decided: Boolean(row.has_key) && row.is_keyed === 1,
  };
}

function rangeOf(row: MatchRow): VersionRange {
  const { range_from: from, range_to: to } = row;
  // Nearly all rows; thousands of them are made for one image.
  if (row.range_from_excluded === 0 && row.range_to_included === 0) {
    if (from === null) return to === null ? {} : { to };
    return to === null ? { from } : { from, to };
  }
  return {
    ...(from !== null && { from }),
    ...(row.range_from_excluded === 1 && { fromExcluded: true }),
    ...(to !== null && { to }),
    ...(row.range_to_included === 1 && { toIncluded: true }),
  };
}

function fixOf({ fix_state: state, fix_version, range_to }: MatchRow): Fix {
  if (state !== 'fixed') return { state };
  const version = fix_version ?? range_to;
  if (version === null) throw new Error('a fixed row without a version');
  return { state, version };
}

/** By place in the image and by what a row says, never by the order of arrival: rows that compare equal say the same. */
function compareRows(a: MatchRow, b: MatchRow): number {
  return a.position - b.position || compareText(a.id, b.id) || compareRest(a, b);
}

function compareRest(a: MatchRow, b: MatchRow): number {
  for (const column of restOfRow) {
    const order = compareText(String(a[column] ?? ''), String(b[column] ?? ''));
    if (order !== 0) return order;
  }
  return 0;
}

const restOfRow = [
  'source',
  'namespace',
  'package',
  'range_from',
  'range_from_excluded',
  'range_to',
  'range_to_included',
  'fix_state',
  'fix_version',
  'severity',
  'severity_of_record',
  'is_keyed',
  'details',
] as const satisfies readonly (keyof MatchRow)[];
