import type { VersionScheme } from '../../plugin/version-scheme.ts';
import type { UpgradeGroup } from './upgrade-groups.ts';
import { highestVersion, isClosedBy, majorLineOf } from './version-order.ts';
import type { WeighedFinding } from './weighed-finding.ts';

/** The versions that close findings of a group, by the name that advisories use. */
export interface UpgradeTarget {
  /** The highest of all versions. Undefined for a parent, whose versions are unknown. */
  readonly version: string | undefined;
  readonly versionOf: (affectedPackage: string) => string | undefined;
  readonly closes: readonly WeighedFinding[];
}

/**
 * Returns the lowest versions that close all findings of a group that have a fix. A language package stays in its major line while that
 * closes any finding. Undefined if nothing can be closed.
 */
export function targetOf(
  { kind, isParent }: UpgradeGroup,
  open: readonly WeighedFinding[],
  schemes: readonly VersionScheme[],
): UpgradeTarget | undefined {
  const fixable = open.filter(({ fix }) => fix.state === 'fixed');
  if (kind === 'language-package') {
    const own = targetFor(fixable.filter(isFixedInOwnLine), fixable, { isParent, schemes });
    if (own !== undefined) return own;
  }
  return targetFor(fixable, fixable, { isParent, schemes });
}

function isFixedInOwnLine({ fix, package: { version } }: WeighedFinding): boolean {
  return fix.state === 'fixed' && majorLineOf(fix.version) === majorLineOf(version);
}

/** Returns the target that the fixed versions of some findings name, and all findings that it closes. */
function targetFor(
  named: readonly WeighedFinding[],
  fixable: readonly WeighedFinding[],
  { isParent, schemes }: { readonly isParent: boolean; readonly schemes: readonly VersionScheme[] },
): UpgradeTarget | undefined {
  const versions = new Map<string, string>();
  for (const [name, findings] of Map.groupBy(named, affectedPackageOf)) {
    const highest = highestFix(findings, schemes);
    if (highest !== undefined) versions.set(name, highest);
  }
  const version = highestFix(named, schemes);
  const versionOf = (name: string): string | undefined =>
    versions.get(name) ?? (isParent ? undefined : version);
  const closes = fixable.filter((finding) => isClosedBy(finding, versionOf, schemes));
  return closes.length === 0 ? undefined : { version: isParent ? undefined : version, versionOf, closes };
}

/** The name by which advisories know the package of a finding. */
export function affectedPackageOf({ evidence, package: { name } }: WeighedFinding): string {
  return evidence[0]?.package ?? name;
}

function highestFix(
  findings: readonly WeighedFinding[],
  schemes: readonly VersionScheme[],
): string | undefined {
  const fixes = findings.flatMap(({ fix }) => (fix.state === 'fixed' ? [fix.version] : []));
  return highestVersion(fixes, findings[0]?.evidence[0]?.versionScheme ?? '', schemes);
}
