import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ClairError } from '../kit/errors.ts';
import type { AdvisorySource, FeedRecord, Fetched } from '../plugin/index.ts';
import { gather, inPieces } from './bytes.ts';

/** A feed as it should be. */
export interface FeedSample {
  readonly source: AdvisorySource;
  readonly feed: string;
  /** As the client would give it: its ending may tell a source what it is. */
  readonly url: string;
  readonly content: Uint8Array;
  readonly extent?: 'changes';
}

/** Reads a sample, or other content in its place. */
export function parseSample(sample: FeedSample, content: Uint8Array = sample.content): Promise<FeedRecord[]> {
  const fetched: Fetched = {
    url: sample.url,
    body: inPieces(content, Math.max(1000, content.length >> 6)),
    fingerprint: '',
    ...(sample.extent && { extent: sample.extent }),
  };
  return gather(sample.source.parse(sample.feed, fetched));
}

const html =
  '<!DOCTYPE html><html><head><title>403 Forbidden</title></head><body><h1>Forbidden</h1></body></html>';

/**
 * Asserts that a source notices whatever may happen to a feed on its way: cut at any byte, a page of HTML in its place, nothing
 * at all, other JSON or XML, another encoding. It must throw a `feed-corrupt` error that names source, feed and place.
 */
export async function assertNoticesDamage(sample: FeedSample): Promise<void> {
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
}

/** Asserts that content is refused by an error that says all one needs to know. */
export async function assertRefused(sample: FeedSample, content: Uint8Array, what: string): Promise<void> {
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
