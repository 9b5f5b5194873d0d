import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { inflaterFor } from './inflater-for.ts';

/** Content with few and with many repetitions, of one byte and of several blocks. */
const content = fc
  .array(
    fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 4000 }).map((bytes) => Buffer.from(bytes)),
      fc.tuple(fc.string({ minLength: 1, maxLength: 30 }), fc.nat(200_000)).map(([text, bytes]) => {
        return Buffer.alloc(bytes, text);
      }),
    ),
    { maxLength: 5 },
  )
  .map((pieces) => Buffer.concat(pieces));

const gzipOptions = fc.record({
  level: fc.integer({ min: 0, max: 9 }),
  // A small memory makes short blocks.
  memLevel: fc.constantFrom(1, 8),
  strategy: fc.constantFrom(
    constants.Z_DEFAULT_STRATEGY,
    constants.Z_FIXED,
    constants.Z_HUFFMAN_ONLY,
    constants.Z_RLE,
  ),
});

const members = fc.array(
  fc.tuple(content, gzipOptions).map(([bytes, options]) => ({ bytes, stored: gzipSync(bytes, options) })),
  { minLength: 1, maxLength: 3 },
);

/** Inflates pieces while every end of a block is wanted. Returns the bytes, and the ends with the bytes before them. */
function inflateByBlocks(
  stored: Buffer,
  pieceBytes: number,
  compression: 'gzip' | 'zstd' = 'gzip',
): { readonly bytes: Buffer; readonly ends: readonly (readonly [position: number, inflated: number])[] } {
  const pieces: Buffer[] = [];
  const ends: [number, number][] = [];
  let inflated = 0;
  const inflater = inflaterFor(
    compression,
    (bytes) => {
      inflated += bytes.length;
      pieces.push(Buffer.from(bytes));
    },
    {
      wantsBlockEnd: (position) => ends.at(-1)?.[0] !== position,
      blockEnded: (position) => {
        ends.push([position, inflated]);
      },
    },
  );
  for (let at = 0; at < stored.length; at += pieceBytes)
    void inflater.push(stored.subarray(at, at + pieceBytes));
  void inflater.end();
  return { bytes: Buffer.concat(pieces), ends };
}

test('inflates the same bytes when it stops at ends of blocks', () => {
  const pieceBytes = fc.oneof(fc.integer({ min: 1, max: 3000 }), fc.constant(1024 * 1024));
  fc.assert(
    fc.property(members, pieceBytes, fc.constantFrom(0, 1, 700), (parts, size, zeros) => {
      const stored = Buffer.concat([...parts.map((part) => part.stored), Buffer.alloc(zeros)]);
      const { bytes, ends } = inflateByBlocks(stored, size);
      assert.ok(bytes.equals(Buffer.concat(parts.map((part) => part.bytes))));
      for (const [i, [position]] of ends.entries()) assert.ok(position > (ends[i - 1]?.[0] ?? 0));
    }),
    { numRuns: 200 },
  );
});

test('finds the ends of stored blocks, which RFC 1951 places at bytes', () => {
  const stored = gzipSync(Buffer.alloc(150_000, 'stored'), { level: 0 });
  const places = [10];
  for (let isLast = false; !isLast; ) {
    const at = places.at(-1) ?? 0;
    isLast = stored[at] === 1;
    places.push(at + 5 + stored.readUInt16LE(at + 1));
  }
  const ends = inflateByBlocks(stored, 1000).ends.map(([position]) => position);
  assert.ok(places.length > 2);
  assert.deepEqual(ends, places);
});

const bytesOf = (buffers: readonly Buffer[]): number => buffers.reduce((sum, { length }) => sum + length, 0);

test('finds ends of frames of zstd, and no other places', () => {
  const pieceBytes = fc.oneof(fc.integer({ min: 1, max: 3000 }), fc.constant(1024 * 1024));
  const checksum = fc.record({ [constants.ZSTD_c_checksumFlag]: fc.nat(1) });
  const frames = fc.array(fc.tuple(content, checksum), { minLength: 1, maxLength: 4 });
  let found = 0;
  fc.assert(
    fc.property(frames, pieceBytes, (contents, size) => {
      const parts = contents.map(([bytes, params]) => ({
        bytes,
        stored: zstdCompressSync(bytes, { params }),
      }));
      const places = parts.map((_, i) => {
        const before = parts.slice(0, i + 1);
        return [bytesOf(before.map((part) => part.stored)), bytesOf(before.map((part) => part.bytes))];
      });
      const stored = Buffer.concat(parts.map((part) => part.stored));
      const { bytes, ends } = inflateByBlocks(stored, size, 'zstd');
      assert.ok(bytes.equals(Buffer.concat(parts.map((part) => part.bytes))));
      for (const end of ends) assert.ok(places.some((place) => isDeepStrictEqual(place, end)));
      found += ends.length;
    }),
    { numRuns: 60 },
  );
  assert.ok(found > 20, `${found} ends of frames`);
});
