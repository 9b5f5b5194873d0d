import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { corpus, corpusTest } from '../../../testing/corpus.ts';
import { missingTool, runTool } from '../../../testing/image-builder.ts';
import { InflateError } from '../inflater.ts';
import { Bzip2Inflater } from './bzip2-inflater.ts';

function inflate(input: Buffer, pieceBytes: number = 64 * 1024): Buffer {
  const pieces: Buffer[] = [];
  const inflater = new Bzip2Inflater((bytes) => pieces.push(Buffer.from(bytes)));
  for (let at = 0; at < input.length; at += pieceBytes) inflater.push(input.subarray(at, at + pieceBytes));
  inflater.end();
  return Buffer.concat(pieces);
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const skip = missingTool('bzip2');
const bzip2 = (bytes: Uint8Array, level = 9): Buffer => runTool('bzip2', ['-c', `-${level}`], bytes);

/** `clair clair clair` by bzip2 1.0.8, at level 9 and at level 1. */
const sample = Buffer.from(
  'QlpoOTFBWSZTWZJ7tYUAAAKRgEAAKCQQACAAIbUNqDAGJmziieLuSKcKEhJPdrCgQlpoMTFBWSZTWZJ7tYUAAAKRgEAAKCQQACAAIbUNqDAGJmziieLuSKcKEhJPdrCg',
  'base64',
);
const sampleText = 'clair clair clairclair clair clair';
const half = sample.length / 2;

test('inflates several streams that are cut anywhere, with zeros as padding at the end', () => {
  for (const pieceBytes of [1, 7, 100, sample.length])
    assert.equal(inflate(sample, pieceBytes).toString(), sampleText, `pieces of ${pieceBytes}`);
  for (const padding of [1, 4, 1000])
    assert.equal(inflate(Buffer.concat([sample, Buffer.alloc(padding)])).toString(), sampleText);
});

test('fails when any significant byte is changed or any byte is missing', () => {
  for (let at = 0; at < sample.length; at++) {
    const damaged = Buffer.from(sample);
    damaged[at] = (damaged[at] ?? 0) ^ 0x40;
    // There must be two tables, though a short text uses only one. The other may have any content.
    if (at % half !== 31) assert.throws(() => inflate(damaged), InflateError, `byte ${at} changed`);
    if (at !== half) assert.throws(() => inflate(sample.subarray(0, at)), InflateError, `cut at ${at}`);
  }
  assert.throws(() => inflate(Buffer.concat([sample, Buffer.from('trailing')])), /no bzip2 stream where one/);
  assert.throws(
    () => inflate(Buffer.concat([sample, Buffer.from('\0\0\0\0trailing')])),
    /something else follows/,
  );
});

test('reports the position in the compressed data', () => {
  const damaged = Buffer.from(sample);
  damaged[half + 12] = 0;
  assert.throws(
    () => inflate(damaged),
    (error) => error instanceof InflateError && error.position >= half && error.position <= sample.length,
  );
});

test('inflates runs of every length up to the next run', { skip }, () => {
  const runs = Array.from({ length: 300 }, (_, i) => Buffer.alloc(i, 97 + (i % 2)));
  const content = Buffer.concat([
    ...runs,
    Buffer.alloc(259, 1),
    Buffer.alloc(255, 2),
    Buffer.alloc(3_000_000, 3),
  ]);
  assert.ok(inflate(bzip2(content)).equals(content));
});

test('inflates every level, over several blocks, and empty content', { skip }, () => {
  const content = Buffer.concat([
    randomBytes(950_000),
    Buffer.from(Array.from({ length: 60_000 }, (_, i) => `${(i * 7919) % 4001}: ${i} `).join('')),
    Buffer.from(Array.from({ length: 256 }, (_, i) => i)),
  ]);
  for (const level of [1, 2, 5, 9])
    assert.ok(inflate(bzip2(content, level)).equals(content), `level ${level}`);
  assert.equal(inflate(bzip2(Buffer.alloc(0))).length, 0);
  // A parallel writer makes one stream per part.
  const stretches = [0, 400_000, 800_000].map((from) => bzip2(content.subarray(from, from + 400_000)));
  assert.ok(inflate(Buffer.concat(stretches), 1000).equals(content.subarray(0, 1_200_000)));
});

test('inflates anything that bzip2 compressed', { skip }, () => {
  const parts = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.tuple(fc.nat(255), fc.nat(2000)).map(([byte, count]) => Buffer.alloc(count, byte)),
    fc.string({ maxLength: 500 }).map((text) => Buffer.from(text)),
  );
  fc.assert(
    fc.property(
      fc.array(parts, { maxLength: 8 }),
      fc.integer({ min: 1, max: 3000 }),
      (pieces, pieceBytes) => {
        const content = Buffer.concat(pieces);
        assert.ok(inflate(bzip2(content), pieceBytes).equals(content));
      },
    ),
    { numRuns: 40 },
  );
});

test('fails when significant data is damaged anywhere', { skip }, () => {
  const content = Buffer.from(Array.from({ length: 20_000 }, (_, i) => `${(i * 7919) % 401} `).join(''));
  const file = bzip2(content);
  fc.assert(
    fc.property(fc.nat(file.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const damaged = Buffer.from(file);
      damaged[at] = (damaged[at] ?? 0) ^ change;
      assert.ok(isRefused(damaged) || inflate(damaged).equals(content), `byte ${at}`);
      assert.throws(() => inflate(file.subarray(0, at)), /ends inside a block|is cut short/);
    }),
    { numRuns: 100 },
  );
});

function isRefused(input: Buffer): boolean {
  try {
    inflate(input);
    return false;
  } catch (error) {
    if (!(error instanceof InflateError)) throw error;
    return true;
  }
}

corpusTest('inflates a feed of Oracle like bzip2', () => {
  const file = readFileSync(corpus('feeds/oracle-oval/com.oracle.elsa-2017-2023.part.xml.bz2'));
  assert.equal(sha256(inflate(file, 1 << 20)), sha256(runTool('bzip2', ['-dc'], file)));
});
