import { Lines } from './text-lines.ts';

const tab = 0x09;
const carriageReturn = 0x0d;
const space = 0x20;
const colon = 0x3a;
/** More of a value is not read: what is longer than any name, version or list of them is damage, also when cut. */
const valueBytesMax = 4096;

/** One paragraph of a deb822 file, cut down to the fields that were asked for. */
export interface Stanza {
  /** Its number among the paragraphs that hold such a field, from 1. */
  readonly number: number;
  /**
   * The first line of each field, in the order the names were given, without surrounding blanks. Where a field is repeated the
   * first one stands.
   */
  readonly values: readonly (string | undefined)[];
  /** Names of fields that occur more than once, which the format forbids. */
  readonly repeated: ReadonlySet<string>;
  /** Names of fields whose value continues on the next line: only the first line is in `values`. */
  readonly continued: ReadonlySet<string>;
  /** Names of fields whose value was cut to the length that is read. */
  readonly cut: ReadonlySet<string>;
  /** Whether it ends at a line of blanks, which is an error to dpkg, and not at an empty line. */
  readonly endsAtBlanks: boolean;
}

/**
 * The paragraphs of a deb822(5) file that hold at least one of the named fields. Field names compare without regard to case;
 * the spelling given is the fast one. Blanks may precede and follow the colon, as for dpkg. Tolerates CRLF, blanks in separating
 * lines, any number of them, and a missing final newline.
 */
export function* stanzas(content: Uint8Array, names: readonly string[]): Generator<Stanza> {
  const lines = new Lines(content);
  const initials = initialsOf(names);
  let stanza: StanzaReader | undefined;
  let number = 0;
  while (lines.next()) {
    const { text, start, end } = lines;
    const first = text.charCodeAt(start);
    const field = initials[first] === 1 ? fieldAt(lines, names) : -1;
    if (field !== -1) {
      stanza ??= new StanzaReader(++number, names);
      stanza.take(field, lines);
    } else if (stanza === undefined) continue;
    else if (isEmpty(text, start, end)) {
      stanza.endsAtBlanks = end > start;
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
  /** The field of the line before, where it was asked for. */
  #field: string | undefined;

  constructor(number: number, names: readonly string[]) {
    this.number = number;
    this.#names = names;
    this.values = names.map(() => undefined);
  }

  take(field: number, lines: Lines): void {
    const name = this.#names[field] ?? '';
    this.#field = name;
    if (this.values[field] === undefined) this.values[field] = this.#valueOf(name, lines);
    else this.repeated.add(name);
  }

  /** Takes a line that continues the field before. */
  continue(): void {
    if (this.#field !== undefined) this.continued.add(this.#field);
  }

  /** Takes a line of a field that was not asked for. */
  leave(): void {
    this.#field = undefined;
  }

  /** The value in the present line: blanks are removed first, then the length is limited. */
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

/** A table by character: 1 for the letters that names begin with. It dismisses most lines of a file. */
function initialsOf(names: readonly string[]): Uint8Array {
  const table = new Uint8Array(256);
  for (const name of names) {
    table[name.toLowerCase().charCodeAt(0)] = 1;
    table[name.toUpperCase().charCodeAt(0)] = 1;
  }
  return table;
}

/** Which of the fields begins in the present line. */
function fieldAt(lines: Lines, names: readonly string[]): number {
  for (let index = 0; index < names.length; index++) if (isField(lines, names[index] ?? '')) return index;
  return -1;
}

/** Whether a field begins in the present line. Of a line that was cut within the blanks before the colon the name decides. */
function isField({ text, start, end, isCut }: Lines, name: string): boolean {
  let place = start + name.length;
  const after = text.charCodeAt(place);
  if (after !== colon && !isBlank(after)) return false;
  if (!text.startsWith(name, start) && text.slice(start, place).toLowerCase() !== name.toLowerCase())
    return false;
  while (place < end && isBlank(text.charCodeAt(place))) place++;
  return place < end ? text.charCodeAt(place) === colon : isCut;
}

/** The characters that dpkg takes for blanks: space, tab, line feed, vertical tab, form feed, carriage return. */
function isBlank(code: number): boolean {
  return code === space || (code >= tab && code <= carriageReturn);
}

function isEmpty(text: string, start: number, end: number): boolean {
  let index = start;
  while (index < end && text.charCodeAt(index) <= space) index++;
  return index === end;
}
