import type { VersionRange } from '../../model/version-range.ts';
import { npm } from '../npm.ts';
import { collapseSpaces } from './comparators.ts';
import { intersectAll } from './intersect.ts';

/** One alternative of an npm range: the versions it spans, and for which releases it allows pre-releases. */
export interface NpmAlternative {
  /** None when its comparators contradict each other. */
  readonly ranges: readonly VersionRange[];
  /** `1.2.3` for every comparator that names a pre-release of it. */
  readonly prereleasesOf: readonly string[];
}

/** A version of which only the beginning may be given: `1`, `1.2`, `1.2.x`, `*`. */
interface PartialVersion {
  readonly major?: bigint;
  readonly minor?: bigint;
  readonly patch?: bigint;
  readonly prerelease?: string;
}

const partial =
  '[v=\\s]*(\\d+|[xX*])(?:\\.(\\d+|[xX*])(?:\\.(\\d+(?!\\d)|\\d+(?=\\d(?!\\d))|[xX*])(?:-?([\\dA-Za-z-]+(?:\\.[\\dA-Za-z-]+)*))?(?:\\+[\\dA-Za-z.-]+)?)?)?';
const hyphenRange = new RegExp(`^${partial} - ${partial}$`);
const comparator = new RegExp(` ?,? ?(<=|>=|<|>|~>?|\\^|=)?${partial}(?=[ ,]|$)`, 'y');

/**
 * The versions that an npm range spans, `^1.2.0 || ~2.1`, pre-releases among them: that is how `npm audit` reads the range of an
 * advisory. Undefined when it cannot be read.
 */
export function readNpmRange(text: string): readonly VersionRange[] | undefined {
  return readNpmAlternatives(text, true)?.flatMap(({ ranges }) => ranges);
}

/**
 * The alternatives of an npm range. Where pre-releases are not included from the start, as when npm chooses what to install,
 * a pre-release must lie in the ranges and also satisfy `allowsPrerelease`.
 */
export function readNpmAlternatives(
  text: string,
  includePrerelease: boolean,
): readonly NpmAlternative[] | undefined {
  const alternatives = collapseSpaces(text)
    .split('||')
    .map((alternative) => readAlternative(alternative, includePrerelease));
  return alternatives.every((alternative) => alternative !== undefined) ? alternatives : undefined;
}

/** Whether an alternative allows a version as far as pre-releases go: one must be named that is of the same release. */
export function allowsPrerelease({ prereleasesOf }: NpmAlternative, version: string): boolean {
  const parts = new RegExp(`^${partial}\\s*$`).exec(version);
  return parts?.[4] === undefined || prereleasesOf.includes(releaseOf(partialOf(parts.slice(1))));
}

function readAlternative(text: string, includePrerelease: boolean): NpmAlternative | undefined {
  const lowest = includePrerelease ? '-0' : '';
  const hyphen = hyphenRange.exec(text.trim());
  if (hyphen !== null) {
    const [from, to] = [partialOf(hyphen.slice(1, 5)), partialOf(hyphen.slice(5))];
    const unions = [[readFrom(from, lowest)], [readUpTo(to, includePrerelease)]];
    return {
      ranges: intersectAll(npm, unions),
      prereleasesOf: [from, to].filter(isPrerelease).map(releaseOf),
    };
  }
  const unions: (readonly VersionRange[])[] = [];
  const prereleasesOf: string[] = [];
  const source = text.trim();
  comparator.lastIndex = 0;
  while (comparator.lastIndex < source.length) {
    const parts = comparator.exec(source);
    if (parts === null) return undefined;
    const version = partialOf(parts.slice(2));
    unions.push(readComparator(parts[1] ?? '', version, lowest));
    if (isPrerelease(version)) prereleasesOf.push(releaseOf(version));
  }
  return { ranges: intersectAll(npm, unions), prereleasesOf };
}

function readComparator(operator: string, version: PartialVersion, lowest: string): readonly VersionRange[] {
  if (version.major === undefined) return operator === '<' || operator === '>' ? [] : [{}];
  const from = textOf(version, lowest);
  switch (operator) {
    case '<':
      return [{ to: textOf(version, '-0') }];
    case '>=':
      return [{ from }];
    case '^':
      return [{ from, to: after(version, '-0', caretPlace(version)) }];
    case '~':
    case '~>':
      return [{ from, to: after(version, '-0', version.minor === undefined ? 'major' : 'minor') }];
    default:
      return [isWhole(version) ? readWhole(operator, from) : readOpen(operator, version, lowest)];
  }
}

/** `>`, `<=` and `=` of one version. */
function readWhole(operator: string, version: string): VersionRange {
  if (operator === '>') return { from: version, fromExcluded: true };
  return operator === '<='
    ? { to: version, toIncluded: true }
    : { from: version, to: version, toIncluded: true };
}

/** `>`, `<=` and `=` of all versions that begin like this one. */
function readOpen(operator: string, version: PartialVersion, lowest: string): VersionRange {
  if (operator === '>') return { from: after(version, lowest) };
  const to = after(version, '-0');
  return operator === '<=' ? { to } : { from: textOf(version, lowest), to };
}

/** The first bound of `1.2 - 2.3`. */
function readFrom(version: PartialVersion, lowest: string): VersionRange {
  if (version.major === undefined) return {};
  return { from: textOf(version, lowest) + (isWhole(version) && !isPrerelease(version) ? lowest : '') };
}

/** The last bound of `1.2 - 2.3`. With pre-releases, those of the version after are not yet in it. */
function readUpTo(version: PartialVersion, includePrerelease: boolean): VersionRange {
  if (version.major === undefined) return {};
  if (!isWhole(version) || (includePrerelease && !isPrerelease(version))) return { to: after(version, '-0') };
  return { to: textOf(version, ''), toIncluded: true };
}

type Place = 'major' | 'minor' | 'patch';

/** `^` keeps the first number that is not zero, or the last that is given. */
function caretPlace({ major, minor, patch }: PartialVersion): Place {
  if (major !== 0n || minor === undefined) return 'major';
  return minor !== 0n || patch === undefined ? 'minor' : 'patch';
}

/** What comes after all versions that begin like this one up to a place, by default the last that is given. */
function after({ major = 0n, minor, patch }: PartialVersion, suffix: string, place?: Place): string {
  const last = place ?? (minor === undefined ? 'major' : patch === undefined ? 'minor' : 'patch');
  if (last === 'major') return `${major + 1n}.0.0${suffix}`;
  if (last === 'minor') return `${major}.${(minor ?? 0n) + 1n}.0${suffix}`;
  return `${major}.${minor ?? 0n}.${(patch ?? 0n) + 1n}${suffix}`;
}

/** The version, where numbers are left out with zeros and the suffix. */
function textOf(version: PartialVersion, suffix: string): string {
  const end = isPrerelease(version) ? `-${version.prerelease}` : isWhole(version) ? '' : suffix;
  return releaseOf(version) + end;
}

function releaseOf({ major = 0n, minor = 0n, patch = 0n }: PartialVersion): string {
  return `${major}.${minor}.${patch}`;
}

function isWhole({ patch }: PartialVersion): boolean {
  return patch !== undefined;
}

function isPrerelease(version: PartialVersion): version is PartialVersion & { readonly prerelease: string } {
  return version.prerelease !== undefined;
}

/** After the first number that is open, `x` or left out, all are. */
function partialOf(parts: readonly (string | undefined)[]): PartialVersion {
  const numbers = parts
    .slice(0, 3)
    .map((part) => (part !== undefined && /\d/.test(part) ? BigInt(part) : undefined));
  const [major, minor, patch] = numbers;
  if (major === undefined) return {};
  if (minor === undefined) return { major };
  if (patch === undefined) return { major, minor };
  return { major, minor, patch, ...(parts[3] !== undefined && { prerelease: parts[3] }) };
}
