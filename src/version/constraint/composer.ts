import { type Comparator, comparatorRanges, type VersionRange } from '../../model/version-range.ts';
import { composer } from '../composer.ts';
import { collapseSpaces, readComparators } from './comparators.ts';

/** Matches the numbers at the start of a version. */
const numbers = /^v?(\d+(?:\.\d+){0,3})/i;
const wildcard = /^v?(\d+(?:\.\d+){0,2})(?:\.[x*])+$/i;
const hyphenRange = /(?<![^ |,])([^ |,]+) - ([^ |,]+)/g;

/** The lowest stability, which orders before all other versions of a release. */
const first = '-dev';

/**
 * Returns the versions that a Composer constraint allows, `^1.2 || ~2.1, != 2.1.4` (Composer\Semver\VersionParser).
 * Returns undefined if the text is invalid.
 *
 * As in Composer, a bound without a stability begins with the development versions of its release: `< 2.0` allows no
 * beta of 2.0, and `>= 2.0` allows all of them.
 */
export function readComposerConstraint(text: string): readonly VersionRange[] | undefined {
  const comparators = collapseSpaces(text)
    .replaceAll(hyphenRange, hyphenComparators)
    .replaceAll(/\|+/g, '||');
  return readComparators(composer, comparators, readComparator);
}

/** Rewrites a hyphen range: `1.0 - 2.0` ends with the last 2.0.x, `1.0 - 2.0.0` with 2.0.0 itself. */
function hyphenComparators(_: string, from: string, to: string): string {
  return `>=${from} <=${to}${/^v?\d+(?:\.\d+)?$/i.test(to) ? '.*' : ''}`;
}

function readComparator({ operator, version }: Comparator): readonly VersionRange[] | undefined {
  const open = wildcard.exec(version)?.[1]?.split('.');
  if (open !== undefined) return readWildcard(operator, open);
  if (operator === '^' || operator === '~') return readSpan(operator, version);
  const isBare = numbers.exec(version)?.[0] === version;
  const bound = isBare && (operator === '<' || operator === '>=') ? version + first : version;
  return comparatorRanges({ operator, version: bound });
}

/** Reads `1.2.*`. The end of `1.0 - 1.2` is passed as `<=1.2.*`. */
function readWildcard(operator: string, numbers: readonly string[]): readonly VersionRange[] | undefined {
  const to = after(numbers, numbers.length);
  if (operator === '<=') return [{ to }];
  return operator === '' || operator === '=' || operator === '=='
    ? [{ from: numbers.join('.') + first, to }]
    : undefined;
}

/** Reads `^1.2`, which fixes the first number that is not zero, and `~1.2`, which fixes all numbers but the last. */
function readSpan(operator: '^' | '~', version: string): readonly VersionRange[] | undefined {
  const [all, digits] = numbers.exec(version) ?? [];
  if (digits === undefined) return undefined;
  const fixedNumbers = digits.split('.');
  const place = operator === '~' ? Math.max(1, fixedNumbers.length - 1) : caretPlace(fixedNumbers);
  return [{ from: all === version ? version + first : version, to: after(fixedNumbers, place) }];
}

function caretPlace(numbers: readonly string[]): number {
  const firstNonZero = numbers.slice(0, 3).findIndex((number) => /[1-9]/.test(number));
  return firstNonZero < 0 ? Math.min(numbers.length, 3) : firstNonZero + 1;
}

/** Returns the first version after all that share the first `place` numbers. */
function after(numbers: readonly string[], place: number): string {
  const prefix = numbers.slice(0, place);
  return [...prefix.slice(0, -1), BigInt(prefix.at(-1) ?? '0') + 1n].join('.') + first;
}
