import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { AnyInflater } from './any-inflater.ts';
import { compressionOf } from './compression.ts';
import type { Inflater } from './inflater.ts';
import { inflaterFor } from './inflater-for.ts';
import { NativeInflater, nativeInflateWorks } from './native-inflater.ts';
import { StreamInflater } from './stream-inflater.ts';

const engines = { native: NativeInflater, stream: StreamInflater };
const compressors = {
  gzip: (bytes: Buffer) => gzipSync(bytes),
  zstd: (bytes: Buffer) => zstdCompressSync(bytes),
};

async function inflate(
  make: (sink: (bytes: Buffer) => void) => Inflater,
  input: Buffer,
  pieceBytes: number,
): Promise<Buffer> {
  const pieces: Buffer[] = [];
  const inflater = make((bytes) => pieces.push(Buffer.from(bytes)));
  for (let at = 0; at < input.length; at += pieceBytes)
    await inflater.push(input.subarray(at, at + pieceBytes));
  await inflater.end();
  return Buffer.concat(pieces);
}

for (const [engine, Engine] of Object.entries(engines)) {
  for (const compression of ['gzip', 'zstd'] as const) {
    const compress = compressors[compression];
    const make = (sink: (bytes: Buffer) => void): Inflater => new Engine(compression, sink);

    test(`${engine} ${compression}: inflates several members that are cut anywhere`, async () => {
      const texts = [Buffer.alloc(700_000, 'layer '), randomBytes(1000), Buffer.from('end')];
      const input = Buffer.concat(texts.map(compress));
      for (const pieceBytes of [7, 1000, input.length]) {
        assert.ok(
          (await inflate(make, input, pieceBytes)).equals(Buffer.concat(texts)),
          `pieces of ${pieceBytes}`,
        );
      }
    });

    test(`${engine} ${compression}: fails when the stream is cut or damaged`, async () => {
      const input = compress(randomBytes(5000));
      await assert.rejects(inflate(make, input.subarray(0, input.length - 6), 512));
      const damaged = Buffer.from(input);
      damaged.fill(0xff, 100, 160);
      damaged.fill(0, 0, 4);
      await assert.rejects(inflate(make, damaged, 512));
    });

    test(`${engine} ${compression}: passes errors of the sink on`, async () => {
      const refuse = (): Inflater =>
        new Engine(compression, () => {
          throw new RangeError('enough');
        });
      await assert.rejects(inflate(refuse, compress(randomBytes(100_000)), 4096), RangeError);
    });
  }
}

test('finds the Node internals that make inflating fast', () => {
  assert.ok(nativeInflateWorks('gzip'));
  assert.ok(nativeInflateWorks('zstd'));
});

test('treats zeros after the last gzip member as padding', async () => {
  const input = Buffer.concat([gzipSync(Buffer.from('text')), Buffer.alloc(1000)]);
  const make = (sink: (bytes: Buffer) => void): Inflater => inflaterFor('gzip', sink);
  assert.equal((await inflate(make, input, 64)).toString(), 'text');
});

test('does not read what follows the padding of a gzip file, wherever it is cut', async () => {
  for (const behind of [gzipSync(Buffer.from('more')), Buffer.from('rubbish'), Buffer.alloc(0)]) {
    const input = Buffer.concat([gzipSync(Buffer.from('text')), Buffer.alloc(20), behind]);
    const make = (sink: (bytes: Buffer) => void): Inflater => inflaterFor('gzip', sink);
    for (let pieceBytes = 1; pieceBytes <= input.length; pieceBytes++)
      assert.equal((await inflate(make, input, pieceBytes)).toString(), 'text', `pieces of ${pieceBytes}`);
  }
});

test('detects the compression from the content', () => {
  const skippable = Buffer.from([0x5e, 0x2a, 0x4d, 0x18, 0, 0]);
  assert.equal(compressionOf(gzipSync('x')), 'gzip');
  assert.equal(compressionOf(zstdCompressSync('x')), 'zstd');
  assert.equal(compressionOf(skippable), 'zstd');
  assert.equal(compressionOf(Buffer.from('BZh91A')), 'bzip2');
  assert.equal(compressionOf(Buffer.from('\u00fd7zXZ\0', 'latin1')), 'xz');
  assert.equal(compressionOf(Buffer.from('etc/os')), 'none');
  assert.equal(compressionOf(Buffer.alloc(0)), 'none');
});

for (const [compression, compress] of Object.entries({ ...compressors, none: (bytes: Buffer) => bytes })) {
  test(`detects ${compression} in pieces of any size`, async () => {
    const make = (sink: (bytes: Buffer) => void): Inflater => new AnyInflater(sink);
    for (const text of ['', 'x', 'under six', 'layer '.repeat(1000)]) {
      const input = compress(Buffer.from(text));
      for (const pieceBytes of [1, 5, 6, 1000])
        assert.equal((await inflate(make, input, pieceBytes)).toString(), text, `pieces of ${pieceBytes}`);
    }
  });
}
