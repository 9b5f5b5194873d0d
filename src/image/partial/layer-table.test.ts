import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { limits } from '../../core/limits.ts';
import { sha256 } from '../../testing/image-builder.ts';
import { chunkReader, inflateChunk } from './inflate-chunk.ts';
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

test('refuses small files whose members inflate to very much', async () => {
  const zeros = Buffer.alloc(limits.partialInnerBytes + 1);
  const stored = gzipSync(Buffer.concat([zeros, Buffer.from('def')]));
  const chunk = { offset: 10, end: 10 + stored.length, size: 3, digest: sha256('def') };
  await assert.rejects(
    inflateChunk(stored, 'gzip', { ...chunk, innerOffset: zeros.length }),
    /behind more than 16777216 inflated bytes/,
  );
  const shared = { ...chunk, innerOffset: limits.partialInnerBytes, digest: sha256('\0de') };
  const content = await inflateChunk(stored, 'gzip', shared);
  assert.ok(content.buffer.byteLength <= Buffer.poolSize);
  const read = chunkReader('gzip');
  const [entry] = layerTable([file('a', 10, 0)], 90);
  assert.ok(entry);
  const many = Array.from({ length: 40 }, () => shared);
  await assert.rejects(
    read({ ...entry, chunks: many }, () => stored),
    /leads to more than 536870912 inflated bytes/,
  );
});
