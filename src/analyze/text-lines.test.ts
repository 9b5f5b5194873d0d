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

test('gives the same lines in chunks as in one piece', () => {
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

test('cuts a line that is longer than a chunk, and reads the next one whole', () => {
  const long = 'x'.repeat(3 * windowBytes);
  assert.deepEqual(linesOf(`a\n${long}\nb\n`), ['a', 'x'.repeat(windowBytes), 'b']);
  assert.deepEqual(linesOf(long), ['x'.repeat(windowBytes)]);
});

test('counts one character per byte, also for multi-byte letters', () => {
  const lines = new Lines(Buffer.from('ü\n'));
  assert.ok(lines.next());
  assert.equal(lines.end, 2);
  assert.deepEqual(linesOf('ü\nß'), ['ü', 'ß']);
});
