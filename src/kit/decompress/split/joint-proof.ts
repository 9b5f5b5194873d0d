import { randomBytes } from 'node:crypto';
import { appendUniformBlock, BitWriter } from './deflate-bits.ts';
import type { RawEngine } from './raw-engine.ts';

const codeBits = 7;
const literalCount = 2 ** codeBits - 1;
const contentLength = 24;

/** Zlib must leave them unread: it is at the end of the block. */
const padding = 4;

/** Maximum bytes that the bits of one byte inflate to: seven references of a bit each. */
const remainderMax = 7 * 258;

/**
 * Proves that a deflate stream has a block that ends at a bit. `engine` has read the stream up to the byte of that bit, and has passed on all
 * that it inflated. It cannot be used afterwards. Returns what the bits of that byte before the bit inflate to; undefined without a proof.
 *
 * The engine gets a last block with random codes and random content. Only a reader that expects a block takes it: any other reads its bits
 * as symbols of the block that it is in, which cannot give this content and this end. An empty block proves less: its bits may also be the
 * end of a block.
 */
export function proveBlockEnd(engine: RawEngine, bit: number, storedByte: number): Buffer | undefined {
  const random = randomBytes(256 * 4 + contentLength);
  const literals = randomLiterals(random);
  const content = Array.from(random.subarray(-contentLength), (byte) => byte % literalCount);
  const bits = new BitWriter();
  bits.append(storedByte, bit & 7);
  appendUniformBlock(bits, { isLast: true, codeBits, literals, distances: 1, content });
  const block = bits.toBuffer();
  const input = Buffer.concat([block, Buffer.alloc(padding)]);
  const output = Buffer.alloc(remainderMax + contentLength + 1);
  engine.run(input, output);
  if (engine.failure !== undefined || engine.read !== block.length || engine.written < contentLength)
    return undefined;
  const expected = Buffer.from(content.map((index) => literals[index] ?? 0));
  const end = engine.written - contentLength;
  return output.subarray(end, engine.written).equals(expected) ? output.subarray(0, end) : undefined;
}

/** Returns a random selection of the 256 literals, ascending. */
function randomLiterals(random: Buffer): number[] {
  const shuffled = Array.from({ length: 256 }, (_, literal) => ({
    literal,
    key: random.readUInt32LE(literal * 4),
  }));
  shuffled.sort((a, b) => a.key - b.key);
  return shuffled
    .slice(0, literalCount)
    .map(({ literal }) => literal)
    .sort((a, b) => a - b);
}
