import assert from 'node:assert/strict';
import { test } from 'node:test';
import { collectAll, inChunks } from '../../testing/streams.ts';
import { type TarEntryPlan, tar } from '../../testing/tar-writer.ts';
import { TarError } from './header.ts';
import { tarMembers } from './members.ts';

const members: TarEntryPlan[] = [
  { path: './first', content: 'a'.repeat(2000) },
  { path: 'link', target: 'first' },
  { path: 'passed-over', content: 'b'.repeat(5000) },
  { path: 'empty', content: '' },
  { path: 'last', content: 'c'.repeat(700) },
];
const wants = ({ path }: { readonly path: string }): boolean => path !== 'passed-over';

test('yields wanted files in order, each as a stream, when the archive comes in pieces of any size', async () => {
  for (const pieceBytes of [100, 512, 1 << 20]) {
    const seen: [string, number, string][] = [];
    for await (const { path, sizeBytes, bytes } of tarMembers(inChunks(tar(members), pieceBytes), wants))
      seen.push([path, sizeBytes, Buffer.concat(await collectAll(bytes)).toString()]);
    assert.deepEqual(seen, [
      ['first', 2000, 'a'.repeat(2000)],
      ['empty', 0, ''],
      ['last', 700, 'c'.repeat(700)],
    ]);
  }
});

test('yields the next file only when the reader has read the previous one or stops', async () => {
  const stream = tarMembers(inChunks(tar(members), 512), wants);
  const first = await stream.next();
  assert.ok(first.done !== true);
  const steps: string[] = [];
  const next = stream.next().then((result) => {
    steps.push('next');
    return result.done === true ? undefined : result.value;
  });
  for await (const piece of first.value.bytes) {
    steps.push(`${piece.length}`);
    if (steps.length === 2) break;
  }
  assert.equal((await next)?.path, 'empty');
  assert.deepEqual(steps, ['512', '512', 'next']);
});

test('fails every reader and closes the stream when an archive is cut short', async () => {
  let isClosed = false;
  async function* cut(): AsyncGenerator<Uint8Array> {
    try {
      yield* inChunks(tar(members).subarray(0, 1500), 512);
    } finally {
      isClosed = true;
    }
  }
  const stream = tarMembers(cut(), wants);
  const first = await stream.next();
  assert.ok(first.done !== true);
  await assert.rejects(collectAll(first.value.bytes), TarError);
  await assert.rejects(first.value.isRead, TarError);
  await assert.rejects(stream.next(), TarError);
  assert.ok(isClosed);
});
