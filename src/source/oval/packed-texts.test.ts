import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PackedTexts } from './packed-texts.ts';

test('returns its texts on every iteration', () => {
  const list = new PackedTexts();
  const texts = Array.from({ length: 300 }, (_, n) => `\n"é€${'x'.repeat((n % 7) * 1000)}`);
  texts.push('y'.repeat(500_000), '', 'z');
  for (const [line, text] of texts.entries()) list.push({ bytes: Buffer.from(text), line });
  const read = (): unknown[] => Array.from(list, ({ bytes, line }) => [line, bytes.toString()]);
  assert.deepEqual(read(), [...texts.entries()]);
  assert.deepEqual(read(), [...texts.entries()]);
  assert.deepEqual([...new PackedTexts()], []);
});
