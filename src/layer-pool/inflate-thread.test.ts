import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { globSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { constants, deflateRawSync, gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { splitPlan } from '../kit/decompress/split/split-plan.ts';
import {
  inflateContent,
  inflateOnOneThread,
  inflateOnTwoThreads,
  tinyPlan,
} from '../testing/split-streams.ts';
import { temporaryDirectory } from '../testing/store-engines.ts';
import { InflateThread } from './inflate-thread.ts';

const script = new URL('../inflate-worker.ts', import.meta.url);

/** Text of many words, with references over short and long distances. */
function text(length: number, seed = 1): Buffer {
  const words = Array.from({ length: 700 }, (_, i) =>
    createHash('md5')
      .update(`${seed} ${i}`)
      .digest('base64')
      .slice(0, 3 + (i % 9)),
  );
  const bytes = Buffer.concat(
    Array.from({ length: Math.ceil(length / 50) + 1 }, (_, i) =>
      createHash('sha1').update(`${seed} ${i}`).digest(),
    ),
  );
  let content = '';
  for (let at = 0; content.length < length; at += 2)
    content += words[bytes.readUInt16LE(at) % words.length] ?? '';
  return Buffer.from(content);
}

function gzipWithFlushes(content: Buffer, every: number): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0; at < content.length; at += every)
    pieces.push(deflateRawSync(content.subarray(at, at + every), { finishFlush: constants.Z_SYNC_FLUSH }));
  return gzipMember(Buffer.concat([...pieces, Buffer.from([3, 0])]), content);
}

/** Makes a member of a deflate stream and its content. */
function gzipMember(deflated: Buffer, content: Buffer): Buffer {
  const plain = gzipSync(content);
  return Buffer.concat([plain.subarray(0, 10), deflated, plain.subarray(-8)]);
}

const content = text(1_500_000);
const whole = gzipSync(content);

function changed(stream: Buffer, at: number, value: number): Buffer {
  const copy = Buffer.from(stream);
  copy[at < 0 ? copy.length + at : at] = value;
  return copy;
}

const streams: Readonly<Record<string, Buffer>> = {
  'one member': whole,
  'fast compression': gzipSync(content, { level: 1 }),
  'short blocks': gzipSync(content, { memLevel: 1 }),
  'no references': gzipSync(content, { strategy: constants.Z_HUFFMAN_ONLY }),
  'fixed codes': gzipSync(content, { strategy: constants.Z_FIXED }),
  'stored blocks': gzipSync(content, { level: 0 }),
  'random bytes': gzipSync(randomBytes(400_000)),
  'flushes of a parallel compressor': gzipWithFlushes(content, 50_000),
  'a window that is unknown for ever': gzipSync(Buffer.concat([text(40_000), Buffer.alloc(8_000_000)])),
  'references that repeat the start for ever': gzipSync(
    Buffer.concat(Array.from({ length: 3000 }, (_, i) => text(700, i % 40))),
  ),
  'gzip in stored blocks': gzipSync(Buffer.concat([text(100_000), whole, whole]), { level: 0 }),
  'gzip in gzip': gzipSync(Buffer.concat([whole, content, whole])),
  'several members': Buffer.concat([whole, gzipSync(text(300_000, 2)), gzipSync(Buffer.alloc(0)), whole]),
  'padding of zeros': Buffer.concat([whole, Buffer.alloc(30_000)]),
  'garbage behind zeros': Buffer.concat([whole, Buffer.from([0, 0, 1, 2, 3])]),
  'garbage behind the end': Buffer.concat([whole, Buffer.from('garbage')]),
  'the end of a member with one byte more': Buffer.concat([whole, Buffer.from([0x1f])]),
  'a wrong checksum': changed(whole, -8, (whole.at(-8) ?? 0) ^ 1),
  'a wrong size': changed(whole, -1, 77),
  'cut in the trailer': whole.subarray(0, -3),
  'cut before the trailer': whole.subarray(0, -8),
  'cut in a block': whole.subarray(0, Math.floor(whole.length / 2)),
  'a changed byte in the middle': changed(whole, Math.floor(whole.length / 2), 0xff),
  'a changed byte near the end': changed(whole, -2000, 0x55),
  'a name and a comment': Buffer.concat([
    Buffer.from([0x1f, 0x8b, 8, 4 | 8 | 16, 0, 0, 0, 0, 0, 3, 3, 0, 1, 2, 3]),
    Buffer.from('name\0comment\0'),
    whole.subarray(10),
  ]),
};

/** Compresses pieces of a text into a frame each, the sizes of the pieces in turn. */
function zstdFrames(bytes: Buffer, ...sizes: readonly number[]): Buffer {
  const frames: Buffer[] = [];
  for (let at = 0, piece = 0; at < bytes.length; piece++) {
    const size = sizes[piece % sizes.length] ?? bytes.length;
    frames.push(zstdCompressSync(bytes.subarray(at, at + size)));
    at += size;
  }
  return Buffer.concat(frames);
}

function skippableFrame(size: number): Buffer {
  const head = Buffer.from([0x5a, 0x2a, 0x4d, 0x18, 0, 0, 0, 0]);
  head.writeUInt32LE(size, 4);
  return Buffer.concat([head, Buffer.alloc(size, 7)]);
}

const framed = zstdFrames(content, 20_000, 70_000);
const oneFrame = zstdCompressSync(content);

const framedStreams: Readonly<Record<string, Buffer>> = {
  'many frames': framed,
  'one frame': oneFrame,
  'one frame of zeros': zstdCompressSync(Buffer.alloc(40_000_000)),
  'one frame with a changed byte': changed(oneFrame, Math.floor(oneFrame.length / 2), 0xff),
  'one frame that is cut': oneFrame.subarray(0, -3),
  'one frame with garbage behind it': Buffer.concat([oneFrame, Buffer.from('garbage')]),
  'one frame with a checksum': zstdCompressSync(content, { params: { [constants.ZSTD_c_checksumFlag]: 1 } }),
  'one frame with a wrong checksum': changed(
    zstdCompressSync(content, { params: { [constants.ZSTD_c_checksumFlag]: 1 } }),
    -1,
    7,
  ),
  'frames of one byte': zstdFrames(text(4000), 1),
  'frames longer than parts': zstdFrames(content, 900_000, 10),
  'skippable frames': Buffer.concat([
    ...[skippableFrame(0), framed, skippableFrame(70_000), framed],
    skippableFrame(9),
  ]),
  'zstd in zstd': zstdFrames(Buffer.concat([framed, randomBytes(200_000), framed]), 30_000),
  'uncompressed blocks': zstdFrames(randomBytes(400_000), 50_000),
  'runs of one byte': zstdFrames(Buffer.alloc(80_000_000), 40_000_000),
  'a changed byte in the middle': changed(framed, Math.floor(framed.length / 2), 0xff),
  'a changed byte near the end': changed(framed, -2000, 0x55),
  'cut in a frame': framed.subarray(0, Math.floor(framed.length * 0.7)),
  'cut in a header': Buffer.concat([framed, framed.subarray(0, 5)]),
  'garbage behind the end': Buffer.concat([framed, Buffer.from('garbage')]),
  'gzip behind the end': Buffer.concat([framed, gzipSync('text')]),
  'a skippable frame without its end': Buffer.concat([framed, skippableFrame(90_000).subarray(0, 60_000)]),
};

function startThread(t: TestContext): { readonly thread: InflateThread; readonly path: string } {
  const thread = new InflateThread(script);
  t.after(() => thread[Symbol.asyncDispose]());
  return { thread, path: join(temporaryDirectory(t), 'stream.gz') };
}

/** Compares streams that are inflated on two threads with one thread. The second thread must have inflated some parts. */
async function comparesAll(t: TestContext, compared: Readonly<Record<string, Buffer>>): Promise<void> {
  const { thread, path } = startThread(t);
  let done = 0;
  for (const [name, stream] of Object.entries(compared)) {
    const split = await inflateContent(stream, path, thread.inflateAhead, tinyPlan);
    assert.deepEqual(split?.inflated, inflateOnOneThread(stream, tinyPlan), name);
    assert.equal(split.stored, createHash('sha256').update(stream).digest('hex'), name);
    done += split.done;
  }
  assert.ok(done > 10, `the second thread inflated ${done} parts`);
}

test('inflates on two threads what one thread does, and fails alike', (t) => comparesAll(t, streams));

test('inflates frames of zstd on two threads as one thread does, and fails alike', (t) =>
  comparesAll(t, framedStreams));

test('gives the same with every plan', async (t) => {
  const { thread, path } = startThread(t);
  const plans = fc.record({
    partBytes: fc.constantFrom(8192, 16_384, 65_536),
    aheadBytes: fc.integer({ min: 1, max: 300_000 }),
    searchBytes: fc.integer({ min: 400, max: 8192 }),
    trialBytes: fc.integer({ min: 0, max: 20_000 }),
    unknownBytes: fc.integer({ min: 0, max: 200_000 }),
    gridBytes: fc.constantFrom(1024, 4096, 8192),
  });
  const pieces = fc.array(
    fc.record({
      bytes: fc.integer({ min: 0, max: 120_000 }),
      seed: fc.nat(5),
      level: fc.constantFrom(0, 1, 6),
    }),
    { minLength: 1, maxLength: 4 },
  );
  await fc.assert(
    fc.asyncProperty(plans, pieces, fc.nat(), async (plan, members, cut) => {
      const stream = Buffer.concat(
        members.map(({ bytes, seed, level }) => gzipSync(text(bytes, seed), { level })),
      );
      const kept = cut % 5 === 0 ? stream.subarray(0, Math.max(20, cut % stream.length)) : stream;
      const split = await inflateContent(kept, path, thread.inflateAhead, plan);
      assert.deepEqual(split?.inflated, inflateOnOneThread(kept, plan));
    }),
    { numRuns: 25 },
  );
});

test('inflates on one thread if the second one does nothing', async (t) => {
  const { path } = startThread(t);
  const split = await inflateContent(whole, path, async () => await Promise.resolve('none'), tinyPlan);
  assert.deepEqual(split?.inflated, inflateOnOneThread(whole, tinyPlan));
  assert.equal(split.done, 0);
});

const images = process.env['CLAIR_TEST_IMAGES'];
const skip = images === undefined && process.env['CI'] === undefined ? 'CLAIR_TEST_IMAGES is not set' : false;

test('inflates the layer of a real image on two threads as on one', { skip }, async (t) => {
  const { thread } = startThread(t);
  const [blob = ''] = globSync(`${images ?? ''}/oci/debian-bookworm/blobs/sha256/*`).filter(
    (path) => statSync(path).size > 16 * 1024 * 1024,
  );
  const plan = { ...splitPlan, partBytes: 4 * splitPlan.gridBytes };
  const size = statSync(blob).size;
  const split = await inflateOnTwoThreads(blob, size, thread.inflateAhead, plan);
  assert.deepEqual(split?.inflated, inflateOnOneThread(readFileSync(blob), plan));
  assert.equal(split.stored, basename(blob));
  assert.ok(split.done >= 2, `the second thread inflated ${split.done} parts`);
});
