import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { windowBytes } from '../../../kit/decompress/split/raw-engine.ts';
import type { LayerPart } from './checkpoint-format.ts';
import { inflatePart } from './inflate-part.ts';

const [partBytes, tarBytes] = [2000, 500];

/**
 * Lengths of a stored block whose header is in the byte before the part, and another stored block that begins with the part (RFC 1951, 3.2.4).
 * The byte before has zeros only, so that a header may begin at each of its bits.
 */
const [low, high] = [0x10, 0x02];
const twoHeaders = Buffer.from([low, high, low ^ 0xff, high ^ 0xff, low]);

/** The last block of a stream, which is stored and has two bytes. */
const lastBlock = Buffer.from([0x01, 0x02, 0x00, 0xfd, 0xff]);

function partOf(stored: Buffer, changes: Partial<LayerPart> = {}): LayerPart {
  return {
    offset: 100,
    end: 100 + stored.length,
    tarOffset: 50_000,
    tarEnd: 50_000 + tarBytes,
    sha256: createHash('sha256').update(stored).digest(),
    checkpoint: { byteBefore: 0, window: Buffer.alloc(windowBytes) },
    compression: 'gzip',
    ...changes,
  };
}

const filled = (start: Buffer, content: Uint8Array): Buffer =>
  Buffer.concat([start, Buffer.alloc(partBytes - start.length, content)]);

test('refuses a part that gives other bytes from another bit', () => {
  const stored = filled(twoHeaders, Buffer.from('one and other content'));
  assert.throws(() => inflatePart(partOf(stored), stored), { message: 'a checkpoint is ambiguous' });
});

test('takes a part that gives the same bytes from each bit at which a block can begin', () => {
  const stored = filled(twoHeaders, Buffer.from([low]));
  assert.deepEqual(inflatePart(partOf(stored), stored), Buffer.alloc(tarBytes, low));
});

test('refuses a part whose true bit may lead to another member of gzip', () => {
  const start = Buffer.concat([lastBlock, Buffer.from('ab'), Buffer.alloc(8), Buffer.from('1f8b08', 'hex')]);
  const stored = filled(start, Buffer.from('content'));
  assert.throws(() => inflatePart(partOf(stored), stored), {
    message: 'a part of the layer may have several members of gzip',
  });
});

test('refuses a part whose checkpoint may be the end of a member, whatever its trailer inflates to', () => {
  // The trailer begins a stored block with the bytes of the part, as random streams had it.
  const trailer = Buffer.from([0x01, 0xf4, 0x01, 0x0b, 0xfe, 0x61, 0x62, 0x63]);
  const stored = filled(Buffer.concat([trailer, gzipSync('another member')]), Buffer.from('content'));
  const checkpoint = { byteBefore: 0xff, window: Buffer.alloc(windowBytes) };
  assert.throws(() => inflatePart(partOf(stored, { checkpoint }), stored), {
    message: 'a part of the layer may have several members of gzip',
  });
  const empty = partOf(trailer, { checkpoint, tarEnd: 50_000 });
  assert.deepEqual(inflatePart(empty, trailer), Buffer.alloc(0));
});

test('refuses a part that begins at no bit, and one without a header of gzip', () => {
  // Ones are headers of a type that does not exist.
  const stored = Buffer.alloc(partBytes, 0xff);
  const checkpoint = { byteBefore: 0xff, window: Buffer.alloc(windowBytes) };
  assert.throws(() => inflatePart(partOf(stored, { checkpoint }), stored), {
    message: /does not begin at its checkpoint/,
  });
  assert.throws(() => inflatePart(partOf(stored, { checkpoint: undefined }), stored), {
    message: /does not begin at its checkpoint/,
  });
});

test('inflates frames of zstd, and refuses those that are cut, too large or too small', () => {
  const content = Buffer.alloc(tarBytes / 2, 'content');
  const frame = zstdCompressSync(content);
  const inflated = (stored: Buffer): Buffer =>
    inflatePart(partOf(stored, { checkpoint: undefined, compression: 'zstd' }), stored);
  assert.deepEqual(inflated(Buffer.concat([frame, frame])), Buffer.concat([content, content]));
  for (const stored of [
    frame,
    Buffer.concat([frame, frame, frame]),
    Buffer.concat([frame, frame.subarray(0, -1)]),
    Buffer.concat([frame, Buffer.from('other')]),
  ])
    assert.throws(() => inflated(stored), { name: 'ExtractMissError' });
});
