import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { blockBytes, hasValidChecksum, uint32View } from './header.ts';

/** A block with the checksum of POSIX: the sum of all bytes, with blanks in its own field. */
function blockOf(bytes: Uint8Array, isSigned: boolean): Buffer {
  const block = Buffer.from(bytes);
  block.fill(' ', 148, 156);
  const sum = isSigned
    ? Array.from(new Int8Array(block.buffer, block.byteOffset, blockBytes)).reduce((a, b) => a + b, 0)
    : block.reduce((a, b) => a + b, 0);
  block.write(`${Math.max(sum, 0).toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

const content = fc.uint8Array({ minLength: blockBytes, maxLength: blockBytes });

test('accepts the same checksums byte by byte and word by word', () => {
  fc.assert(
    fc.property(
      content,
      fc.boolean(),
      fc.nat({ max: 511 }),
      fc.boolean(),
      (bytes, isSigned, at, isSpoilt) => {
        const block = blockOf(bytes, isSigned);
        if (isSpoilt) block[at] = ((block[at] ?? 0) + 1) & 0xff;
        const words = uint32View(Buffer.from(new Uint8Array(block).buffer));
        assert.ok(words !== undefined);
        assert.equal(hasValidChecksum(block, 0, words), hasValidChecksum(block, 0));
      },
    ),
    { numRuns: 2000 },
  );
});

test('accepts a block of the largest bytes, whose sum needs 16 bits', () => {
  const block = blockOf(new Uint8Array(blockBytes).fill(0xff), false);
  assert.ok(hasValidChecksum(block, 0));
  assert.ok(hasValidChecksum(block, 0, uint32View(Buffer.from(new Uint8Array(block).buffer))));
});

test('returns no 32-bit view when the bytes do not begin at a multiple of four', () => {
  const bytes = Buffer.alloc(1024);
  assert.equal(uint32View(bytes.subarray(1)), undefined);
});
