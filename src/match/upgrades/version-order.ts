import type { VersionScheme } from '../../plugin/version-scheme.ts';
import { isInRange } from '../key-range.ts';
import type { UpgradableFinding } from './weighed-finding.ts';

/** Returns the highest of some versions of a scheme. Versions that have no order with the others are left out. */
export function highestVersion(
  versions: readonly string[],
  schemeName: string,
  schemes: readonly VersionScheme[],
): string | undefined {
  const scheme = schemes.find(({ name }) => name === schemeName);
  let highest: string | undefined;
  for (const version of versions) {
    if (scheme?.compare(version, version) !== 0) continue;
    if (highest === undefined || (scheme.compare(version, highest) ?? 0) > 0) highest = version;
  }
  return highest;
}

/** Returns distinct versions in the order of a scheme, and those without an order last. */
export function sortedVersions(
  versions: readonly string[],
  schemeName: string,
  schemes: readonly VersionScheme[],
): string[] {
  const scheme = schemes.find(({ name }) => name === schemeName);
  const isValid = (version: string): boolean => scheme?.compare(version, version) === 0;
  const distinct = [...new Set(versions)];
  const ordered = distinct.filter(isValid).sort((a, b) => scheme?.compare(a, b) ?? 0);
  return [...ordered, ...distinct.filter((version) => !isValid(version)).sort()];
}

/**
 * Returns whether a finding is gone once the packages that its advisories name have other versions. `versionOf` returns the new version of a
 * name in an advisory. A version that cannot be compared leaves the finding open.
 */
export function isClosedBy(
  { evidence }: Pick<UpgradableFinding, 'evidence'>,
  versionOf: (affectedPackage: string) => string | undefined,
  schemes: readonly VersionScheme[],
): boolean {
  return (
    evidence.length > 0 &&
    evidence.every(({ package: name, range, versionScheme }) => {
      const version = versionOf(name);
      const scheme = schemes.find((each) => each.name === versionScheme);
      if (version === undefined || scheme?.compare(version, version) !== 0) return false;
      return isInRange(scheme, range, version) === false;
    })
  );
}

/**
 * Returns the major line of a version, within which upgrades should be compatible: `4` of `4.17.21`, `0.21` of `0.21.1`. Only a label: no
 * order is derived from it. Empty if the version begins with no number.
 */
export function majorLineOf(version: string): string {
  const [, major = '', minor] = /^[v=]?(?:\d+[!:])?(\d{1,32})(?:\.(\d{1,32}))?/.exec(version) ?? [];
  return major === '0' && minor !== undefined ? `0.${minor}` : major;
}
