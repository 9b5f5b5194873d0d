import assert from 'node:assert/strict';
import type { AdvisorySource, FeedRecord } from '../advisory-source.ts';

/** A feed as it was fetched once, and what a source has to make of it. */
export interface SourceSample {
  readonly feed: string;
  readonly content: string | Uint8Array;
  /** Ids of its vulnerabilities, each as often as it has records, in any order. */
  readonly ids: readonly string[];
  /** A namespace that the feed speaks of. */
  readonly namespace: string;
}

/**
 * Whether an advisory source keeps its contract: its feeds are those it knows, the same bytes give the same records however they
 * are cut into pieces, no key comes twice, and a feed that breaks off is an error or fewer records, never others. Throws an
 * assertion error.
 */
export async function checkSource(source: AdvisorySource, sample: SourceSample): Promise<void> {
  const { feed, ids, namespace } = sample;
  assert.ok(source.feeds.includes(feed), `${feed} is not among its feeds`);
  assert.ok(source.feedsFor(namespace).includes(feed), `${feed} is not among the feeds of ${namespace}`);
  for (const one of source.feedsFor(namespace))
    assert.ok(source.feeds.includes(one), `${one} is no feed of it`);
  assert.deepEqual(source.feedsFor('a-namespace-of-nobody'), [], 'feeds of what it does not know');
  const bytes = Buffer.from(sample.content as string);
  const records = await read(source, feed, [bytes]);
  const foundIds = records.flatMap((record) => ('affected' in record ? [record.id] : []));
  assert.deepEqual(foundIds.toSorted(), [...ids].sort(), 'the vulnerabilities of the sample');
  const keys = records.map(({ key }) => key);
  assert.equal(new Set(keys).size, keys.length, 'a key comes twice');
  assert.deepEqual(await read(source, feed, pieces(bytes, 7)), records, 'the same in pieces of seven bytes');
  for (let end = 0; end < bytes.length; end += Math.max(1, Math.floor(bytes.length / 16)))
    await assertCut(source, feed, { whole: new Set(keys), bytes: bytes.subarray(0, end) });
}

async function assertCut(
  source: AdvisorySource,
  feed: string,
  { whole, bytes }: { readonly whole: ReadonlySet<string>; readonly bytes: Buffer },
): Promise<void> {
  const records = await read(source, feed, [bytes]).catch((error: unknown) => {
    assert.ok(error instanceof Error, 'what it throws is an error');
    return [];
  });
  for (const { key } of records)
    assert.ok(whole.has(key), `a feed that breaks off has ${key}, the whole has not`);
}

async function read(
  source: AdvisorySource,
  feed: string,
  body: readonly Uint8Array[],
): Promise<readonly FeedRecord[]> {
  async function* stream(): AsyncGenerator<Uint8Array> {
    yield* body;
  }
  const records: FeedRecord[] = [];
  const content = { url: `sample:${feed}`, body: stream(), fingerprint: '' };
  for await (const record of source.parse(feed, content)) records.push(record);
  return records;
}

function pieces(bytes: Buffer, size: number): Uint8Array[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
    bytes.subarray(i * size, (i + 1) * size),
  );
}
