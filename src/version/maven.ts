/**
 * Maven versions as Maven 3.9 orders them (ComparableVersion of maven-artifact).
 *
 * A version is a list of items, numbers and words, split by dots. A `-`, and every change between digits and letters, opens a
 * list in the list: `1.0-alpha1` is [1, 0, [alpha, [1]]]. Items that say nothing (0, `ga`, `final`, `release`) are left out at
 * the end of every list. Lists compare item by item:
 *
 *     alpha  <  beta  <  milestone  <  rc  <  snapshot  <  release  <  sp  <  other words  <  a list  <  numbers
 *
 * Where only one list has an item, the words up to `snapshot` are below the end of the other, 0 equals it, and all else is
 * above; a list is as its first item that does not equal it. So `1-alpha < 1-SNAPSHOT < 1 = 1.0 = 1-ga < 1-sp < 1-x < 1-1 < 1.1`.
 *
 * This is no order of all texts: `1 < 1-1 < 1.0.alpha.1 < 1` goes round in a circle, which bytes cannot do. Versions of the
 * shapes that circles are made of have no key and are compared in code: those with a word behind another item of its list, or
 * with a list that is below the end as the first item of another, and those that are not printable ASCII.
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

// The classes of a first item in their order; numbers take 80…FD. The words Maven knows take 04…0B by their rank, leaving out
// the empty version; the release stays only where a number follows.
const alpha = 0x04;
const emptyVersion = 0x09;
const release = 0x0a;
const servicePack = 0x0b;
const otherWords = 0x0c;
const firstList = 0x0d;
const knownWordClasses = [alpha, 0x05, 0x06, 0x07, 0x08, release, servicePack];

// The classes of a later item in their order.
const listBelowEnd = 0x01;
const end = 0x02;
const listAboveEnd = 0x03;

const printableAscii = /^[ -~]*$/;

/** Longer ones have no order: a hyphen begins a list within the one before, and thousands of them take long. */
const charactersMax = 1000;

function isTooLong(version: string): boolean {
  return version.length > charactersMax;
}

/** Artifacts of Maven. */
export const maven: VersionScheme = {
  ...keyedScheme({ name: 'maven', write: writeVersion }),
  compare: (a, b) => (isTooLong(a) || isTooLong(b) ? undefined : compareLists(parseItems(a), parseItems(b))),
};

function writeVersion(version: string, key: KeyWriter): string | undefined {
  if (isTooLong(version)) return `it has more than ${charactersMax} characters`;
  if (!printableAscii.test(version)) return 'there is more in it than printable ASCII';
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

/** A list is the last item of its list, so what follows it is its own content and nothing else. */
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
    if (compareWithNothing(item.items) < 0)
      return 'it begins with a pre-release, which has no place in a line';
    key.byte(firstList);
  }
  return undefined;
}

function writeLater(items: readonly Item[], key: KeyWriter): string | undefined {
  for (let index = 1; index < items.length; index++) {
    const item = items[index];
    if (item?.kind === 'word')
      return `the word ${quoteUntrusted(item.text)} after a dot has no place in a line`;
    if (item?.kind === 'number') writeNumber(item, key);
    if (item?.kind === 'list') key.byte(compareWithNothing(item.items) < 0 ? listBelowEnd : listAboveEnd);
  }
  return undefined;
}

/** A zero of ten digits is above every number of nine: it is written as the lowest number of its magnitude. */
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
