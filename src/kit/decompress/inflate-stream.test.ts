import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { ClairError } from '../../core/errors.ts';
import { missingTool, runTool } from '../../testing/image-builder.ts';
import { collectAll, inChunks } from '../../testing/streams.ts';
import { inflateStream } from './inflate-stream.ts';
import { InflateError } from './inflater.ts';

const content = Buffer.concat([Buffer.from('{"feed": "content"} '.repeat(20_000)), randomBytes(100_000)]);
const compressors: Readonly<Record<string, (bytes: Uint8Array) => Buffer>> = {
  gzip: gzipSync,
  zstd: zstdCompressSync,
  xz: (bytes) => runTool('xz', ['-c', '-1'], bytes),
  bzip2: (bytes) => runTool('bzip2', ['-c'], bytes),
};

async function textOf(bytes: Uint8Array, pieceBytes?: number): Promise<Buffer> {
  return Buffer.concat(await collectAll(inflateStream(inChunks(bytes, pieceBytes), 'feed.json')));
}

for (const [name, compress] of Object.entries(compressors)) {
  const skip = ['xz', 'bzip2'].includes(name) && missingTool(name);

  test(`inflates ${name} in pieces of any size`, { skip }, async () => {
    const bytes = compress(content);
    for (const pieceBytes of [3, 1000, 1 << 20])
      assert.ok((await textOf(bytes, pieceBytes)).equals(content), `pieces of ${pieceBytes}`);
    assert.ok((await textOf(Buffer.concat([bytes, bytes]))).equals(Buffer.concat([content, content])));
    assert.equal((await textOf(compress(Buffer.alloc(0)))).length, 0);
  });

  test(`fails with the position when ${name} is cut or damaged`, { skip }, async () => {
    const bytes = compress(content);
    const middle = bytes.length >> 1;
    for (const damaged of [
      bytes.subarray(0, -1),
      bytes.subarray(0, middle),
      Buffer.from(bytes).fill(0xff, 20, middle),
    ]) {
      await assert.rejects(textOf(damaged), (error) => {
        assert.ok(error instanceof InflateError);
        assert.match(
          error.message,
          /^feed\.json cannot be decompressed: .*, near byte \d+ of the compressed data$/,
        );
        assert.ok(error.position <= bytes.length);
        return true;
      });
    }
  });

  test(`refuses ${name} with an excessive ratio before it fills the memory`, { skip }, async () => {
    // Half of the bytes do not compress, so that the whole file stays within the ratio and its end does not.
    const bomb = compress(Buffer.alloc(100 * 1024 * 1024));
    const start = name === 'gzip' ? Buffer.alloc(0) : compress(randomBytes(200_000));
    await assert.rejects(collectAll(counted(Buffer.concat([start, bomb]))), (error) => {
      assert.ok(error instanceof ClairError);
      assert.equal(error.code, 'limit-exceeded');
      assert.match(error.message, /^feed\.json holds more than 1000 times its size/);
      return true;
    });
  });
}

/** Yields only the lengths of the output, so that it is not stored. */
async function* counted(bytes: Uint8Array): AsyncGenerator<number> {
  for await (const piece of inflateStream(inChunks(bytes), 'feed.json')) yield piece.length;
}

test('passes uncompressed data through, however short', async () => {
  for (const text of ['', '{', '{"a":1}', 'BZhello', content.toString('latin1')]) {
    const bytes = Buffer.from(text, 'latin1');
    for (const pieceBytes of [1, 4096])
      assert.ok((await textOf(bytes.subarray(0, 5000), pieceBytes)).equals(bytes.subarray(0, 5000)));
  }
});

test('reads no more than the reader requests', async () => {
  const pieces = Array.from({ length: 100 }, () => gzipSync(randomBytes(50_000)));
  let read = 0;
  const closed: string[] = [];
  async function* body(): AsyncGenerator<Uint8Array> {
    try {
      for (const piece of pieces) {
        read++;
        yield await Promise.resolve(piece);
      }
    } finally {
      closed.push('body');
    }
  }
  let seen = 0;
  for await (const piece of inflateStream(body(), 'feed.json')) {
    seen += piece.length;
    assert.ok(read <= Math.ceil(seen / 50_000) + 1, `${read} pieces read for ${seen} bytes`);
    if (seen > 500_000) break;
  }
  assert.deepEqual(closed, ['body']);
  assert.ok(read <= 12);
});

test('passes errors of the stream on unchanged', async () => {
  async function* body(): AsyncGenerator<Uint8Array> {
    yield await Promise.resolve(gzipSync(content).subarray(0, 1000));
    throw new RangeError('the network went away');
  }
  await assert.rejects(collectAll(inflateStream(body(), 'feed.json')), {
    name: 'RangeError',
    message: 'the network went away',
  });
});
