import { messageOf } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { quoteUntrusted } from '../untrusted-text.ts';
import { JsonSplitter, JsonStreamError, type RawRecord, type SplitterLimits } from './json-splitter.ts';

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
    for (const { text, position } of splitter.push(piece)) yield parse(text, position, '');
  }
  splitter.end();
}

/** A group of members of one of the objects in a top-level object. */
export interface JsonGroup {
  /** The name of the inner object. */
  readonly name: string;
  /** An inner object comes in at least one group. */
  readonly members: readonly (readonly [name: string, value: unknown])[];
}

/**
 * Yields the members of the objects in a top-level object, `{"outer": {"inner": …}}`, with few of them in memory at a time. Throws like
 * `jsonMembers`, and also if an inner name occurs twice or a member is not an object.
 */
export async function* jsonGroups(
  body: Body,
  bounds: Partial<SplitterLimits> = {},
): AsyncGenerator<JsonGroup> {
  const splitter = new JsonSplitter({ types: ['object'], inner: 'object' }, { ...defaults, ...bounds });
  const groups = new GroupCollector();
  for await (const piece of parts(body)) {
    for (const record of splitter.push(piece)) {
      const finished = groups.take(record);
      if (finished !== undefined) yield finished;
    }
    // An inner object may be as large as the content, so its members are passed on with each part.
    const begun = groups.begun();
    if (begun !== undefined) yield begun;
  }
  splitter.end();
  const last = groups.last();
  if (last !== undefined) yield last;
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
        yield parse(record.text, record.position, '');
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

/** Collects the members of inner objects. */
class GroupCollector {
  readonly #outer = new SeenNames();
  #inner = new SeenNames();
  #group: { readonly name: string; readonly members: (readonly [string, unknown])[] } | undefined;

  /** Takes a record. Returns the previous group if the record begins another one. */
  take(record: RawRecord): JsonGroup | undefined {
    if (record.level === 2) {
      this.#group?.members.push(this.#inner.add(record));
      return undefined;
    }
    const before = this.#group;
    const name = this.#outer.addOpened(record);
    if (record.opens === undefined) {
      throw new JsonStreamError(record.position, `${quoteUntrusted(name)} is not an object`);
    }
    this.#group = { name, members: [] };
    this.#inner = new SeenNames();
    return before;
  }

  /** The members collected so far of the current group, if any. */
  begun(): JsonGroup | undefined {
    const group = this.#group;
    if (group === undefined || group.members.length === 0) return undefined;
    this.#group = { name: group.name, members: [] };
    return group;
  }

  last(): JsonGroup | undefined {
    return this.#group;
  }
}

/** The names of one object. Refuses a name that occurs twice. */
class SeenNames {
  readonly #seen = new Set<string>();

  /** The member that a record holds. */
  add({ text, position }: Pick<RawRecord, 'text' | 'position'>): readonly [name: string, value: unknown] {
    const [member] = Object.entries(parse(text, position, '{}') as Record<string, unknown>);
    if (member === undefined) throw new JsonStreamError(position, 'a member is missing between two commas');
    this.#expectNew(member[0], position);
    return member;
  }

  /** The name of the member that a record holds or opens. */
  addOpened({ text, position, opens }: RawRecord): string {
    const value = opens === 'object' ? '{}' : opens === 'array' ? '[]' : '';
    return this.add({ text: text + value, position })[0];
  }

  #expectNew(name: string, position: number): void {
    if (this.#seen.has(name))
      throw new JsonStreamError(position, `the name ${quoteUntrusted(name)} occurs twice`);
    this.#seen.add(name);
  }
}

/** Parses a record. `brackets` are put around it first: a member alone is not JSON text. */
function parse(text: string, position: number, brackets: '{}' | ''): unknown {
  const opener = brackets.charAt(0);
  try {
    return JSON.parse(opener + text + brackets.charAt(1));
  } catch (cause) {
    const at = / at position (\d+)/.exec(messageOf(cause))?.[1];
    const before = at === undefined ? '' : text.slice(0, Number(at) - opener.length);
    throw new JsonStreamError(position + Buffer.byteLength(before), 'not valid JSON', { cause });
  }
}
