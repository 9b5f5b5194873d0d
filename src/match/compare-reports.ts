import type {
  ChangedPackage,
  ComparedFinding,
  ComparedPackage,
  ComparedSide,
  Difference,
} from '../model/difference.ts';
import { compareText } from '../model/order.ts';
import type { Match, Report } from '../model/report.ts';
import { compareSeverity } from '../model/severity.ts';
import { suppressWhere } from './report-filters.ts';

/** The compared part of a finding. Its version, path and layer may differ in another image. */
export type ComparableFinding = Pick<Match, 'fix'> & {
  readonly vulnerability: Pick<Match['vulnerability'], 'id' | 'severity'>;
  readonly package: Pick<Match['package'], 'type' | 'name' | 'version'>;
};

/** The compared part of a report, which may be read from a file. */
export interface ComparableReport extends Pick<Report, 'verdict'> {
  readonly target: Pick<Report['target'], 'reference'>;
  readonly packages: readonly Pick<Report['packages'][number], 'type' | 'name' | 'version'>[];
  readonly matches: readonly ComparableFinding[];
}

/** Returns the added and removed packages and findings, the most severe findings first. */
export function compareReports(from: ComparableReport, to: ComparableReport): Difference {
  return {
    schemaVersion: 1,
    from: sideOf(from),
    to: sideOf(to),
    packages: differingPackages(from.packages, to.packages),
    findings: compareFindings(findingsOf(from), findingsOf(to)),
  };
}

/** Suppresses the findings that an earlier report has as well, for users who want only new ones. */
export function onlyNew(report: Report, earlier: ComparableReport): Report {
  const earlierKeys = new Set(earlier.matches.map(findingKey));
  const reason = `it is not new: ${earlier.target.reference} has it, too`;
  return suppressWhere(report, (match) => earlierKeys.has(findingKey(match)), reason);
}

/** Returns the key by which a finding is the same in two images: its vulnerability and its package, of any version and in any place. */
export function findingKey({ vulnerability, package: item }: ComparableFinding): string {
  return `${vulnerability.id}\n${packageKey(item)}`;
}

function packageKey({ type, name }: { readonly type: string; readonly name: string }): string {
  return `${type}\n${name}`;
}

function sideOf({ target, packages, matches, verdict }: ComparableReport): ComparedSide {
  return { reference: target.reference, packages: packages.length, findings: matches.length, verdict };
}

/** Packages by type and name, in the order of the lists. */
function versionsOf(packages: ComparableReport['packages']): Map<string, ComparedPackage> {
  const groups = Map.groupBy(packages, packageKey);
  const compared = [...groups].map(([key, group]): [string, ComparedPackage] => {
    const { type, name } = group[0] ?? { type: '', name: '' };
    return [key, { type, name, versions: distinct(group.map(({ version }) => version)) }];
  });
  return new Map(compared.sort(([a], [b]) => compareText(a, b)));
}

/** Returns the added, removed and changed packages. */
export function differingPackages(
  fromPackages: ComparableReport['packages'],
  toPackages: ComparableReport['packages'],
): Difference['packages'] {
  const [from, to] = [versionsOf(fromPackages), versionsOf(toPackages)];
  const changed = [...to].flatMap(([key, { type, name, versions }]): ChangedPackage[] => {
    const before = from.get(key)?.versions;
    const isSame = before === undefined || before.join('\n') === versions.join('\n');
    return isSame ? [] : [{ type, name, from: before, to: versions }];
  });
  return { came: only(to, from), went: only(from, to), changed };
}

function findingsOf({ matches }: ComparableReport): Map<string, ComparedFinding> {
  const groups = Map.groupBy(matches, findingKey);
  return new Map(
    [...groups].flatMap(([key, group]): [string, ComparedFinding][] => {
      const [first] = group;
      if (first === undefined) return [];
      const { type, name } = first.package;
      const versions = distinct(group.map(({ package: item }) => item.version));
      const { id, severity } = first.vulnerability;
      return [[key, { id, severity, package: { type, name, versions }, fix: first.fix }]];
    }),
  );
}

function compareFindings(
  from: ReadonlyMap<string, ComparedFinding>,
  to: ReadonlyMap<string, ComparedFinding>,
): Difference['findings'] {
  const stayed = [...to.keys()].filter((key) => from.has(key)).length;
  return { came: only(to, from).sort(worstFirst), went: only(from, to).sort(worstFirst), stayed };
}

function only<T>(these: ReadonlyMap<string, T>, others: ReadonlyMap<string, unknown>): T[] {
  return [...these].flatMap(([key, value]) => (others.has(key) ? [] : [value]));
}

function worstFirst(a: ComparedFinding, b: ComparedFinding): number {
  return (
    compareSeverity(b.severity, a.severity) ||
    compareText(a.package.name, b.package.name) ||
    compareText(a.id, b.id) ||
    compareText(a.package.type, b.package.type)
  );
}

function distinct(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort(compareText);
}
