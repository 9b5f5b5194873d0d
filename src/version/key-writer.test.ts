import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { KeyWriter } from './key-writer.ts';

function written(write: (key: KeyWriter) => void): Buffer {
  const key = new KeyWriter();
  key.start();
  write(key);
  return Buffer.from(key.take());
}

function number(digits: string, base?: number): Buffer {
  return written((key) => {
    key.number(digits, 0, digits.length, base);
  });
}

const digits = fc.oneof(
  fc.bigInt({ min: 0n, max: 1100n }).map(String),
  fc.bigInt({ min: 0n, max: 10n ** 45n }).map(String),
  fc.string({ unit: fc.constantFrom('0', '1', '9'), maxLength: 40 }),
);

test('orders numbers of any length, and makes no token a prefix of another', () => {
  fc.assert(
    fc.property(digits, digits, (a, b) => {
      const [left, right] = [number(a), number(b)];
      const order = BigInt(a) < BigInt(b) ? -1 : BigInt(a) > BigInt(b) ? 1 : 0;
      assert.equal(Buffer.compare(left, right), order);
      if (order !== 0) assert.notDeepEqual(right.subarray(0, left.length), left);
    }),
  );
});

test('encodes numbers with the fewest bytes', () => {
  assert.equal(number('').toString('hex'), '80');
  assert.equal(number('0095').toString('hex'), 'df');
  assert.equal(number('96').toString('hex'), 'e096');
  assert.equal(number('123').toString('hex'), 'e10123');
  assert.equal(number('9'.repeat(30)).toString('hex'), `fc${'99'.repeat(15)}`);
  assert.equal(number('9'.repeat(31)).toString('hex'), `fd0000001f09${'99'.repeat(15)}`);
  assert.equal(number('1'.repeat(300)).toString('hex'), `fd0000012c${'11'.repeat(150)}`);
  assert.equal(number('7', 0x02).toString('hex'), '09');
});

test('encodes a text as its UTF-8 bytes and a zero', () => {
  assert.equal(
    written((key) => {
      key.string('a\u0080é');
    }).toString('hex'),
    '61c280c3a900',
  );
  assert.equal(
    written((key) => {
      key.string('xabx', 1, 3);
    }).toString('hex'),
    '616200',
  );
});

test('forgets the last version, and frees the buffer of a huge one', () => {
  const key = new KeyWriter();
  const other = new KeyWriter();
  key.start();
  key.string('b'.repeat(100_000));
  const first = key.take();
  key.start();
  key.string('a');
  assert.equal(first.length, 100_001);
  assert.equal(Buffer.from(key.take()).toString('hex'), '6100');
  other.string('aa');
  assert.ok(key.compare(other) < 0 && other.compare(key) > 0 && key.compare(key) === 0);
});
