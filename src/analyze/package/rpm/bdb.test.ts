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
    { pageSize: 65536, inlineBelow: 10000 },
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

  test('values of any length come back', () => {
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

  test('the magic number alone makes one, and what is shorter is none', () => {
    const start = writeBdb(values).subarray(0, 16);
    assert.ok(isBdb(start));
    assert.ok(!isBdb(start.subarray(0, 15)));
  });

  test('damage is told, and what is whole still comes', () => {
    const cases: readonly (readonly [damage: (bytes: Buffer) => Buffer, problem: RegExp])[] = [
      [(bytes) => bytes.subarray(0, 100), /cut off within its first page/],
      [(bytes) => bytes.subarray(0, -1), /is 40959 bytes long and not 40960/],
      [(bytes) => set(bytes, 21, 2), /is 40960 bytes long and not 5120/],
      [(bytes) => set(bytes, 20, 100), /impossible page size 4196/],
      [(bytes) => set(bytes, 24, 1), /is encrypted/],
      [(bytes) => set(bytes, 25, 9), /another kind/],
      [(bytes) => set(bytes, 4096 + 25, 0), /pages belong to no package/],
      [(bytes) => set(bytes, 4096 + 25, 99), /page 1 is of the unknown type 99/],
      [(bytes) => set(bytes, 4096 + 20, 3), /page 1 claims 3 items/],
      [(bytes) => set(bytes, 4096 + 26, 0), /items that overlap/],
      [(bytes) => set(bytes, 3 * 4096 + 25, 13), /which is not its own/],
    ];
    for (const [damage, problem] of cases) {
      const problems = problemsOf(damage(writeBdb(values)));
      assert.match(problems.join('; '), problem);
    }
  });

  test('a chain that runs in a circle ends', () => {
    const bytes = writeBdb([Buffer.alloc(9000, 4)]);
    bytes.writeUInt32LE(3, 4 * 4096 + 16);
    assert.match(problemsOf(bytes).join('; '), /leads to page 3, which is not its own/);
  });
});

function set(bytes: Buffer, offset: number, value: number): Buffer {
  bytes[offset] = value;
  return bytes;
}
