import { type Comparator, comparatorRanges } from '../../model/comparator.ts';
import type { VersionRange } from '../../model/version-range.ts';
import { composer } from '../composer.ts';
import { collapseSpaces, readComparators } from './comparators.ts';

/** The numbers that a version begins with. */
const numbers = /^v?(\d+(?:\.\d+){0,3})/i;
const wildcard = /^v?(\d+(?:\.\d+){0,2})(?:\.[x*])+$/i;
const hyphenRange = /(?<![^ |,])([^ |,]+) - ([^ |,]+)/g;

/** The lowest stability: the first of all versions of a release. */
const first = '-dev';

/**
 * The versions that a constraint of Composer allows, `^1.2 || ~2.1, != 2.1.4` (Composer\Semver\VersionParser). Undefined when it
 * cannot be read.
 *
 * As there, a bound that names no stability begins with the development versions of its release: `< 2.0` allows no beta of 2.0,
 * and `>= 2.0` allows them all.
 */
export function readComposerConstraint(text: string): readonly VersionRange[] | undefined {
  const comparators = collapseSpaces(text)
    .replaceAll(hyphenRange, hyphenComparators)
    .replaceAll(/\|+/g, '||');
  return readComparators(composer, comparators, readComparator);
}

/** `1.0 - 2.0` ends with the last 2.0.x, `1.0 - 2.0.0` with 2.0.0 itself. */
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

/** `1.2.*`; the end of `1.0 - 1.2` comes as `<=1.2.*`. */
function readWildcard(operator: string, numbers: readonly string[]): readonly VersionRange[] | undefined {
  const to = after(numbers, numbers.length);
  if (operator === '<=') return [{ to }];
  return operator === '' || operator === '=' || operator === '=='
    ? [{ from: numbers.join('.') + first, to }]
    : undefined;
}

/** `^1.2` keeps the first number that is not zero, `~1.2` all numbers but the last. */
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

/** The first version after all that share the first `place` numbers. */
function after(numbers: readonly string[], place: number): string {
  const prefix = numbers.slice(0, place);
  return [...prefix.slice(0, -1), BigInt(prefix.at(-1) ?? '0') + 1n].join('.') + first;
}
