import { messageOf } from './errors.ts';
import { JsonSplitter, JsonStreamError, type RawRecord, type SplitterLimits } from './json-splitter.ts';
import { limits } from './limits.ts';

export { JsonStreamError } from './json-splitter.ts';

const defaults: SplitterLimits = {
  bytes: limits.feedBytes,
  recordBytes: limits.feedRecordBytes,
  records: limits.feedRecords,
};

/**
 * The members of a top-level object, one by one, with one of them in memory at a time. Throws a `JsonStreamError` for whatever
 * is not one complete object (RFC 8259), also for a top-level name that occurs twice.
 */
export function jsonMembers(
  body: AsyncIterable<Uint8Array>,
  bounds: Partial<SplitterLimits> = {},
): AsyncGenerator<readonly [name: string, value: unknown]> {
  const seen = new Set<string>();
  return split(body, new JsonSplitter('object', { ...defaults, ...bounds }), ({ text, position }) => {
    const [member] = Object.entries(parse(text, position, '{}') as Record<string, unknown>);
    if (member === undefined) throw new JsonStreamError(position, 'a member is missing between two commas');
    const [name] = member;
    if (seen.has(name)) throw new JsonStreamError(position, `the name ${quoted(name)} occurs twice`);
    seen.add(name);
    return member;
  });
}

/** A small object as a whole, of at most `limits.feedRecordBytes` unless told otherwise. Errors as for `jsonMembers`. */
export async function jsonObject(
  body: AsyncIterable<Uint8Array>,
  bounds: Partial<SplitterLimits> = {},
): Promise<Record<string, unknown>> {
  const members: (readonly [string, unknown])[] = [];
  const small = { bytes: limits.feedRecordBytes, ...bounds };
  for await (const member of jsonMembers(body, small)) members.push(member);
  return Object.fromEntries(members);
}

/** The elements of a top-level array, one by one, with one of them in memory at a time. Errors as for `jsonMembers`. */
export function jsonElements(
  body: AsyncIterable<Uint8Array>,
  bounds: Partial<SplitterLimits> = {},
): AsyncGenerator {
  return split(body, new JsonSplitter('array', { ...defaults, ...bounds }), ({ text, position }) =>
    parse(text, position, ''),
  );
}

async function* split<T>(
  body: AsyncIterable<Uint8Array>,
  splitter: JsonSplitter,
  read: (record: RawRecord) => T,
): AsyncGenerator<T> {
  for await (const piece of body) {
    for (const record of splitter.push(piece)) yield read(record);
  }
  splitter.end();
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

function quoted(name: string): string {
  return JSON.stringify(name.length > 100 ? `${name.slice(0, 100)}…` : name);
}
