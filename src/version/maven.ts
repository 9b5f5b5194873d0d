/**
 * Maven versions as Maven 3.9 orders them (ComparableVersion of maven-artifact).
 *
 * A version is a list of items, numbers and words, split at dots. A `-`, and every change between digits and letters,
 * opens a nested list: `1.0-alpha1` is [1, 0, [alpha, [1]]]. Null items (0, `ga`, `final`, `release`) are removed at the
 * end of every list. Lists compare item by item:
 *
 *     alpha  <  beta  <  milestone  <  rc  <  snapshot  <  release  <  sp  <  other words  <  a list  <  numbers
 *
 * If only one list has an item, the words up to `snapshot` are below the end of the other, 0 equals the end, and other
 * items are above it. A list compares by its first item that does not equal the end. So
 * `1-alpha < 1-SNAPSHOT < 1 = 1.0 = 1-ga < 1-sp < 1-x < 1-1 < 1.1`.
 *
 * This is not a total order: `1 < 1-1 < 1.0.alpha.1 < 1` is a cycle, which bytes cannot express. Versions that may be in
 * a cycle have no key and are compared by code: those with a word after another item of its list, those with a list
 * below the end as the first item of another, and those that are not printable ASCII.
 */
import { quoteUntrusted } from '../kit/untrusted-text.ts';
import type { VersionScheme } from '../plugin/version-scheme.ts';
import { type KeyWriter, numberBase } from './key-writer.ts';
import { keyedScheme } from './keyed-scheme.ts';
import {
  compareLists,
  compareWithNothing,
  type Item,
  isZero,
  magnitude,
  type NumberItem,
  otherWord,
  parseItems,
} from './maven-items.ts';

// Class bytes of a first item in order. Numbers take 80…FD. The words Maven knows take 04…0B by their rank, without the
// empty version; the release is only written if a number follows.
const alpha = 0x04;
const emptyVersion = 0x09;
const release = 0x0a;
const servicePack = 0x0b;
const otherWords = 0x0c;
const firstList = 0x0d;
const knownWordClasses = [alpha, 0x05, 0x06, 0x07, 0x08, release, servicePack];

// Class bytes of a later item in order.
const listBelowEnd = 0x01;
const end = 0x02;
const listAboveEnd = 0x03;

const printableAscii = /^[ -~]*$/;

/** Longer versions have no order: a hyphen begins a nested list, and thousands of them take minutes. */
const charactersMax = 1000;

function isTooLong(version: string): boolean {
  return version.length > charactersMax;
}

/** Versions of Maven artifacts. */
export const maven: VersionScheme = {
  ...keyedScheme({ name: 'maven', write: writeVersion }),
  compare: (a, b) => (isTooLong(a) || isTooLong(b) ? undefined : compareLists(parseItems(a), parseItems(b))),
};

function writeVersion(version: string, key: KeyWriter): string | undefined {
  if (isTooLong(version)) return `it has more than ${charactersMax} characters`;
  if (!printableAscii.test(version)) return 'it is not printable ASCII';
  let items: readonly Item[] | undefined = parseItems(version);
  if (items.length === 0) key.byte(emptyVersion);
  while (items !== undefined) {
    const invalid = writeFirst(items[0], key) ?? writeLater(items, key);
    if (invalid !== undefined) return invalid;
    items = innerList(items);
  }
  key.byte(end);
  return undefined;
}

/** Returns the nested list, which is always the last item: what follows in the version is its content. */
function innerList(items: readonly Item[]): readonly Item[] | undefined {
  const last = items.at(-1);
  return last?.kind === 'list' ? last.items : undefined;
}

function writeFirst(item: Item | undefined, key: KeyWriter): string | undefined {
  if (item?.kind === 'number') {
    writeNumber(item, key);
  } else if (item?.kind === 'word') {
    key.byte(knownWordClasses[item.rank] ?? otherWords);
    if (item.rank === otherWord) key.string(item.text);
  } else if (item?.kind === 'list') {
    if (compareWithNothing(item.items) < 0) return 'it begins with a pre-release, which has no total order';
    key.byte(firstList);
  }
  return undefined;
}

function writeLater(items: readonly Item[], key: KeyWriter): string | undefined {
  for (let index = 1; index < items.length; index++) {
    const item = items[index];
    if (item?.kind === 'word') return `the word ${quoteUntrusted(item.text)} after a dot has no total order`;
    if (item?.kind === 'number') writeNumber(item, key);
    if (item?.kind === 'list') key.byte(compareWithNothing(item.items) < 0 ? listBelowEnd : listAboveEnd);
  }
  return undefined;
}

/**
 * Writes a number. A zero of ten digits is above every number of nine digits, so it is the lowest number of its
 * magnitude.
 */
function writeNumber(item: NumberItem, key: KeyWriter): void {
  const size = magnitude(item);
  if (size === 0 || !isZero(item)) {
    key.number(item.digits, 0, item.digits.length);
  } else {
    const digits = size === 1 ? 10 : 19;
    key.byte(numberBase + 94 + digits);
    for (let pair = 0; pair < Math.ceil(digits / 2); pair++) key.byte(0);
  }
}
