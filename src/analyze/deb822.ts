import { Lines } from './text-lines.ts';

const tab = 0x09;
const carriageReturn = 0x0d;
const space = 0x20;
const colon = 0x3a;
/** Longer values are cut. Anything longer than a name, a version or a list of them is damage, also when cut. */
const valueBytesMax = 4096;

/** A paragraph of a deb822 file, reduced to the requested fields. */
export interface Stanza {
  /** Its number among the paragraphs with such a field, from 1. */
  readonly number: number;
  /** The first line of each field in the order of the requested names, trimmed. Of a repeated field, the first one. */
  readonly values: readonly (string | undefined)[];
  /** Names of fields that occur more than once, which the format forbids. */
  readonly repeated: ReadonlySet<string>;
  /** Names of fields whose value continues on the next line. `values` has only their first line. */
  readonly continued: ReadonlySet<string>;
  /** Names of fields whose value was cut to the maximum length. */
  readonly cut: ReadonlySet<string>;
  /** Whether it ends at a line of blanks, which dpkg rejects, instead of an empty line. */
  readonly endsAtBlanks: boolean;
}

/**
 * Yields the paragraphs of a deb822(5) file that have at least one of the named fields. Field names compare
 * case-insensitively; the spelling in `names` is the fast one. Blanks may surround the colon, as in dpkg. Accepts CRLF,
 * blanks in separating lines, any number of them, and a missing final line feed.
 */
export function* stanzas(content: Uint8Array, names: readonly string[]): Generator<Stanza> {
  const lines = new Lines(content);
  const initials = initialsOf(names);
  let stanza: StanzaReader | undefined;
  let number = 0;
  let values: Stanza['values'] = [];
  while (lines.next()) {
    const { text, start, end } = lines;
    const first = text.charCodeAt(start);
    const field = initials[first] === 1 ? fieldAt(lines, names) : -1;
    if (field !== -1) {
      stanza ??= new StanzaReader(++number, names, values);
      stanza.take(field, lines);
    } else if (stanza === undefined) continue;
    else if (isEmpty(text, start, end)) {
      stanza.endsAtBlanks = end > start;
      values = stanza.values;
      yield stanza;
      stanza = undefined;
    } else if (isBlank(first)) stanza.continue();
    else stanza.leave();
  }
  if (stanza !== undefined) yield stanza;
}

class StanzaReader implements Stanza {
  readonly number: number;
  readonly values: (string | undefined)[];
  readonly repeated = new Set<string>();
  readonly continued = new Set<string>();
  readonly cut = new Set<string>();
  endsAtBlanks = false;
  readonly #names: readonly string[];
  readonly #previous: Stanza['values'];
  /** The field of the previous line, if it was requested. */
  #field: string | undefined;

  /** Shares the values that equal those of the previous paragraph, as architecture and maintainer mostly do. This saves memory. */
  constructor(number: number, names: readonly string[], previous: Stanza['values']) {
    this.number = number;
    this.#names = names;
    this.#previous = previous;
    this.values = names.map(() => undefined);
  }

  take(field: number, lines: Lines): void {
    const name = this.#names[field] ?? '';
    this.#field = name;
    if (this.values[field] === undefined) {
      const value = this.#valueOf(name, lines);
      const previous = this.#previous[field];
      this.values[field] = value === previous ? previous : value;
    } else this.repeated.add(name);
  }

  /** Handles a continuation line of the previous field. */
  continue(): void {
    if (this.#field !== undefined) this.continued.add(this.#field);
  }

  /** Handles a line of a field that was not requested. */
  leave(): void {
    this.#field = undefined;
  }

  /** Returns the value in the current line: trims blanks first, then limits the length. */
  #valueOf(name: string, { text, bytes, start, end, isCut }: Lines): string {
    const separator = text.indexOf(':', start + name.length);
    let from = separator === -1 ? end : separator + 1;
    while (from < end && isBlank(text.charCodeAt(from))) from++;
    let to = end;
    while (to > from && isBlank(text.charCodeAt(to - 1))) to--;
    if (isCut || to - from > valueBytesMax) this.cut.add(name);
    return bytes.toString('utf8', from, Math.min(to, from + valueBytesMax));
  }
}

/** Returns a table by character code: 1 for the first letters of names. It skips most lines of a file quickly. */
function initialsOf(names: readonly string[]): Uint8Array {
  const table = new Uint8Array(256);
  for (const name of names) {
    table[name.toLowerCase().charCodeAt(0)] = 1;
    table[name.toUpperCase().charCodeAt(0)] = 1;
  }
  return table;
}

/** Returns the index of the field that begins in the current line. */
function fieldAt(lines: Lines, names: readonly string[]): number {
  for (let index = 0; index < names.length; index++) if (isField(lines, names[index] ?? '')) return index;
  return -1;
}

/** Returns whether a field begins in the current line. If the line was cut before the colon, the name decides. */
function isField({ text, start, end, isCut }: Lines, name: string): boolean {
  let place = start + name.length;
  const after = text.charCodeAt(place);
  if (after !== colon && !isBlank(after)) return false;
  if (!text.startsWith(name, start) && text.slice(start, place).toLowerCase() !== name.toLowerCase())
    return false;
  while (place < end && isBlank(text.charCodeAt(place))) place++;
  return place < end ? text.charCodeAt(place) === colon : isCut;
}

/**
 * Returns whether dpkg treats a character as blank: space, tab, line feed, vertical tab, form feed, carriage return.
 */
function isBlank(code: number): boolean {
  return code === space || (code >= tab && code <= carriageReturn);
}

function isEmpty(text: string, start: number, end: number): boolean {
  let index = start;
  while (index < end && text.charCodeAt(index) <= space) index++;
  return index === end;
}
