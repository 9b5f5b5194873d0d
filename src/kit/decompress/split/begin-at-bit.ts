import { appendUniformBlock, BitWriter } from './deflate-bits.ts';

/**
 * Returns bytes that zlib reads instead of the first stored byte, to begin at one of its bits. zlib begins at bytes only. So empty blocks
 * come first: they fill the byte up to the bit, and inflate to nothing.
 */
export function bytesFromBit(bit: number, storedByte: number): Buffer {
  const bits = new BitWriter();
  appendEmptyBlocks(bits, bit & 7);
  bits.append(storedByte >> (bit & 7), 8 - (bit & 7));
  return bits.toBuffer();
}

/** Appends empty blocks whose bits leave `remainder` when divided by 8. A static one has 10 bits. A dynamic one makes the sum odd. */
function appendEmptyBlocks(to: BitWriter, remainder: number): void {
  if (remainder % 2 === 1)
    appendUniformBlock(to, { isLast: false, codeBits: 1, literals: [0], distances: 2, content: [] });
  while (to.length % 8 !== remainder) appendEmptyStaticBlock(to);
}

function appendEmptyStaticBlock(to: BitWriter): void {
  to.append(0, 1);
  to.append(1, 2);
  to.append(0, 7);
}
