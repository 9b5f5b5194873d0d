import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { RawInflater } from './raw-inflater.ts';

test('inflates pieces of data one after the other, also after damaged ones', () => {
  const inflater = new RawInflater();
  const piece = fc.record({
    content: fc.oneof(fc.uint8Array(), fc.constant(Buffer.alloc(100_000, 'abc'))),
    isDamaged: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      for (const { content, isDamaged } of pieces) {
        const data = deflateRawSync(content);
        if (!isDamaged) {
          assert.deepEqual(inflater.inflate(data, content.length), Buffer.from(content));
        } else {
          // Type 3 of a block is invalid (RFC 1951, section 3.2.3).
          data[0] = 0b111;
          assert.equal(inflater.inflate(data, content.length), undefined);
        }
      }
    }),
  );
});

test('inflates the beginning of data, also of cut data, and of no damaged data', () => {
  const inflater = new RawInflater();
  const data = deflateRawSync(Buffer.from('clair '.repeat(1000)));
  assert.equal(inflater.beginning(data, 10)?.toString(), 'clair clai');
  assert.equal(inflater.beginning(data.subarray(0, -4), 5)?.toString(), 'clair');
  assert.equal(inflater.beginning(deflateRawSync('ab'), 10)?.toString(), 'ab');
  assert.equal(inflater.beginning(Buffer.from([0b111, 0, 0]), 10), undefined);
  assert.equal(inflater.beginning(data, 5)?.toString(), 'clair', 'after damaged data');
});

test('returns nothing when the size differs, the data is cut, or more data follows', () => {
  const inflater = new RawInflater();
  const data = deflateRawSync('an advisory');
  assert.equal(inflater.inflate(data, 10), undefined);
  assert.equal(inflater.inflate(data, 12), undefined);
  assert.equal(inflater.inflate(data.subarray(0, -1), 11), undefined);
  assert.equal(inflater.inflate(Buffer.concat([data, data]), 11), undefined);
  assert.equal(inflater.inflate(Buffer.alloc(0), 0), undefined);
  assert.equal(inflater.inflate(data, 11)?.toString(), 'an advisory');
});
