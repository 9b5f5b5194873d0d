import assert from 'node:assert/strict';
import { PassThrough, Readable } from 'node:stream';
import { test } from 'node:test';
import { collectAll } from '../../testing/streams.ts';
import { readChunks } from './read-chunks.ts';

const texts = ['one', 'two', 'three'];

async function textsOf(stream: Readable): Promise<string[]> {
  return (await collectAll(readChunks(stream))).map((piece) => piece.toString());
}

test('yields chunks as they were sent, including those that waited', async () => {
  const stream = new PassThrough();
  for (const text of texts) stream.write(text);
  stream.end();
  assert.deepEqual(await textsOf(stream), texts);
  assert.ok(stream.destroyed);
  assert.deepEqual(await textsOf(Readable.from([])), []);
});

test('fails its reader when the stream fails before or during the read', async () => {
  const failing = Readable.from(
    (async function* pieces(): AsyncGenerator<Buffer> {
      yield Buffer.from('one');
      await Promise.reject(new Error('the line is dead'));
    })(),
  );
  await assert.rejects(textsOf(failing), { message: 'the line is dead' });
  const failed = new PassThrough();
  failed.on('error', () => undefined);
  failed.destroy(new Error('it was dead before'));
  await assert.rejects(textsOf(failed), { message: 'it was dead before' });
});

test('reads a stream no further than its reader and closes it when the reader stops', async () => {
  let sent = 0;
  const endless = new Readable({
    highWaterMark: 1,
    read() {
      sent++;
      this.push(Buffer.alloc(1000));
    },
  });
  for await (const piece of readChunks(endless)) if (piece.length > 0) break;
  assert.ok(endless.destroyed);
  assert.ok(sent < 5, `${sent}`);
});
