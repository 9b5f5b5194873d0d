import type { Kysely, SelectQueryBuilder } from 'kysely';
import { compareText } from '../../model/order.ts';
import type { Severity } from '../../model/severity.ts';
import type { Conditions } from '../../model/vulnerability.ts';
import type { MatchKey } from '../affected-cursor.ts';
import type { StoredHit } from '../image-store.ts';
import { type AffectedRow, fixOfRow, rangeOfRow, readConditions } from './affected-row.ts';
import { isMatchedBy } from './match-key.ts';
import { type Details, readDetails } from './record.ts';
import type { Tables } from './schema.ts';

/** An affected row with the fields of its record. */
export interface HitRow extends AffectedRow {
  readonly source: string;
  readonly vulnerability_id: number;
  readonly id: string;
  readonly severity_of_record: Severity;
  readonly details: string;
  readonly namespace: string;
  readonly version_scheme: string;
  readonly package: string;
  readonly is_keyed: number;
  readonly severity: Severity | null;
}

/** The columns of a hit, in a join of `affected`, its record, feed and namespace. */
export const hitColumns = [
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
  'affected.conditions',
] as const;

/** Selects the rows of records, by their numbers, that apply under one match key, joined for `hitColumns`. */
export function rowsOfRecords(
  db: Kysely<Tables>,
  vulnerabilities: readonly number[],
  by: MatchKey,
): SelectQueryBuilder<Tables, 'affected' | 'vulnerability' | 'feed' | 'namespace', object> {
  return db
    .selectFrom('affected')
    .innerJoin('vulnerability', 'vulnerability.id', 'affected.vulnerability_id')
    .innerJoin('feed', 'feed.id', 'vulnerability.feed_id')
    .innerJoin('namespace', 'namespace.id', 'affected.namespace_id')
    .where('affected.vulnerability_id', 'in', vulnerabilities)
    .where('affected.fix_state', '<>', 'not-affected')
    .where(isMatchedBy(by));
}

/** Makes hits of rows. Reads values that many rows share only once. */
export class HitReader {
  readonly #details = new Map<number, Details>();
  readonly #conditions = new Map<string, Conditions>();

  /** Returns the hit of a row; `isKeyed` states whether the installed version has a key. */
  read(row: HitRow, isKeyed: boolean): StoredHit {
    const { aliases, description, links, cvss, metadata, title, issued } = this.#detailsOf(row);
    const hit = {
      source: row.source,
      id: row.id,
      aliases,
      description,
      links,
      severity: row.severity ?? row.severity_of_record,
      cvss,
      namespace: { name: row.namespace, versionScheme: row.version_scheme },
      affectedPackage: row.package,
      range: rangeOfRow(row),
      fix: fixOfRow(row),
      decided: isKeyed && row.is_keyed === 1,
    };
    // Nearly all rows. An image has thousands of them, so spreads would be slow.
    if ((metadata ?? title ?? issued) === undefined && row.conditions === null) return hit;
    return {
      ...hit,
      ...(title !== undefined && { title }),
      ...(metadata !== undefined && { metadata }),
      ...(issued !== undefined && { issued }),
      ...(row.conditions !== null && { only: this.#conditionsOf(row.conditions) }),
    };
  }

  #detailsOf({ vulnerability_id: id, details }: HitRow): Details {
    const known = this.#details.get(id);
    if (known !== undefined) return known;
    const read = readDetails(details);
    this.#details.set(id, read);
    return read;
  }

  #conditionsOf(text: string): Conditions {
    const known = this.#conditions.get(text) ?? readConditions(text);
    this.#conditions.set(text, known);
    return known;
  }
}

/** The canonical order of hits on one package: by content, not by insertion. Rows that compare equal have equal content. */
export function compareHits(a: HitRow, b: HitRow): number {
  return compareText(a.id, b.id) || compareRest(a, b);
}

function compareRest(a: HitRow, b: HitRow): number {
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
  'conditions',
  'is_keyed',
  'details',
] as const satisfies readonly (keyof HitRow)[];
