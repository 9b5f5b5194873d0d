import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inChunks } from '../../testing/streams.ts';
import { readAllBytes } from './bytes.ts';

const tooMuch = (): Error => new Error('too much');

test('copies the bytes of a stream that reuses its memory', async () => {
  const memory = Buffer.alloc(3);
  async function* reused(): AsyncGenerator<Uint8Array> {
    for (const text of ['one', 'two', 'six']) {
      memory.write(text);
      yield await Promise.resolve(memory);
    }
  }
  assert.equal((await readAllBytes(reused(), 9, tooMuch)).toString(), 'onetwosix');
});

test('reads as many bytes as allowed and not one more', async () => {
  const bytes = Buffer.alloc(200_000, 7);
  assert.ok((await readAllBytes(inChunks(bytes, 1000), bytes.length, tooMuch)).equals(bytes));
  await assert.rejects(readAllBytes(inChunks(bytes, 1000), bytes.length - 1, tooMuch), /^Error: too much$/);
  assert.equal((await readAllBytes(inChunks(Buffer.alloc(0)), 0, tooMuch)).length, 0);
});

test('closes a stream when it is too long', async () => {
  let given = 0;
  let isClosed = false;
  async function* body(): AsyncGenerator<Uint8Array> {
    try {
      for (const piece of ['ab', 'cd', 'ef', 'gh']) {
        given++;
        yield await Promise.resolve(Buffer.from(piece));
      }
    } finally {
      isClosed = true;
    }
  }
  await assert.rejects(readAllBytes(body(), 3, tooMuch));
  assert.deepEqual([given, isClosed], [2, true]);
});
