import { messageOf } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { quoteUntrusted } from '../quoted.ts';
import { JsonSplitter, JsonStreamError, type RawRecord, type SplitterLimits } from './json-splitter.ts';

export { JsonStreamError } from './json-splitter.ts';

const defaults: SplitterLimits = {
  bytes: limits.feedBytes,
  recordBytes: limits.feedRecordBytes,
  records: limits.feedRecords,
  depth: limits.documentDepth,
};

const partBytes = 64 * 1024;

/** A stream of bytes in pieces. */
type Body = AsyncIterable<Uint8Array>;

/**
 * The members of a top-level object, one by one, with one of them in memory at a time. Throws a `JsonStreamError` for whatever
 * is not one complete object (RFC 8259), also for a top-level name that occurs twice.
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

/** A small object as a whole, of at most `limits.feedRecordBytes` unless told otherwise. Errors as for `jsonMembers`. */
export async function jsonObject(
  body: Body,
  bounds: Partial<SplitterLimits> = {},
): Promise<Record<string, unknown>> {
  const members: (readonly [string, unknown])[] = [];
  const small = { bytes: limits.feedRecordBytes, ...bounds };
  for await (const member of jsonMembers(body, small)) members.push(member);
  return Object.fromEntries(members);
}

/** The elements of a top-level array, one by one, with one of them in memory at a time. Errors as for `jsonMembers`. */
export async function* jsonElements(body: Body, bounds: Partial<SplitterLimits> = {}): AsyncGenerator {
  const splitter = new JsonSplitter({ types: ['array'] }, { ...defaults, ...bounds });
  for await (const piece of parts(body)) {
    for (const { text, position } of splitter.push(piece)) yield parse(text, position, '');
  }
  splitter.end();
}

/** A group of the members of one of the objects that a top-level object holds. */
export interface JsonGroup {
  /** The name of the inner object. */
  readonly name: string;
  /** Members of it. An inner object comes in one group or more, one at least. */
  readonly members: readonly (readonly [name: string, value: unknown])[];
}

/**
 * The members of the objects in a top-level object, `{"outer": {"inner": …}}`, with few of them in memory at a time. Errors as
 * for `jsonMembers`, also for an inner name that occurs twice and for a member that is no object.
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
    // What a part completes is passed on with it: an inner object may be as large as the content.
    const begun = groups.begun();
    if (begun !== undefined) yield begun;
  }
  splitter.end();
  const last = groups.last();
  if (last !== undefined) yield last;
}

/**
 * The elements of the array that is the member `name` of a top-level object, or of a top-level array, one by one, with one of
 * them in memory at a time. Other members are passed over. Errors as for `jsonMembers`, also where there is no such array.
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

/** The content in parts so small that what one holds of records is soon garbage. */
async function* parts(body: Body): AsyncGenerator<Uint8Array> {
  for await (const piece of body) {
    for (let from = 0; from < piece.length; from += partBytes) yield piece.subarray(from, from + partBytes);
  }
}

/** Gathers the members of inner objects. */
class GroupCollector {
  readonly #outer = new SeenNames();
  #inner = new SeenNames();
  #group: { readonly name: string; readonly members: (readonly [string, unknown])[] } | undefined;

  /** Takes a record; the group before, when it begins another. */
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

  /** The members gathered so far of the group at hand, if there are any. */
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

/** The names of one object. */
class SeenNames {
  readonly #seen = new Set<string>();

  /** The member a record holds. */
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

/** Parses a record, first put between the given pair of brackets: a member is no JSON text by itself. */
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
