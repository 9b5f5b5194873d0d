import type { Finding } from '../../api/report.ts';
import type { Severity } from '../../api/types.ts';
import { countSeverities, type SeverityCounts } from '../../severity.ts';

/** What the fixes of a package close. */
export interface PackageFix {
  /** Name of the source package, or of the package that contains the affected one. */
  readonly name: string;
  readonly installed: string;
  /** Fixed versions that findings name. The browser cannot order versions. */
  readonly versions: readonly string[];
  readonly counts: SeverityCounts;
  readonly exploited: number;
}

/** Weights by which packages are ordered. One exploited vulnerability counts more than any number of others. */
const weights: Readonly<Record<Severity, number>> = {
  Defcon1: 1000,
  Critical: 1000,
  High: 100,
  Medium: 10,
  Low: 1,
  Negligible: 0.1,
  Unknown: 1,
};
const exploitedWeight = 1_000_000;

/** Returns the packages whose findings have a fix, those first whose fixes close most. */
export function packageFixes(matches: readonly Finding[]): PackageFix[] {
  const fixable = matches.filter(({ fix }) => fix.state === 'fixed');
  const groups = Map.groupBy(fixable, (finding) => {
    const { name, version } = upgradedPackage(finding);
    return `${name}\n${version}`;
  });
  return [...groups.values()]
    .map((group) => ({ fix: toPackageFix(group), weight: weightOf(group) }))
    .sort((a, b) => b.weight - a.weight)
    .map(({ fix }) => fix);
}

function toPackageFix(group: readonly Finding[]): PackageFix {
  const [first] = group;
  const { name, version } = first === undefined ? { name: '', version: '' } : upgradedPackage(first);
  const versions = new Set(group.flatMap(({ fix }) => fix.version ?? []));
  return {
    ...{ name, installed: version, versions: [...versions] },
    counts: countSeverities(group.map(({ vulnerability }) => vulnerability.severity)),
    exploited: group.filter(({ vulnerability }) => vulnerability.kev === true).length,
  };
}

/** Returns what one upgrades to fix a finding: the package that contains the affected one, or its source package. */
function upgradedPackage({ package: { name, version, source, parent } }: Finding): {
  readonly name: string;
  readonly version: string;
} {
  if (parent !== undefined) return { name: parent.name, version: parent.version ?? '' };
  return { name: source?.name ?? name, version: source?.version ?? version };
}

function weightOf(group: readonly Finding[]): number {
  return group.reduce(
    (sum, { vulnerability: { severity, kev } }) =>
      sum + weights[severity] + (kev === true ? exploitedWeight : 0),
    0,
  );
}
