import assert from 'node:assert/strict';
import type { AdvisorySource, FeedRecord } from '../advisory-source.ts';

/** A recorded feed, and the result that a source must return for it. */
export interface SourceSample {
  readonly feed: string;
  readonly content: string | Uint8Array;
  /** Ids of its vulnerabilities, in any order, each once per record. */
  readonly ids: readonly string[];
  /** A namespace that the feed covers. */
  readonly namespace: string;
}

/**
 * Checks the contract of an advisory source. `feedsFor` must return feeds of the source. The same bytes must give the same records in
 * chunks of any size. Keys must be unique. A truncated feed must give an error or a subset of the records. Throws an assertion error
 * on a violation.
 */
export async function checkSource(source: AdvisorySource, sample: SourceSample): Promise<void> {
  const { feed, ids, namespace } = sample;
  assert.ok(source.feeds.includes(feed), `${feed} is not among its feeds`);
  assert.ok(source.feedsFor(namespace).includes(feed), `${feed} is not among the feeds of ${namespace}`);
  for (const one of source.feedsFor(namespace))
    assert.ok(source.feeds.includes(one), `feedsFor returns ${one}, which \`feeds\` does not list`);
  assert.deepEqual(source.feedsFor('an-unknown-namespace'), [], 'an unknown namespace must have no feeds');
  const bytes = Buffer.from(sample.content as string);
  const records = await read(source, feed, [bytes]);
  for (const record of records) assertKind(record);
  const foundIds = records.flatMap((record) => (record.kind === 'vulnerability' ? [record.id] : []));
  assert.deepEqual(foundIds.toSorted(), [...ids].sort(), 'the vulnerabilities of the sample');
  const keys = records.map(({ key }) => key);
  assert.equal(new Set(keys).size, keys.length, 'keys must be unique');
  assert.deepEqual(
    await read(source, feed, pieces(bytes, 7)),
    records,
    'chunks of 7 bytes give other records',
  );
  for (let end = 0; end < bytes.length; end += Math.max(1, Math.floor(bytes.length / 16)))
    await assertCut(source, feed, { whole: new Set(keys), bytes: bytes.subarray(0, end) });
}

const recordKinds: Readonly<Record<FeedRecord['kind'], true>> = {
  vulnerability: true,
  skipped: true,
  withdrawn: true,
};

function assertKind({ kind, key }: FeedRecord): void {
  const kinds = Object.keys(recordKinds);
  assert.ok(kinds.includes(kind), `the record ${key} has the kind ${kind}; use one of ${kinds.join(', ')}`);
}

async function assertCut(
  source: AdvisorySource,
  feed: string,
  { whole, bytes }: { readonly whole: ReadonlySet<string>; readonly bytes: Buffer },
): Promise<void> {
  const records = await read(source, feed, [bytes]).catch((error: unknown) => {
    assert.ok(error instanceof Error, 'a thrown value must be an Error');
    return [];
  });
  for (const { key } of records)
    assert.ok(whole.has(key), `a truncated feed has ${key}, which the whole feed does not have`);
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
