import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { sha256 } from '../../testing/image-builder.ts';
import { inflateChunk } from './inflate-chunk.ts';
import { layerTable } from './layer-table.ts';
import { TableError } from './table-document.ts';

const file = (
  name: string,
  offset: number,
  innerOffset: number,
): Parameters<typeof layerTable>[0][number] => ({
  type: 'reg',
  name,
  size: 3,
  offset,
  innerOffset,
  chunkDigest: sha256('def'),
});

test('reads small files that share one gzip member', async () => {
  const stored = gzipSync('abcdefghi');
  const end = 10 + stored.length;
  const [first, second, third] = layerTable(
    [file('a', 10, 0), file('b', 10, 3), { type: 'dir', name: 'd/' }],
    end,
  );
  assert.deepEqual(third?.chunks, []);
  for (const each of [first, second])
    assert.deepEqual([each?.chunks[0]?.offset, each?.chunks[0]?.end], [10, end]);
  const [chunk] = second?.chunks ?? [];
  assert.ok(chunk);
  assert.equal((await inflateChunk(stored, 'gzip', chunk)).toString(), 'def');
  await assert.rejects(inflateChunk(stored, 'gzip', { ...chunk, innerOffset: 2 }), /another one/);
  await assert.rejects(
    inflateChunk(stored, 'gzip', { ...chunk, innerOffset: 7 }),
    /more content than there is/,
  );
});

test('refuses files that share a gzip member in another order', () => {
  for (const innerOffset of [0, 1])
    assert.throws(() => layerTable([file('a', 10, 1), file('b', 10, innerOffset)], 90), TableError);
});

test('keeps what runtimes do with attributes, and what may be executed', () => {
  const [directory, program] = layerTable(
    [
      { type: 'dir', name: 'd', xattrs: { 'trusted.overlay.opaque': 'eQ==' } },
      { ...file('p', 1, 0), mode: 0o100755 },
    ],
    9,
  );
  assert.equal(directory?.entry.overlay, 'SCHILY.xattr.trusted.overlay.opaque');
  assert.deepEqual([directory.isExecutable, program?.isExecutable], [false, true]);
});
