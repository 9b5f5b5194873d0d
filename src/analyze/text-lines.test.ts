import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Lines } from './text-lines.ts';

const windowBytes = 256 * 1024;

function linesOf(content: string): string[] {
  const lines = new Lines(Buffer.from(content));
  const found: string[] = [];
  while (lines.next()) found.push(lines.bytes.toString('utf8', lines.start, lines.end));
  return found;
}

test('a text has the same lines in pieces as in one', () => {
  const lengths = fc.array(fc.constantFrom(0, 1, 70, 1000, 100_000, windowBytes - 1, windowBytes - 2), {
    minLength: 1,
    maxLength: 12,
  });
  fc.assert(
    fc.property(lengths, fc.boolean(), (some, isEnded) => {
      const lines = some.map((length, i) => String.fromCharCode(97 + (i % 26)).repeat(length));
      while (!isEnded && lines.at(-1) === '') lines.pop();
      assert.deepEqual(linesOf(lines.join('\n') + (isEnded ? '\n' : '')), lines);
    }),
    { numRuns: 200 },
  );
});

test('a line longer than a piece is cut, and the next one is whole', () => {
  const long = 'x'.repeat(3 * windowBytes);
  assert.deepEqual(linesOf(`a\n${long}\nb\n`), ['a', 'x'.repeat(windowBytes), 'b']);
  assert.deepEqual(linesOf(long), ['x'.repeat(windowBytes)]);
});

test('one byte is one character, also where letters take several', () => {
  const lines = new Lines(Buffer.from('ü\n'));
  assert.ok(lines.next());
  assert.equal(lines.end, 2);
  assert.deepEqual(linesOf('ü\nß'), ['ü', 'ß']);
});
