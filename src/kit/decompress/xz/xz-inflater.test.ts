import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { corpus, corpusTest } from '../../../testing/corpus.ts';
import { missingTool, runTool } from '../../../testing/image-builder.ts';
import { InflateError } from '../inflater.ts';
import { XzInflater } from './xz-inflater.ts';

function inflate(input: Buffer, pieceBytes: number = 64 * 1024): Buffer {
  const pieces: Buffer[] = [];
  const inflater = new XzInflater((bytes) => pieces.push(Buffer.from(bytes)));
  for (let at = 0; at < input.length; at += pieceBytes) inflater.push(input.subarray(at, at + pieceBytes));
  inflater.end();
  return Buffer.concat(pieces);
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const skip = missingTool('xz');
const xz = (bytes: Uint8Array, ...args: readonly string[]): Buffer => runTool('xz', ['-c', ...args], bytes);

/** `clair clair clair` by xz 5.8.1: a stream with SHA-256, four bytes of padding, a stream with CRC-64. */
const sample = Buffer.from(
  '/Td6WFoAAArh+wyhBMAUESEBFgAAAAAAAAAAAMT508LgABAADF0AMZsIR4LsClTwogAAABi0XkXgzLANQIc+yyEbWvVjBQTSIdCvQ/7jAW0Z5D6UAAFIEdRQlnIYm0uaAQAAAAAKWVoAAAAA/Td6WFoAAATm1rRGBMAUESEBFgAAAAAAAAAAAMT508LgABAADF0AMZsIR4LsClTwogAAAAWfMyj0A7UWAAEwESqjcJUftvN9AQAAAAAEWVo=',
  'base64',
);
const sampleText = 'clair clair clairclair clair clair';

/** Words that recur near and far, some of them never. */
function prose(bytes: number, seed = 1): Buffer {
  const words: string[] = [];
  for (let i = seed, size = 0; size < bytes; i++) {
    const word = i % 97 === 0 ? sha256(Buffer.from(String(i))) : `package-${(i * 7919) % 4001} `;
    words.push(word);
    size += word.length;
  }
  return Buffer.from(words.join('')).subarray(0, bytes);
}

test('inflates several streams with padding that are cut anywhere', () => {
  for (const pieceBytes of [1, 7, 100, sample.length])
    assert.equal(inflate(sample, pieceBytes).toString(), sampleText, `pieces of ${pieceBytes}`);
});

test('fails when any byte is changed or missing', () => {
  for (let at = 0; at < sample.length; at++) {
    const damaged = Buffer.from(sample);
    damaged[at] = (damaged[at] ?? 0) ^ 0x40;
    assert.throws(() => inflate(damaged), InflateError, `byte ${at} changed`);
    // The first stream with its padding is complete by itself, also with padding shortened by fours.
    if (at !== sample.indexOf('YZ') + 2 && at !== sample.indexOf('YZ') + 6)
      assert.throws(() => inflate(sample.subarray(0, at)), InflateError, `cut at ${at}`);
  }
  assert.throws(() => inflate(Buffer.concat([sample, Buffer.from([0, 0, 0])])), /cut short/);
  assert.throws(
    () => inflate(Buffer.concat([sample, Buffer.from('trailing bytes')])),
    /no xz stream where one/,
  );
});

test('fails when the index describes another block', () => {
  const footer = sample.indexOf('YZ') - 10;
  const index = footer - (sample.readUInt32LE(footer + 4) + 1) * 4;
  const lying = Buffer.from(sample);
  assert.equal(lying[index + 3], sampleText.length / 2);
  lying[index + 3] = 18;
  lying.writeUInt32LE(crc32(lying.subarray(index, footer - 4)), footer - 4);
  assert.throws(() => inflate(lying), /the index does not match the blocks/);
});

test('reports the position in the compressed data', () => {
  const damaged = Buffer.from(sample);
  damaged.fill(0, 40, 44);
  assert.throws(
    () => inflate(damaged),
    (error) => error instanceof InflateError && error.position >= 24 && error.position <= 100,
  );
});

test('inflates every preset, check and property of xz', { skip }, () => {
  const content = Buffer.concat([prose(300_000), randomBytes(70_000), Buffer.alloc(100_000), prose(50_000)]);
  const options = [
    ...['-0', '-1', '-3', '-6', '-0e'].map((preset) => [preset]),
    ...['none', 'crc32', 'crc64', 'sha256'].map((check) => [`--check=${check}`]),
    ...['lc=0', 'lc=4', 'lc=1,lp=3', 'lp=4,lc=0', 'pb=0', 'pb=4', 'mode=fast', 'dict=4KiB'].map((o) => [
      `--lzma2=${o}`,
    ]),
    ['--lzma2=preset=9,dict=1MiB'],
    ['--block-size=65536'],
    ['-T2', '--block-size=100000'],
    ['--block-list=1000,30000,7,0'],
  ];
  for (const args of options) assert.ok(inflate(xz(content, ...args)).equals(content), args.join(' '));
});

test('inflates anything that xz compressed', { skip }, () => {
  const parts = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.tuple(fc.nat(255), fc.nat(5000)).map(([byte, count]) => Buffer.alloc(count, byte)),
    fc.tuple(fc.nat(20_000), fc.nat(1000)).map(([size, seed]) => prose(size, seed)),
  );
  fc.assert(
    fc.property(
      fc.array(parts, { maxLength: 8 }),
      fc.integer({ min: 1, max: 5000 }),
      (pieces, pieceBytes) => {
        const content = Buffer.concat(pieces);
        assert.ok(inflate(xz(content, '--lzma2=preset=1,dict=4KiB'), pieceBytes).equals(content));
      },
    ),
    { numRuns: 40 },
  );
});

test('fails when the data of a block is damaged anywhere', { skip }, () => {
  const file = xz(prose(200_000), '--check=crc32', '-T1');
  fc.assert(
    fc.property(fc.nat(file.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const damaged = Buffer.from(file);
      damaged[at] = (damaged[at] ?? 0) ^ change;
      assert.throws(() => inflate(damaged), InflateError);
      assert.throws(() => inflate(file.subarray(0, at)), InflateError);
    }),
    { numRuns: 100 },
  );
});

test('forgets only the bytes that matches cannot reach', { skip }, () => {
  // The same block of noise repeatedly, at a distance larger than any chunk.
  const noise = randomBytes(3_000_000);
  const content = Buffer.concat([noise, noise, noise, noise]);
  assert.ok(inflate(xz(content, '--lzma2=preset=0,dict=4MiB', '-T1')).equals(content));
});

test('allocates only what matches use, whatever reach a stream declares', () => {
  const claiming = Buffer.from(sample);
  claiming[18] = 40; // 4 GiB
  claiming.writeUInt32LE(crc32(claiming.subarray(12, 28)), 28);
  assert.equal(claiming.readUInt8(16), 0x21);
  assert.equal(inflate(claiming).toString(), sampleText);
});

test('names an unsupported filter', { skip }, () => {
  const file = runTool('xz', ['-c', '--x86', '--lzma2'], prose(1000));
  assert.throws(() => inflate(file), /another filter than LZMA2, which is not supported/);
});

corpusTest('inflates root file systems of AlmaLinux like xz', () => {
  for (const name of ['almalinux-8-20230523-s390x-micro', 'almalinux-9.0-beta-aarch64-micro']) {
    const file = readFileSync(corpus(`images/${name}.tar.xz`));
    assert.equal(sha256(inflate(file, 1 << 20)), sha256(runTool('xz', ['-dc'], file)), name);
  }
});
