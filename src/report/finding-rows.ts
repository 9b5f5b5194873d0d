import type { Match } from '../model/report.ts';
import type { FindingOrder } from '../plugin/report-format.ts';
import { sortFindings } from './finding.ts';

/** A row of the table: one vulnerability of all packages that have the same source and version. */
export interface FindingRow {
  /** The first finding of the row; the others have the same id, severity and fix. */
  readonly match: Match;
  /** The distinct names of the packages, in the order of their findings. */
  readonly names: readonly string[];
  /** The number of packages in the row, each counted at each of its locations. */
  readonly count: number;
}

/** Groups the findings of a report into rows, by risk if no order is given. */
export function findingRows(matches: readonly Match[], order?: FindingOrder): FindingRow[] {
  const rows = Map.groupBy(sortFindings(matches, order), rowKey);
  return [...rows.values()].flatMap((row) => {
    const [match] = row;
    if (match === undefined) return [];
    const count = row.reduce((sum, each) => sum + (each.package.locationCount ?? 1), 0);
    return [{ match, names: [...new Set(row.map((each) => each.package.name))], count }];
  });
}

function rowKey({ vulnerability, package: found, fix }: Match): string {
  const { type, name, version, source, parent } = found;
  const { id, severity } = vulnerability;
  return JSON.stringify([type, source?.name ?? name, version, id, severity, fix, parent]);
}
