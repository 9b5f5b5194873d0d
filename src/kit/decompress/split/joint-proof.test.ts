import assert from 'node:assert/strict';
import { test } from 'node:test';
import { constants, deflateRawSync } from 'node:zlib';
import { blockBits } from '../../../testing/deflate-blocks.ts';
import { bytesFromBit } from './begin-at-bit.ts';
import { blockStartCandidates } from './block-start.ts';
import { proveBlockEnd } from './joint-proof.ts';
import { RawEngine } from './raw-engine.ts';

/** Text of several blocks: words, so that all kinds of codes occur. */
function words(count: number, seed: number): Buffer {
  const random = xorshift(seed);
  return Buffer.from(Array.from({ length: count }, () => (random() % 4096).toString(36)).join(' '));
}

/** Random whole numbers below 2 ** 31. */
function xorshift(seed: number): () => number {
  let state = seed * 2654435761;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 1;
  };
}

const streams: Readonly<Record<string, Buffer>> = {
  'dynamic blocks': deflateRawSync(words(500, 1), { memLevel: 1 }),
  'static blocks': deflateRawSync(words(250, 2), { strategy: constants.Z_FIXED, memLevel: 1 }),
  'stored blocks': deflateRawSync(words(200, 3), { level: 0 }),
  'codes without references': deflateRawSync(words(250, 4), {
    strategy: constants.Z_HUFFMAN_ONLY,
    memLevel: 1,
  }),
};

/** Returns whether the proof accepts a bit, after an engine has read the stream up to its byte. */
function accepts(stream: Buffer, bit: number): boolean {
  const engine = new RawEngine();
  const output = Buffer.alloc(64 * 1024);
  engine.run(stream.subarray(0, bit >> 3), output);
  const isProven =
    engine.read === bit >> 3 && proveBlockEnd(engine, bit, stream[bit >> 3] ?? 0) !== undefined;
  engine.close();
  return isProven;
}

for (const [name, stream] of Object.entries(streams)) {
  test(`accepts exactly the ends of blocks: ${name}`, () => {
    const bits = blockBits(stream);
    // The last block is followed by nothing, and zlib is at its end.
    const expected = bits.slice(0, -1);
    const accepted = Array.from({ length: stream.length * 8 }, (_, bit) => bit).filter((bit) =>
      accepts(stream, bit),
    );
    assert.ok(expected.length > 1 || name === 'stored blocks');
    assert.deepEqual(accepted, expected);
  });
}

test('begins at every bit of a byte', () => {
  const content = words(5000, 5);
  for (let offset = 0; offset < 8; offset++) {
    // Shifts a whole stream by some bits.
    const stream = deflateRawSync(content);
    const shifted = Buffer.alloc(stream.length + 1);
    for (const [i, byte] of stream.entries()) {
      shifted[i] = (shifted[i] ?? 0) | ((byte << offset) & 255);
      shifted[i + 1] = (byte << offset) >> 8;
    }
    const engine = new RawEngine();
    const output = Buffer.alloc(content.length + 100);
    const lead = bytesFromBit(offset, shifted[0] ?? 0);
    engine.run(lead, output);
    const first = Buffer.from(output.subarray(0, engine.written));
    engine.run(shifted.subarray(1), output);
    assert.equal(engine.failure, undefined);
    assert.ok(Buffer.concat([first, output.subarray(0, engine.written)]).equals(content), `bit ${offset}`);
    engine.close();
  }
});

test('finds every dynamic block, and few other bits', () => {
  const stream = deflateRawSync(words(60_000, 6), { memLevel: 6 });
  const candidates = [...blockStartCandidates(stream)];
  // A last block is not looked for, nor a header in the last bytes.
  const wanted = blockBits(stream)
    .slice(0, -2)
    .filter((bit) => bit / 8 + 320 < stream.length);
  assert.ok(wanted.length > 3);
  assert.deepEqual(
    wanted.filter((bit) => !candidates.includes(bit)),
    [],
  );
  assert.ok(candidates.length < wanted.length + 3, `${candidates.length} candidates`);
});
