import { messageOf } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { quoteUntrusted } from '../untrusted-text.ts';
import {
  JsonSplitter,
  JsonStreamError,
  jsonTextOf,
  type RawRecord,
  type SplitterLimits,
} from './json-splitter.ts';

export { JsonStreamError } from './json-splitter.ts';

const defaults: SplitterLimits = {
  bytes: limits.feedBytes,
  recordBytes: limits.feedRecordBytes,
  records: limits.feedRecords,
  depth: limits.documentDepth,
};

const partBytes = 64 * 1024;

/** A byte stream. */
type Body = AsyncIterable<Uint8Array>;

/**
 * Yields the members of a top-level object, with one of them in memory at a time. Throws a `JsonStreamError` if the content is not one
 * complete object (RFC 8259) or if a top-level name occurs twice.
 */
export async function* jsonMembers(
  body: Body,
  bounds: Partial<SplitterLimits> = {},
): AsyncGenerator<readonly [name: string, value: unknown]> {
  const splitter = new JsonSplitter({ types: ['object'] }, { ...defaults, ...bounds });
  const names = new SeenNames();
  for await (const piece of parts(body)) {
    for (const record of splitter.push(piece)) yield names.add(record);
  }
  splitter.end();
}

/** Reads a small object as a whole, of at most `limits.feedRecordBytes` unless `bounds` says otherwise. Throws like `jsonMembers`. */
export async function jsonObject(
  body: Body,
  bounds: Partial<SplitterLimits> = {},
): Promise<Record<string, unknown>> {
  const members: (readonly [string, unknown])[] = [];
  const small = { bytes: limits.feedRecordBytes, ...bounds };
  for await (const member of jsonMembers(body, small)) members.push(member);
  return Object.fromEntries(members);
}

/** Yields the elements of a top-level array, with one of them in memory at a time. Throws like `jsonMembers`. */
export async function* jsonElements(body: Body, bounds: Partial<SplitterLimits> = {}): AsyncGenerator {
  const splitter = new JsonSplitter({ types: ['array'] }, { ...defaults, ...bounds });
  for await (const piece of parts(body)) {
    for (const record of splitter.push(piece)) yield parse(record, '');
  }
  splitter.end();
}

/** The text of a record. It is parsed only on request. */
export interface JsonText {
  /** Valid until the next record is requested. */
  readonly bytes: Buffer;
  /** Parses the text. Throws a `JsonStreamError`. */
  readonly value: () => unknown;
}

/** A member of one of the objects in a top-level object. */
export interface JsonGroupMember extends JsonText {
  /** The name of the inner object. */
  readonly group: string;
  readonly name: string;
}

/**
 * Yields the members of the objects in a top-level object, `{"outer": {"inner": …}}`, with one of them in memory at a time. Calls `onGroup`
 * with the name of each of these objects. Throws like `jsonMembers`, and also if an inner name occurs twice or a member is not an object.
 */
export async function* jsonGroupMembers(
  body: Body,
  onGroup: (name: string) => void,
  bounds: Partial<SplitterLimits> = {},
): AsyncGenerator<JsonGroupMember> {
  const splitter = new JsonSplitter({ types: ['object'], inner: 'object' }, { ...defaults, ...bounds });
  const outer = new SeenNames();
  let inner = new SeenNames();
  let group = '';
  for await (const piece of parts(body)) {
    for (const record of splitter.push(piece)) {
      if (record.level === 2) {
        const name = inner.addName(record);
        yield { group, name, bytes: record.bytes, value: () => memberOf(record)[1] };
        continue;
      }
      group = outer.addOpened(record);
      if (record.opens === undefined)
        throw new JsonStreamError(record.position, `${quoteUntrusted(group)} is not an object`);
      inner = new SeenNames();
      onGroup(group);
    }
  }
  splitter.end();
}

/**
 * Yields the elements of the array that is the member `name` of a top-level object, or of a top-level array. One of them is in memory at a
 * time. Other members are skipped. Throws like `jsonMembers`, and also if there is no such array.
 */
export async function* jsonElementsOf(
  name: string,
  body: Body,
  bounds: Partial<SplitterLimits> = {},
): AsyncGenerator {
  for await (const element of jsonElementTextsOf(name, body, bounds)) yield element.value();
}

/** Yields the same elements as text. */
export async function* jsonElementTextsOf(
  name: string,
  body: Body,
  bounds: Partial<SplitterLimits> = {},
): AsyncGenerator<JsonText> {
  const splitter = new JsonSplitter(
    { types: ['object', 'array'], inner: 'array' },
    { ...defaults, ...bounds },
  );
  const names = new SeenNames();
  let isWanted = false;
  let isFound = false;
  for await (const piece of parts(body)) {
    for (const record of splitter.push(piece)) {
      if (record.level === 1 && splitter.type === 'object') {
        isWanted = names.addOpened(record) === name && record.opens === 'array';
        isFound ||= isWanted;
      } else if (isWanted || splitter.type === 'array') {
        yield { bytes: record.bytes, value: () => parse(record, '') };
      } else {
        recordText(record);
      }
    }
  }
  splitter.end();
  if (splitter.type === 'object' && !isFound)
    throw new JsonStreamError(0, `no array ${quoteUntrusted(name)} in the object`);
}

/** Cuts the content into parts so small that the garbage collector soon frees the records of each. */
async function* parts(body: Body): AsyncGenerator<Uint8Array> {
  for await (const piece of body) {
    for (let from = 0; from < piece.length; from += partBytes) yield piece.subarray(from, from + partBytes);
  }
}

/** The names of one object. Refuses a name that occurs twice. */
class SeenNames {
  readonly #seen = new Set<string>();

  /** The member that a record holds. */
  add(record: TextRecord): readonly [name: string, value: unknown] {
    const member = memberOf(record);
    this.#expectNew(member[0], record.position);
    return member;
  }

  /** The name of the member that a record holds. Its value is not parsed if the name has no escapes. */
  addName(record: TextRecord): string {
    const name = plainNameOf(record.bytes) ?? memberOf(record)[0];
    this.#expectNew(name, record.position);
    return name;
  }

  /** The name of the member that a record holds or opens. */
  addOpened({ bytes, position, opens }: RawRecord): string {
    const value = opens === 'object' ? '{}' : opens === 'array' ? '[]' : '';
    return this.add({ bytes: Buffer.concat([bytes, Buffer.from(value)]), position })[0];
  }

  #expectNew(name: string, position: number): void {
    if (this.#seen.has(name))
      throw new JsonStreamError(position, `the name ${quoteUntrusted(name)} occurs twice`);
    this.#seen.add(name);
  }
}

/** A record without its place in the content. */
type TextRecord = Pick<RawRecord, 'bytes' | 'position'>;

const [quote, backslash, space] = [0x22, 0x5c, 0x20];

/** Returns the name at the start of a member. Undefined if only a parser can read it, or if it is not at the start. */
function plainNameOf(bytes: Buffer): string | undefined {
  let start = 0;
  while ((bytes[start] ?? 0xff) <= space) start++;
  if (bytes[start] !== quote) return undefined;
  for (let at = ++start; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === quote) return bytes.toString('latin1', start, at);
    if (byte < space || byte === backslash || byte > 0x7e) return undefined;
  }
  return undefined;
}

/** Parses a record as a member. */
function memberOf(record: TextRecord): readonly [name: string, value: unknown] {
  const [member] = Object.entries(parse(record, '{}') as Record<string, unknown>);
  if (member === undefined)
    throw new JsonStreamError(record.position, 'a member is missing between two commas');
  return member;
}

/** Returns the text of a record. Throws if it is not UTF-8. */
function recordText({ bytes, position }: TextRecord): string {
  const text = jsonTextOf(bytes);
  if (text === undefined) throw new JsonStreamError(position, 'not UTF-8 in the record that starts here');
  return text;
}

/** Parses a record. `brackets` are put around it first: a member alone is not JSON text. */
function parse(record: TextRecord, brackets: '{}' | ''): unknown {
  const opener = brackets.charAt(0);
  const text = recordText(record);
  try {
    return JSON.parse(opener + text + brackets.charAt(1));
  } catch (cause) {
    const at = / at position (\d+)/.exec(messageOf(cause))?.[1];
    const before = at === undefined ? '' : text.slice(0, Number(at) - opener.length);
    throw new JsonStreamError(record.position + Buffer.byteLength(before), 'not valid JSON', { cause });
  }
}
