import { compareText } from '../model/order.ts';
import { isDigit } from './ascii.ts';

/** A number without leading zeros. A number of zeros only keeps them, since Maven counts them (see `magnitude`). */
export interface NumberItem {
  readonly kind: 'number';
  readonly digits: string;
}

/** A word in lower case, and its rank among the words that Maven knows. Other words have the last rank. */
export interface WordItem {
  readonly kind: 'word';
  readonly rank: number;
  readonly text: string;
}

/** A nested list. It is always the last item of its list. */
export interface ListItem {
  readonly kind: 'list';
  readonly items: Item[];
}

/** An element of a Maven version. */
export type Item = NumberItem | WordItem | ListItem;

/** Words with a meaning, in order. The empty one is the release. */
const knownWords = ['alpha', 'beta', 'milestone', 'rc', 'snapshot', '', 'sp'];
const releaseRank = knownWords.indexOf('');

/** Rank of a word without a meaning. */
export const otherWord: number = knownWords.length;

const aliases: Readonly<Record<string, string>> = { ga: '', final: '', release: '', cr: 'rc' };
const lettersBeforeDigit: Readonly<Record<string, string>> = { a: 'alpha', b: 'beta', m: 'milestone' };
const zero: NumberItem = { kind: 'number', digits: '0' };

/** Parses a version into its list, without the items that Maven ignores. */
export function parseItems(version: string): readonly Item[] {
  const parser = new ItemParser(version.toLowerCase());
  return parser.parse();
}

/** Orders two lists as Maven does. This is not a total order: it has cycles. */
export function compareLists(a: readonly Item[], b: readonly Item[]): number {
  let left = a;
  let right = b;
  for (let index = 0; index < left.length || index < right.length; index++) {
    const l = left[index];
    const r = right[index];
    if (l?.kind === 'list' && r?.kind === 'list') {
      left = l.items;
      right = r.items;
      index = -1;
    } else {
      const order = compareItems(l, r);
      if (order !== 0) return order;
    }
  }
  return 0;
}

/** Orders a list relative to the end of another. */
export function compareWithNothing(list: readonly Item[]): number {
  let items = list;
  for (let index = 0; index < items.length; index++) {
    const item = items[index];
    if (item?.kind === 'list') {
      items = item.items;
      index = -1;
    } else {
      const order = item === undefined ? 0 : compareItemWithNothing(item);
      if (order !== 0) return order;
    }
  }
  return 0;
}

/**
 * Returns 0 up to 9 digits, 1 up to 18, and 2 above: Maven stores these in different types and compares the type before
 * the value.
 */
export function magnitude({ digits }: NumberItem): number {
  return digits.length <= 9 ? 0 : digits.length <= 18 ? 1 : 2;
}

/** Returns whether a number is zero, of any magnitude. */
export function isZero({ digits }: NumberItem): boolean {
  return digits.startsWith('0');
}

function compareItems(a: Item | undefined, b: Item | undefined): number {
  if (a === undefined) return b === undefined ? 0 : -compareToNothing(b);
  if (b === undefined) return compareToNothing(a);
  if (a.kind === 'number' && b.kind === 'number') return compareNumbers(a, b);
  if (a.kind === 'word' && b.kind === 'word') return a.rank - b.rank || compareText(a.text, b.text);
  return rankOfKind(a) - rankOfKind(b);
}

function compareToNothing(item: Item): number {
  return item.kind === 'list' ? compareWithNothing(item.items) : compareItemWithNothing(item);
}

function compareItemWithNothing(item: NumberItem | WordItem): number {
  if (item.kind === 'word') return item.rank - releaseRank;
  return isZero(item) ? 0 : 1;
}

function compareNumbers(a: NumberItem, b: NumberItem): number {
  const order = magnitude(a) - magnitude(b) || Number(isZero(b)) - Number(isZero(a));
  if (order !== 0 || isZero(a)) return order;
  return a.digits.length - b.digits.length || compareText(a.digits, b.digits);
}

function rankOfKind({ kind }: Item): number {
  return kind === 'word' ? 0 : kind === 'list' ? 1 : 2;
}

function isSignificant(item: Item): boolean {
  if (item.kind === 'list') return item.items.length > 0;
  return compareItemWithNothing(item) !== 0;
}

function numberItem(digits: string): NumberItem {
  let from = 0;
  while (from < digits.length && digits.charCodeAt(from) === 0x30) from++;
  if (digits.length === 1 && from === 1) return zero;
  return { kind: 'number', digits: from === digits.length ? digits : digits.slice(from) };
}

function wordItem(word: string, isBeforeDigit: boolean): WordItem {
  const long = isBeforeDigit ? (lettersBeforeDigit[word] ?? word) : word;
  const text = aliases[long] ?? long;
  const rank = knownWords.indexOf(text);
  return { kind: 'word', rank: rank < 0 ? otherWord : rank, text };
}

/** Parses a version in one pass. */
class ItemParser {
  readonly #version: string;
  readonly #lists: Item[][] = [[]];
  /** Start of the current item, and whether it is a number. */
  #from = 0;
  #inDigits = false;

  constructor(version: string) {
    this.#version = version;
  }

  parse(): readonly Item[] {
    const version = this.#version;
    for (let index = 0; index < version.length; index++) this.#read(version.charCodeAt(index), index);
    if (version.length > this.#from) {
      // `1.0.x` is read as `1.0-x`.
      if (!this.#inDigits && this.#list.length > 0) this.#openList();
      this.#add(version.length);
    }
    for (const list of this.#lists.toReversed()) normalize(list);
    return this.#lists[0] ?? [];
  }

  get #list(): Item[] {
    return this.#lists.at(-1) ?? [];
  }

  #read(code: number, index: number): void {
    if (code === 0x2e || code === 0x2d) {
      if (index === this.#from) this.#list.push(zero);
      else this.#add(index);
      this.#from = index + 1;
      if (code === 0x2d) this.#openList();
      return;
    }
    const isDigitNow = isDigit(code);
    if (isDigitNow !== this.#inDigits && index > this.#from) this.#change(index);
    this.#inDigits = isDigitNow;
  }

  /** Handles a change between digits and letters. */
  #change(index: number): void {
    if (this.#inDigits) {
      this.#add(index);
    } else {
      // `1.0.x1` is read as `1.0-x1`.
      if (this.#list.length > 0) this.#openList();
      this.#list.push(wordItem(this.#version.slice(this.#from, index), true));
    }
    this.#from = index;
    this.#openList();
  }

  #add(to: number): void {
    const text = this.#version.slice(this.#from, to);
    this.#list.push(this.#inDigits ? numberItem(text) : wordItem(text, false));
  }

  #openList(): void {
    const items: Item[] = [];
    this.#list.push({ kind: 'list', items });
    this.#lists.push(items);
  }
}

/** Removes ignored items at the end of a list, and before a nested list that ends it. */
function normalize(list: Item[]): void {
  for (let index = list.length - 1; index >= 0; index--) {
    const item = list[index];
    if (item === undefined) continue;
    if (!isSignificant(item)) list.splice(index, 1);
    else if (item.kind !== 'list') break;
  }
}
