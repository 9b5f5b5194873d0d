import type { VersionRange } from '../../model/version-range.ts';
import { npm } from '../npm.ts';
import { collapseSpaces } from './comparators.ts';
import { intersectAll } from './intersect.ts';

/** One alternative of an npm range: the versions it spans, and the releases whose pre-releases it allows. */
export interface NpmAlternative {
  /** Empty if its comparators contradict each other. */
  readonly ranges: readonly VersionRange[];
  /** `1.2.3` for every comparator that names a pre-release of it. */
  readonly prereleasesOf: readonly string[];
}

/** A version with omitted or open numbers: `1`, `1.2`, `1.2.x`, `*`. */
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
 * Returns the versions that an npm range spans, `^1.2.0 || ~2.1`, including pre-releases: `npm audit` reads advisory
 * ranges so. Returns undefined if the text is invalid.
 */
export function readNpmRange(text: string): readonly VersionRange[] | undefined {
  return readNpmAlternatives(text, true)?.flatMap(({ ranges }) => ranges);
}

/**
 * Returns the alternatives of an npm range. Without `includePrerelease`, as when npm chooses a version to install, a
 * pre-release must be in the ranges and also satisfy `allowsPrerelease`.
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

/** Returns whether an alternative allows a version as a pre-release: a comparator must name one of the same release. */
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

/** Reads `>`, `<=` or `=` of one version. */
function readWhole(operator: string, version: string): VersionRange {
  if (operator === '>') return { from: version, fromExcluded: true };
  return operator === '<='
    ? { to: version, toIncluded: true }
    : { from: version, to: version, toIncluded: true };
}

/** Reads `>`, `<=` or `=` of all versions with this prefix. */
function readOpen(operator: string, version: PartialVersion, lowest: string): VersionRange {
  if (operator === '>') return { from: after(version, lowest) };
  const to = after(version, '-0');
  return operator === '<=' ? { to } : { from: textOf(version, lowest), to };
}

/** Returns the lower bound of `1.2 - 2.3`. */
function readFrom(version: PartialVersion, lowest: string): VersionRange {
  if (version.major === undefined) return {};
  return { from: textOf(version, lowest) + (isWhole(version) && !isPrerelease(version) ? lowest : '') };
}

/** Returns the upper bound of `1.2 - 2.3`. It excludes the pre-releases of the next version. */
function readUpTo(version: PartialVersion, includePrerelease: boolean): VersionRange {
  if (version.major === undefined) return {};
  if (!isWhole(version) || (includePrerelease && !isPrerelease(version))) return { to: after(version, '-0') };
  return { to: textOf(version, ''), toIncluded: true };
}

type Place = 'major' | 'minor' | 'patch';

/** Returns the number that `^` fixes: the first that is not zero, or else the last one stated. */
function caretPlace({ major, minor, patch }: PartialVersion): Place {
  if (major !== 0n || minor === undefined) return 'major';
  return minor !== 0n || patch === undefined ? 'minor' : 'patch';
}

/** Returns the first version after all that share the numbers up to `place`, by default the last one stated. */
function after({ major = 0n, minor, patch }: PartialVersion, suffix: string, place?: Place): string {
  const last = place ?? (minor === undefined ? 'major' : patch === undefined ? 'minor' : 'patch');
  if (last === 'major') return `${major + 1n}.0.0${suffix}`;
  if (last === 'minor') return `${major}.${(minor ?? 0n) + 1n}.0${suffix}`;
  return `${major}.${minor ?? 0n}.${(patch ?? 0n) + 1n}${suffix}`;
}

/** Returns the version as text, with zeros for omitted numbers and the suffix. */
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

/** Parses numbers. After the first open number (`x` or omitted), all are open. */
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
