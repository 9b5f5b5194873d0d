import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits } from '../../core/limits.ts';
import { collectAll, inChunks } from '../../testing/streams.ts';
import { base256, type TarEntryPlan, tar } from '../../testing/tar-writer.ts';
import { tarEntries } from './entries.ts';
import { TarError } from './header.ts';

const members: TarEntryPlan[] = [
  { path: './advisories/' },
  { path: './advisories/a.json', content: '{"id":"a"}' },
  { path: 'README', content: 'x'.repeat(5000) },
  { path: 'advisories/empty.json', content: '' },
  { path: 'advisories/link.json', target: 'a.json' },
  { path: `advisories/${'n'.repeat(200)}.json`, content: 'y'.repeat(3000) },
];
const isJson = (path: string): boolean => path.endsWith('.json');

async function textsOf(archive: Uint8Array, pieceBytes?: number): Promise<[string, string][]> {
  const files = await collectAll(tarEntries(inChunks(archive, pieceBytes), isJson));
  return files.map(({ path, bytes }) => [path, bytes.toString()]);
}

test('yields the wanted files one by one when the archive comes in pieces of any size', async () => {
  for (const pieceBytes of [100, 512, 1 << 20])
    assert.deepEqual(await textsOf(tar(members), pieceBytes), [
      ['advisories/a.json', '{"id":"a"}'],
      ['advisories/empty.json', ''],
      [`advisories/${'n'.repeat(200)}.json`, 'y'.repeat(3000)],
    ]);
});

test('yields files before the rest of the archive has been read', async () => {
  let read = 0;
  async function* body(): AsyncGenerator<Uint8Array> {
    for await (const piece of inChunks(tar(members), 512)) {
      read++;
      yield piece;
    }
  }
  for await (const { path } of tarEntries(body(), isJson)) {
    assert.equal(path, 'advisories/a.json');
    assert.equal(read, 3);
    return;
  }
  assert.fail('there was no file');
});

test('fails with the position when an archive is cut or damaged', async () => {
  const archive = tar(members);
  await assert.rejects(
    textsOf(archive.subarray(0, 2100)),
    (error) => error instanceof TarError && error.position === 2100,
  );
  await assert.rejects(
    textsOf(Buffer.from(archive).fill(1, 1536, 1600)),
    /no tar header .* at byte 1536 of the archive/,
  );
});

test('refuses a wanted file beyond the limit and skips an unwanted one', async () => {
  const large = { content: '', raw: { size: base256(limits.feedRecordBytes + 1) } };
  await assert.rejects(textsOf(tar([{ path: 'a.json', ...large }])), {
    code: 'limit-exceeded',
    message: /^a\.json has/,
  });
  await assert.rejects(textsOf(tar([{ path: 'a.bin', ...large }])), /cut short/);
});
