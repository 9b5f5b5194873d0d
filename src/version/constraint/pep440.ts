import { type Comparator, comparatorRanges, type VersionRange } from '../../model/version-range.ts';
import { pep440 } from '../pep440.ts';
import { readComparators } from './comparators.ts';

/** Above every realistic local version and post-release number. */
const highest = '9'.repeat(20);

const release = /^v?(?:\d+!)?\d+(?:\.\d+)*/i;

/**
 * Returns the versions that specifiers allow, `~= 1.4.2, != 1.5.*` (PEP 440, "Version specifiers"). Advisories also
 * write alternatives with `||`, and `=` or no operator for `==`. Returns undefined if the text is invalid.
 *
 * An installer excludes pre-releases of 2 from `< 2`, as PEP 440 requires. An advisory includes them.
 */
export function readPep440Specifiers(
  text: string,
  includePrerelease: boolean = true,
): readonly VersionRange[] | undefined {
  return readComparators(pep440, text, (comparator) => readSpecifier(comparator, includePrerelease));
}

function readSpecifier(
  comparator: Comparator,
  includePrerelease: boolean,
): readonly VersionRange[] | undefined {
  const { operator, version } = comparator;
  if (operator === '===') return [{ from: version, to: version, toIncluded: true }];
  if (operator === '~=') return readCompatible(version);
  if (version.endsWith('.*')) return readPrefix(operator, version.slice(0, -2));
  if (version === '*' || version.includes('+')) return comparatorRanges(comparator);
  if (operator === '<' && includePrerelease) return [{ to: version }];
  return readPublic(operator, version);
}

/** Reads a version without a local part. It also includes its local versions. */
function readPublic(operator: string, version: string): readonly VersionRange[] | undefined {
  const withLocals = `${version}+${highest}`;
  const isRelease = release.exec(version)?.[0] === version;
  switch (operator) {
    case '':
    case '=':
    case '==':
      return [{ from: version, to: withLocals, toIncluded: true }];
    case '!=':
      return [{ to: version }, { from: withLocals, fromExcluded: true }];
    case '<=':
      return [{ to: withLocals, toIncluded: true }];
    case '<':
      return [{ to: isRelease ? `${version}.dev0` : version }];
    case '>':
      return [{ from: isRelease ? `${version}.post${highest}` : withLocals, fromExcluded: true }];
    default:
      return comparatorRanges({ operator, version });
  }
}

/** Reads `== 1.4.*`: from the first development release of 1.4 up to that of 1.5. */
function readPrefix(operator: string, prefix: string): readonly VersionRange[] | undefined {
  const from = `${prefix}.dev0`;
  const to = `${next(prefix)}.dev0`;
  if (operator === '==' || operator === '=' || operator === '') return [{ from, to }];
  return operator === '!=' ? [{ to: from }, { from: to }] : undefined;
}

/** Reads `~= 1.4.2`, which is `>= 1.4.2, == 1.4.*`. */
function readCompatible(version: string): readonly VersionRange[] | undefined {
  const prefix = release.exec(version)?.[0].replace(/\.\d+$/, '');
  if (prefix === undefined || release.exec(version)?.[0] === prefix) return undefined;
  return [{ from: version, to: `${next(prefix)}.dev0` }];
}

function next(version: string): string {
  const [digits = ''] = /(?<!\d)\d+$/.exec(version) ?? [];
  return digits === '' ? version : version.slice(0, -digits.length) + (BigInt(digits) + 1n).toString();
}
