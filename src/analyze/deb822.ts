import { Lines } from './text-lines.ts';

const space = 0x20;
const colon = 0x3a;
/** More of a value is not read: what is longer than any name, version or list of them is damage, also when cut. */
const valueBytesMax = 4096;

/** One paragraph of a deb822 file, cut down to the fields that were asked for. */
export interface Stanza {
  /** Its number among the paragraphs that hold such a field, from 1. */
  readonly number: number;
  /**
   * The first line of each field, in the order the names were given, without surrounding spaces. Where a field is repeated the
   * first one stands.
   */
  readonly values: readonly (string | undefined)[];
  /** Names of fields that occur more than once, which the format forbids. */
  readonly repeated: ReadonlySet<string>;
}

/**
 * The paragraphs of a deb822(5) file that hold at least one of the named fields. Field names compare without regard to case;
 * the spelling given is the fast one. Tolerates CRLF, spaces in separating lines, any number of them, and a missing final
 * newline.
 */
export function* stanzas(content: Uint8Array, names: readonly string[]): Generator<Stanza> {
  const lines = new Lines(content);
  const initials = initialsOf(names);
  let stanza: OpenStanza | undefined;
  let number = 0;
  while (lines.next()) {
    const { text, bytes, start, end } = lines;
    const field = initials[text.charCodeAt(start)] === 1 ? fieldAt(text, start, names) : -1;
    if (field !== -1) {
      const name = names[field] ?? '';
      const from = start + name.length + 1;
      stanza ??= { number: ++number, values: names.map(() => undefined), repeated: new Set() };
      if (stanza.values[field] === undefined)
        stanza.values[field] = bytes.toString('utf8', from, Math.min(end, from + valueBytesMax)).trim();
      else stanza.repeated.add(name);
    } else if (stanza !== undefined && isBlank(text, start, end)) {
      yield stanza;
      stanza = undefined;
    }
  }
  if (stanza !== undefined) yield stanza;
}

interface OpenStanza extends Stanza {
  readonly values: (string | undefined)[];
  readonly repeated: Set<string>;
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

function fieldAt(text: string, start: number, names: readonly string[]): number {
  for (let index = 0; index < names.length; index++) {
    const name = names[index] ?? '';
    const end = start + name.length;
    if (text.charCodeAt(end) !== colon) continue;
    if (text.startsWith(name, start)) return index;
    if (text.slice(start, end).toLowerCase() === name.toLowerCase()) return index;
  }
  return -1;
}

function isBlank(text: string, start: number, end: number): boolean {
  let index = start;
  while (index < end && text.charCodeAt(index) <= space) index++;
  return index === end;
}
