import type { Match } from '../model/report.ts';
import { worstFirst } from './finding.ts';

/** One vulnerability of the packages that were built from one source and have the same version, as one row. */
export interface FindingRow {
  /** The first of the findings. */
  readonly match: Match;
  /** The names of the packages, each once, in their order. */
  readonly names: readonly string[];
  /** Of how many packages the row tells. */
  readonly count: number;
}

/** The findings of a report as rows, the worst first. */
export function findingRows(matches: readonly Match[]): FindingRow[] {
  const rows = Map.groupBy(worstFirst(matches), rowKey);
  return [...rows.values()].flatMap((row) => {
    const [match] = row;
    if (match === undefined) return [];
    return [{ match, names: [...new Set(row.map((each) => each.package.name))], count: row.length }];
  });
}

function rowKey({ vulnerability, package: found, fix }: Match): string {
  const { type, name, version, source } = found;
  const { id, severity } = vulnerability;
  return JSON.stringify([type, source?.name ?? name, version, id, severity, fix]);
}
