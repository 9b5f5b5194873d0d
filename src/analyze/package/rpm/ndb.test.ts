import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { writeNdb } from '../../../testing/rpm-writer.ts';
import { isNdb, readNdb } from './ndb.ts';

const values = [Buffer.alloc(1, 1), Buffer.alloc(16, 2), Buffer.alloc(4, 3), Buffer.alloc(5000, 4)];

suite('ndb', () => {
  test('reads every blob that a slot refers to', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 20 }), (random) => {
        const bytes = writeNdb(random);
        assert.ok(isNdb(bytes));
        assert.deepEqual(
          [...readNdb(bytes)].map((blob) => Buffer.from(blob)),
          random.map((value) => Buffer.from(value)),
        );
      }),
    );
  });

  test('recognises a file by the magic number alone, and not a shorter one', () => {
    const start = writeNdb(values).subarray(0, 4);
    assert.ok(isNdb(start));
    assert.ok(!isNdb(start.subarray(0, 3)));
  });

  test('reports damage, and reads the rest', () => {
    const secondSlot = 32 + 3 * 16;
    const secondBlob = 4096 + 32;
    const cases: readonly (readonly [damage: (bytes: Buffer) => Buffer, whole: number, problem: RegExp])[] = [
      [(bytes) => bytes.subarray(0, 20), 0, /cut off within its header/],
      [(bytes) => bytes.subarray(0, 2000), 0, /cut off within its slots/],
      [(bytes) => bytes.subarray(0, -16), 3, /package 4 is cut off/],
      [(bytes) => set(bytes, 4, 1), 4, /unknown version 1/],
      [(bytes) => set(bytes, 14, 1), 4, /claims 65537 pages of slots/],
      [(bytes) => set(bytes, secondSlot, 0), 3, /slot at byte 80 is damaged/],
      [(bytes) => set(bytes, secondSlot + 4, 9), 3, /package 9 is damaged/],
      [(bytes) => set(bytes, secondSlot + 12, 1), 3, /package 2 has an impossible size/],
      [(bytes) => set(bytes, secondBlob + 12, 99), 3, /package 2 is damaged/],
    ];
    for (const [damage, whole, problem] of cases) {
      const blobs = [...readNdb(damage(writeNdb(values)))];
      assert.match(blobs.filter((blob) => typeof blob === 'string').join('; '), problem);
      assert.equal(blobs.filter((blob) => typeof blob !== 'string').length, whole, String(problem));
    }
  });

  test('ignores a slot without an offset', () => {
    const bytes = writeNdb(values);
    bytes.writeUInt32LE(9, 32 + 4);
    assert.deepEqual(
      [...readNdb(bytes)].map((blob) => Buffer.from(blob)),
      values,
    );
  });

  test('limits the content of slots that share a blob', () => {
    const bytes = writeNdb([Buffer.alloc(5000, 1)]);
    const slot = bytes.subarray(32 + 16, 32 + 32);
    for (let place = 32; place < 4096; place += 16) slot.copy(bytes, place);
    assert.match(String([...readNdb(bytes)].at(-1)), /overlap/);
  });
});

function set(bytes: Buffer, offset: number, value: number): Buffer {
  bytes[offset] = value;
  return bytes;
}
