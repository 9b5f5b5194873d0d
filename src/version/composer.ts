/**
 * PHP package versions as Composer orders them: normalised (Composer\Semver\VersionParser), then compared element by
 * element as PHP's `version_compare` does.
 *
 * The normal form has four numbers (`v1.2` becomes `1.2.0.0`) or a date; then the stability, with a number, and `dev`.
 * `1.2.x-dev` is the branch above all of 1.2: `1.2.9999999.9999999-dev`. Text that looks like a version but that the
 * parser refuses, such as `1.3.0r1`, remains as it is, as in Composer\Semver\Comparator. At any position
 *
 *     other words  <  dev  <  alpha  <  beta  <  RC  <  the end  <  numbers  <  patch
 *
 * so `1.0-dev < 1.0-alpha2 < 1.0-RC1 < 1.0 = 1.0.0+build < 1.0-p1`. A branch without a
 * number, `dev-main`, has no order.
 */
import type { VersionScheme } from '../plugin/version-scheme.ts';
import type { KeyWriter } from './key-writer.ts';
import { keyedScheme } from './keyed-scheme.ts';

// Class bytes in order. Numbers take 80…FD.
const otherWord = 0x01;
const dev = 0x02;
const alpha = 0x03;
const beta = 0x04;
const candidate = 0x05;
const end = 0x06;
const patch = 0xfe;

/** Upper limit of numbers: PHP parses them as C parses a long. */
const numberMax = (2n ** 63n - 1n).toString();

/** Versions of Packagist packages. */
export const composer: VersionScheme = keyedScheme({ name: 'composer', write: writeVersion });

function writeVersion(version: string, key: KeyWriter): string | undefined {
  const spelling = normalize(version);
  if (spelling === undefined) return 'Composer cannot parse it';
  if (spelling.startsWith('dev-')) return 'a branch without a number has no order';
  for (const element of spelling.match(elements) ?? []) {
    const form = formOf(element);
    if (form === undefined) writeNumber(element, key);
    else key.byte(form);
  }
  key.byte(end);
  return undefined;
}

const elements = /\d+|[A-Za-z]+/g;

/**
 * Returns the class of a word; undefined for a number. PHP tests how a word begins, and knows `RC` and `rc`, but not
 * `Rc`.
 */
function formOf(element: string): number | undefined {
  if (element.charCodeAt(0) <= 0x39) return undefined;
  if (element.startsWith('dev')) return dev;
  if (element.startsWith('a')) return alpha;
  if (element.startsWith('b')) return beta;
  if (element.startsWith('RC') || element.startsWith('rc')) return candidate;
  return element.startsWith('p') ? patch : otherWord;
}

function writeNumber(digits: string, key: KeyWriter): void {
  const significant = digits.replace(/^0+/, '');
  const isAbove = significant.length > 19 || (significant.length === 19 && significant > numberMax);
  const number = isAbove ? numberMax : digits;
  key.number(number, 0, number.length);
}

const modifier = '[._-]?(?:(stable|beta|b|rc|alpha|a|patch|pl|p)([.-]?\\d+(?:[.-]\\d+)*)?)?([.-]?dev)?$';
const classical = new RegExp(`^v?(\\d{1,5})(\\.\\d+)?(\\.\\d+)?(\\.\\d+)?${modifier}`, 'i');
const dated = new RegExp(`^v?(\\d{4}(?:[.:-]?\\d{2}){1,6}(?:[.:-]?\\d{1,3}){0,2})${modifier}`, 'i');
const branch = /^v?(\d+)(?:\.(\d+|[x*]))?(?:\.(\d+|[x*]))?(?:\.(\d+|[x*]))?\s*[.-]?dev$/i;
const likeVersion = /^v?(\d[\dA-Za-z._+-]*)$/i;

/** Returns Composer's normal form of a version; undefined if it is not one. */
function normalize(text: string): string | undefined {
  const version = withoutTrimmings(text);
  if (/^dev-|^(?:master|trunk|default)$/i.test(version)) return `dev-${version}`;
  const release = version.replace(/^([^,\s+]+)\+\S+$/, '$1');
  const numbers = classical.exec(release);
  if (numbers !== null) {
    const [, major = '', minor = '.0', patchLevel = '.0', fourth = '.0'] = numbers;
    return major + minor + patchLevel + fourth + stability(numbers.slice(5));
  }
  const date = dated.exec(release);
  if (date !== null) return (date[1] ?? '').replaceAll(/\D/g, '.') + stability(date.slice(2));
  const levels = branch.exec(release);
  if (levels !== null) return `${levels.slice(1).map(branchLevel).join('.')}-dev`;
  return likeVersion.exec(text)?.[1];
}

/** Removes surrounding white space, an alias (`… as 1.0`) and a stability flag (`…@beta`). */
function withoutTrimmings(text: string): string {
  return text
    .trim()
    .replace(/^([^,\s]+) +as +[^,\s]+$/, '$1')
    .replace(/@(?:stable|rc|beta|alpha|dev)$/i, '');
}

const longNames: Readonly<Record<string, string>> = {
  a: 'alpha',
  b: 'beta',
  p: 'patch',
  pl: 'patch',
  rc: 'RC',
};

/** Returns stability, its number and `dev` as the end of the normal form. */
function stability([word, number = '', devWord]: readonly (string | undefined)[]): string {
  if (word === 'stable') return '';
  const lower = word?.toLowerCase();
  const name = lower === undefined ? '' : `-${longNames[lower] ?? lower}${number.replace(/^[.-]/, '')}`;
  return devWord === undefined ? name : `${name}-dev`;
}

/** Returns a number of a branch. A branch is above all its releases, so an open number is very large. */
function branchLevel(level: string | undefined): string {
  return level === undefined || !/\d/.test(level) ? '9999999' : level;
}
