import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ClairError } from '../core/errors.ts';
import type {
  AdvisorySource,
  FeedRecord,
  FetchedFeed,
  RatingRecord,
  VulnerabilityRecord,
} from '../plugin/index.ts';
import { assertEnrichment, assertVulnerability } from './record-schemas.ts';
import { collectAll, inChunks } from './streams.ts';

/** An intact feed. */
export interface FeedSample<Read extends FeedRecord | RatingRecord = FeedRecord> {
  readonly source: Pick<AdvisorySource, 'name'> & {
    parse(feed: string, content: FetchedFeed): AsyncIterable<Read>;
  };
  readonly feed: string;
  /** URL of the feed; a source may read its format from the ending. */
  readonly url: string;
  readonly content: Uint8Array;
  readonly extent?: 'changes';
  /**
   * For a feed that packs records: one record, and the function that makes the content of it. A record that is a string is XML;
   * any other is JSON.
   */
  readonly packed?: { readonly record: unknown; readonly pack: (record: unknown) => Uint8Array };
}

/** Parses a sample, or other content instead of its own. */
export function parseSample<Read extends FeedRecord | RatingRecord>(
  sample: FeedSample<Read>,
  content: Uint8Array = sample.content,
): Promise<Read[]> {
  const fetched: FetchedFeed = {
    url: sample.url,
    body: inChunks(content, Math.max(1000, content.length >> 6)),
    fingerprint: '',
    ...(sample.extent && { extent: sample.extent }),
  };
  return collectAll(sample.source.parse(sample.feed, fetched));
}

const html =
  '<!DOCTYPE html><html><head><title>403 Forbidden</title></head><body><h1>Forbidden</h1></body></html>';

/**
 * Asserts that a source detects damage of its feed: truncation at any byte, an HTML page, no content, other JSON or XML, or another
 * encoding. It must throw a `feed-corrupt` error that names source, feed and position. If bytes are lost, doubled or replaced, or
 * any JSON value is replaced, it may instead read the records that are still intact.
 */
export async function assertDetectsDamage(sample: FeedSample<FeedRecord | RatingRecord>): Promise<void> {
  const content = Buffer.from(Buffer.from(sample.content).toString('latin1').trimEnd(), 'latin1');
  const refused = (bytes: Uint8Array, what: string): Promise<void> => assertRefused(sample, bytes, what);
  for (const [what, text] of Object.entries({
    html,
    empty: '',
    blank: ' \n',
    object: '{}',
    array: '[]',
    null: 'null',
  })) {
    await refused(Buffer.from(text), what);
  }
  await refused(
    Buffer.from('<?xml version="1.0"?><oval_definitions><definitions/></oval_definitions>'),
    'no definition',
  );
  await refused(Buffer.from(content.toString(), 'utf16le'), 'UTF-16');
  await refused(Buffer.from('\xff\xfe\x00\x89PNG', 'latin1'), 'binary');
  await refused(Buffer.concat([content, Buffer.from('<x/>}')]), 'more at the end');
  await fc.assert(
    fc.asyncProperty(fc.nat(content.length - 1), (length) =>
      refused(content.subarray(0, length), `cut at byte ${length}`),
    ),
  );
  await fc.assert(
    fc.asyncProperty(splice(content.length), (change) =>
      assertTyped(sample, spliced(content, change), JSON.stringify(change)),
    ),
  );
  for (const [what, bytes] of damagedJson(sample)) await assertTyped(sample, bytes, what);
  for (const [what, bytes] of damagedXml(sample)) await assertTyped(sample, bytes, what);
  await assertLatin1(sample, content);
}

/** Latin 1 is not a valid encoding of any feed. A packed record with it is lost without the others. */
async function assertLatin1(sample: FeedSample<FeedRecord | RatingRecord>, content: Buffer): Promise<void> {
  const { packed } = sample;
  const latin = (bytes: Uint8Array): Buffer =>
    Buffer.from(Buffer.from(bytes).toString('latin1').replace('CVE-2024', 'CVE-\xe9024'), 'latin1');
  if (packed !== undefined) await assertTyped(sample, latin(packed.pack(packed.record)), 'Latin 1');
  else if (!latin(content).equals(content)) await assertRefused(sample, latin(content), 'Latin 1');
}

/** Yields content with one change, if it is XML or made of XML. */
function* damagedXml({
  content,
  packed,
}: FeedSample<FeedRecord | RatingRecord>): Iterable<[string, Uint8Array]> {
  const text = packed === undefined ? Buffer.from(content).toString() : packed.record;
  if (typeof text !== 'string' || !text.startsWith('<')) return;
  const pack = packed?.pack ?? ((record: unknown) => Buffer.from(String(record)));
  for (const [what, changed] of xmlMutations(text.trimEnd())) yield [what, pack(changed)];
}

/** Yields XML with one change: an element or attribute is missing, empty, replaced or repeated too often. */
function* xmlMutations(text: string): Iterable<[string, string]> {
  for (let length = 0; length < text.length; length += Math.ceil(text.length / 64))
    yield [`cut at character ${length}`, text.slice(0, length)];
  for (const { 0: tag, 1: name = '', index } of text.matchAll(/<([\w:-]+)[^>]*>/g)) {
    const put = (instead: string): string => text.slice(0, index) + instead + text.slice(index + tag.length);
    for (const instead of ['', `<x/>${tag}`, '<x>', tag.replace(name, 'x'), `${tag}7`, `<${name}/>${tag}`])
      yield [`${instead} for ${tag}`, put(instead)];
    for (const { 0: attribute, 1: member = '' } of tag.matchAll(/ ([\w:-]+)="[^"]*"/g))
      for (const instead of ['', ` ${member}=""`, ` ${member}="x"`, `${attribute}${attribute}`, ` x="1"`])
        yield [`${instead} for ${attribute} of ${tag}`, put(tag.replace(attribute, instead))];
  }
  const root = text.search(/<[\w:-]/);
  yield [
    'a declaration of entities',
    `${text.slice(0, root)}<!DOCTYPE x [<!ENTITY a "aaaa">]>${text.slice(root)}`,
  ];
  const end = text.lastIndexOf('</', text.lastIndexOf('</') - 1);
  yield ['a million more at the end', text.slice(0, end) + '<x/>'.repeat(1_000_000) + text.slice(end)];
}

/** A change of bytes: they are removed (`nothing`), doubled (`twice`) or replaced. */
interface Splice {
  readonly from: number;
  readonly length: number;
  readonly instead: string;
}

function splice(length: number): fc.Arbitrary<Splice> {
  return fc.record({
    from: fc.nat(length - 1),
    length: fc.integer({ min: 1, max: 60 }),
    instead: fc.oneof(fc.constantFrom('nothing', 'twice'), fc.string({ unit: 'binary', maxLength: 4 })),
  });
}

function spliced(content: Buffer, { from, length, instead }: Splice): Buffer {
  const cut = content.subarray(from, from + length);
  const put = instead === 'twice' ? [cut, cut] : instead === 'nothing' ? [] : [Buffer.from(instead)];
  return Buffer.concat([content.subarray(0, from), ...put, content.subarray(from + length)]);
}

/** Wrong values for any place in JSON. */
const wrongValues: readonly unknown[] = [null, true, -1, 1e308, '', 'x', [], {}, [null], [[]], { x: null }];

/** A list of a million objects. */
const longList: readonly unknown[] = Array.from({ length: 1_000_000 }, () => ({}));

/** Yields content with another value in one of its places, if it is JSON or made of JSON. */
function* damagedJson({
  content,
  packed,
}: FeedSample<FeedRecord | RatingRecord>): Iterable<[string, Uint8Array]> {
  const pack = packed?.pack ?? ((value: unknown) => Buffer.from(JSON.stringify(value)));
  const value = packed?.record ?? parsed(content);
  const places = placesIn(value);
  for (const [path, here] of places)
    for (const other of Array.isArray(here) ? [...wrongValues, twice(here)] : wrongValues)
      yield [`${JSON.stringify(other)} at ${path.join('.')}`, pack(replacedAt(value, path, other))];
  const list = places.find(([, here]) => Array.isArray(here))?.[0];
  if (list !== undefined)
    yield [`a million objects at ${list.join('.')}`, pack(replacedAt(value, list, longList))];
}

function twice(list: readonly unknown[]): readonly unknown[] {
  return [...list, ...list];
}

function parsed(content: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(content).toString());
  } catch {
    return undefined;
  }
}

/** Returns all places in a value with their values, including nested ones. */
function placesIn(value: unknown): [path: string[], here: unknown][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]): [string[], unknown][] => [
    [[name], inner],
    ...placesIn(inner).map(([path, here]): [string[], unknown] => [[name, ...path], here]),
  ]);
}

function replacedAt(value: unknown, [name, ...rest]: readonly string[], other: unknown): unknown {
  if (name === undefined) return other;
  const copy = structuredClone(value) as Record<string, unknown>;
  copy[name] = replacedAt(copy[name], rest, other);
  return copy;
}

/** Asserts that content either gives well-typed records or is rejected with a message. */
async function assertTyped(
  sample: FeedSample<FeedRecord | RatingRecord>,
  content: Uint8Array,
  what: string,
): Promise<void> {
  const records = await parseSample(sample, content).catch((error: unknown) => {
    const isTyped = error instanceof ClairError && ['feed-corrupt', 'limit-exceeded'].includes(error.code);
    assert.ok(isTyped, `${what}: ${error instanceof Error ? (error.stack ?? '') : String(error)}`);
    return [];
  });
  for (const record of records) {
    if (record.kind === 'skipped' || record.kind === 'withdrawn')
      assert.equal(typeof record.key, 'string', what);
    else assertForm(record, what);
  }
}

function assertForm({ kind, ...content }: VulnerabilityRecord | RatingRecord, what: string): void {
  if (kind === 'vulnerability') assertVulnerability(content, what);
  else assertEnrichment(content, what);
}

/** Asserts that content is rejected by an error with all details. */
export async function assertRefused(
  sample: FeedSample<FeedRecord | RatingRecord>,
  content: Uint8Array,
  what: string,
): Promise<void> {
  await assert.rejects(
    parseSample(sample, content),
    (error) => {
      assert.ok(error instanceof ClairError, what);
      assert.equal(error.code, 'feed-corrupt', what);
      const start = `the ${sample.source.name} feed ${sample.feed} from ${sample.url} is damaged at `;
      assert.equal(error.message.slice(0, start.length), start, what);
      return true;
    },
    what,
  );
}
