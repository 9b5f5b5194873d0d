import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { type BdbOptions, writeBdb } from '../../../testing/rpm-writer.ts';
import { isBdb, readBdb } from './bdb.ts';

const values = [Buffer.alloc(10, 1), Buffer.alloc(4070, 2), Buffer.alloc(4071, 3), Buffer.alloc(9000, 4)];

function problemsOf(bytes: Buffer): string[] {
  return [...readBdb(bytes)].filter((blob) => typeof blob === 'string');
}

suite('Berkeley DB', () => {
  const forms: readonly BdbOptions[] = [
    {},
    { order: 'big' },
    { hashPage: 2 },
    { inlineBelow: 100 },
    { pageSize: 512, order: 'big', hashPage: 2, inlineBelow: 100 },
    ...[512, 1024, 2048, 4096, 8192, 16384, 32768, 65536].map((pageSize) => ({ pageSize, inlineBelow: 400 })),
  ];
  for (const form of forms) {
    test(`reads every value in the form ${JSON.stringify(form)}`, () => {
      const bytes = writeBdb(values, form);
      assert.ok(isBdb(bytes));
      assert.deepEqual(
        [...readBdb(bytes)].map((blob) => Buffer.from(blob)),
        values,
      );
    });
  }

  test('reads a page that is full to the last byte', () => {
    // Of 512 bytes, the page header takes 26, the offsets of the four items two each, and the items 5, 5, 5 and the
    // value plus 1.
    const value = Buffer.alloc(512 - 26 - 8 - 5 - 5 - 5 - 1, 7);
    assert.deepEqual([...readBdb(writeBdb([value], { pageSize: 512, inlineBelow: 500 }))], [value]);
  });

  test('ignores pages beyond those in the header of the file', () => {
    const bytes = writeBdb(values);
    const longer = Buffer.concat([bytes, bytes.subarray(4096, 8192)]);
    assert.deepEqual(problemsOf(longer), ['is 45056 bytes long instead of 40960; a part of it may be lost']);
  });

  test('reads values of any length', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 3000 }), { maxLength: 10 }), (random) => {
        const bytes = writeBdb(random, { pageSize: 512, inlineBelow: 30 });
        assert.deepEqual(
          [...readBdb(bytes)].map((blob) => Buffer.from(blob)),
          random.map((value) => Buffer.from(value)),
        );
      }),
    );
  });

  test('recognises a file by the magic number alone, and not a shorter one', () => {
    const start = writeBdb(values).subarray(0, 16);
    assert.ok(isBdb(start));
    assert.ok(!isBdb(start.subarray(0, 15)));
  });
});

suite('a damaged Berkeley DB', () => {
  test('reports damage, and reads the rest', () => {
    const cases: readonly (readonly [damage: (bytes: Buffer) => Buffer, problem: RegExp])[] = [
      [(bytes) => bytes.subarray(0, 100), /cut off within its first page/],
      [(bytes) => bytes.subarray(0, -1), /is 40959 bytes long instead of 40960/],
      [(bytes) => set(bytes, 21, 2), /is 40960 bytes long instead of 5120/],
      [(bytes) => set(bytes, 20, 100), /impossible page size 4196/],
      [(bytes) => set(bytes, 24, 1), /is encrypted/],
      [(bytes) => set(bytes, 25, 9), /another kind/],
      [(bytes) => set(bytes, 4096 + 25, 0), /pages belong to no package/],
      [(bytes) => set(bytes, 4096 + 25, 99), /page 1 is of the unknown type 99/],
      [(bytes) => set(bytes, 4096 + 20, 3), /page 1 claims 3 items/],
      [(bytes) => set(bytes, 4096 + 26, 0), /items that overlap/],
      [(bytes) => set(bytes, 3 * 4096 + 25, 13), /which is not its own/],
      [(bytes) => set(bytes, 8 * 4096 + 16, 0), /a value of 9000 bytes ends 860 bytes early/],
      [(bytes) => set(bytes, 8 * 4096 + 16, 10), /a value of 9000 bytes ends 860 bytes early/],
      [(bytes) => set(bytes, offsetAt(bytes, 2), 3), /a key is not a package number/],
      [(bytes) => set(bytes, offsetAt(bytes, 3), 9), /a value is of an unknown kind/],
      // The last value, at its offset.
      [(bytes) => set(set(bytes, 4096 + 26 + 18, 30), 4096 + 26 + 19, 0), /items that overlap/],
    ];
    for (const [damage, problem] of cases) {
      const problems = problemsOf(damage(writeBdb(values)));
      assert.match(problems.join('; '), problem);
    }
  });

  test('reports a page that no package refers to', () => {
    const bytes = set(writeBdb([Buffer.alloc(100)]), 4096 + 25, 0);
    assert.deepEqual(problemsOf(bytes), ['1 pages belong to no package; entries may be lost']);
  });

  test('ends at a circular chain', () => {
    const bytes = writeBdb([Buffer.alloc(9000, 4)]);
    bytes.writeUInt32LE(3, 4 * 4096 + 16);
    assert.match(problemsOf(bytes).join('; '), /leads to page 3, which is not its own/);
  });
});

/** Returns the offset of an item in the hash page. */
function offsetAt(bytes: Buffer, item: number): number {
  return 4096 + bytes.readUInt16LE(4096 + 26 + 2 * item);
}

function set(bytes: Buffer, offset: number, value: number): Buffer {
  bytes[offset] = value;
  return bytes;
}
