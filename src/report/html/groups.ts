import { compareText } from '../../model/order.ts';
import type { Match, Report } from '../../model/report.ts';
import { compareSeverity } from '../../model/severity.ts';
import type { FindingOrder } from '../../plugin/report-format.ts';
import { compareBy, compareRisk, isFixable } from '../finding.ts';

/** A row of a group: one vulnerability of packages built from one source. */
export interface GroupRow {
  readonly match: Match;
  /** The affected packages. */
  readonly names: ReadonlySet<string>;
  /** The positions of their layers in the image, from 1. */
  readonly layers: ReadonlySet<number>;
}

/** The packages that were built from one source and are therefore updated together. */
export interface SourceGroup {
  readonly name: string;
  readonly version: string;
  /** The installed packages that have findings. */
  readonly names: readonly string[];
  /** The worst first. */
  readonly rows: readonly [GroupRow, ...GroupRow[]];
}

/** Groups the findings of a report by source package. Sorts groups by their worst row. */
export function groupsOf({ matches, layers }: Pick<Report, 'matches' | 'layers'>): SourceGroup[] {
  const positions = positionsOf(layers);
  const bySource = Map.groupBy(matches, ({ package: { type, name, version, source } }) =>
    JSON.stringify([type, source?.name ?? name, source?.version ?? version]),
  );
  const groups = [...bySource.values()].flatMap((found) => groupOf(found, positions) ?? []);
  return groups.sort(
    (a, b) =>
      compareRisk(a.rows[0].match, b.rows[0].match) ||
      b.rows.length - a.rows.length ||
      compareText(a.name, b.name) ||
      compareText(a.version, b.version),
  );
}

/** Returns the 1-based position of each layer by its diff id and by its digest. */
function positionsOf(layers: Report['layers']): ReadonlyMap<string, number> {
  const positions = new Map<string, number>();
  for (const [index, { diffId, digest }] of layers.entries())
    for (const each of [diffId, digest])
      if (each !== null && !positions.has(each)) positions.set(each, index + 1);
  return positions;
}

interface MutableRow {
  readonly match: Match;
  readonly names: Set<string>;
  readonly layers: Set<number>;
}

function groupOf(matches: readonly Match[], positions: ReadonlyMap<string, number>): SourceGroup | undefined {
  const rows = new Map<string, MutableRow>();
  for (const match of matches) {
    const { vulnerability, fix, package: found } = match;
    const key = JSON.stringify([vulnerability.id, vulnerability.severity, fix]);
    const row = rows.get(key) ?? { match, names: new Set(), layers: new Set() };
    rows.set(key, row);
    row.names.add(found.name);
    const position = positions.get(found.location.layer ?? '');
    if (position !== undefined) row.layers.add(position);
  }
  const [first, ...others] = [...rows.values()].sort(compareRows);
  if (first === undefined) return undefined;
  const { name, version, source } = first.match.package;
  const names = [...new Set(matches.map((match) => match.package.name))].sort(compareText);
  return { name: source?.name ?? name, version: source?.version ?? version, names, rows: [first, ...others] };
}

function compareRows({ match: one }: MutableRow, { match: other }: MutableRow): number {
  return compareRisk(one, other) || compareText(other.vulnerability.id, one.vulnerability.id);
}

/** A group with its position by risk. */
export interface RankedGroup extends SourceGroup {
  readonly rank: number;
}

/** Sorts groups that are sorted by risk, and their rows, in another order. A group counts as its first row. */
export function orderGroups(groups: readonly SourceGroup[], order: FindingOrder): RankedGroup[] {
  const ranked = groups.map((group, rank): RankedGroup => {
    const [first, ...others] = group.rows.toSorted((a, b) => compareBy(order, a.match, b.match));
    return { ...group, rank, rows: first === undefined ? group.rows : [first, ...others] };
  });
  return ranked.sort((a, b) =>
    order === 'package' ? compareText(a.name, b.name) : compareBy(order, a.rows[0].match, b.rows[0].match),
  );
}

/** Labels of the filters, which work without the script. */
export const rowFilterLabels = {
  severe: 'High or worse',
  fixed: 'With a fix',
  exploited: 'Known to be exploited',
} as const;

/** A filter of rows, which is also the CSS class of the rows it selects. */
export type RowFilter = keyof typeof rowFilterLabels;

const rowFilters: Readonly<Record<RowFilter, (match: Match) => boolean>> = {
  severe: ({ vulnerability }) => compareSeverity(vulnerability.severity, 'High') >= 0,
  fixed: isFixable,
  exploited: ({ vulnerability }) => vulnerability.kev === true,
};

/** Returns the filters that select at least one of the rows. */
export function rowFiltersOf(rows: readonly GroupRow[]): RowFilter[] {
  return (Object.keys(rowFilters) as RowFilter[]).filter((filter) =>
    rows.some(({ match }) => rowFilters[filter](match)),
  );
}
