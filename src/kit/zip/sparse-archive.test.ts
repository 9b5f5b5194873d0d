import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { Zip, ZipDeflate, ZipPassThrough, type Zippable, zipSync } from 'fflate';
import { ZipDirectory } from './directory.ts';
import { SparseArchive } from './sparse-archive.ts';

const isNeeded = (name: string): boolean => /\.(?:jar|txt)$/.test(name);

/** Data that does not compress. */
function noise(bytes: number): Buffer {
  return createHash('shake256', { outputLength: bytes }).update(`${bytes}`).digest();
}

type Files = Readonly<Record<string, Uint8Array>>;

/** Writes an archive whose headers have sizes. */
function zip(files: Files, level: 0 | 6): Buffer {
  return Buffer.from(zipSync(files as Zippable, { level, mtime: '2001-01-01' }));
}

/** Writes an archive as a stream, with the sizes after the data. */
function streamed(files: Files): Buffer {
  const pieces: Uint8Array[] = [];
  const archive = new Zip((_, piece) => pieces.push(piece));
  for (const [name, content] of Object.entries(files)) {
    const file = name.endsWith('.jar') ? new ZipPassThrough(name) : new ZipDeflate(name, { level: 6 });
    file.mtime = '2001-01-01';
    archive.add(file);
    file.push(content, true);
  }
  archive.end();
  return Buffer.concat(pieces);
}

/** Passes an archive in pieces of these sizes, in turn. */
function sparse(bytes: Buffer, sizes: readonly number[], keptBytesMax = bytes.length): SparseArchive {
  const archive = new SparseArchive(bytes.length, { needs: isNeeded, keptBytesMax });
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    archive.write(bytes.subarray(at, at + size));
    at += size;
  }
  return archive;
}

/** Returns the needed files of an archive, and of those within. */
function contents(bytes: Buffer): string[] {
  const zipped = new ZipDirectory(bytes);
  const wants = (names: Buffer, start: number, end: number): boolean =>
    isNeeded(names.toString('latin1', start, end));
  return zipped.wanted(wants, 1000).entries.flatMap((entry) => {
    const content = zipped.content(entry, 1 << 30);
    return entry.path.endsWith('.jar') ? contents(content) : [`${entry.path} ${content.toString('latin1')}`];
  });
}

const inner = {
  'a.txt': Buffer.from('first'),
  'A.class': noise(3000),
  'empty.txt': Buffer.alloc(0),
  'z.txt': noise(70),
};

const archives: Readonly<Record<string, Buffer>> = {
  stored: zip(
    {
      'x.class': noise(9000),
      'lib/a.jar': zip(inner, 6),
      'ab.txt': Buffer.from('ab'),
      'y.class': noise(5000),
    },
    0,
  ),
  deflated: zip({ 'x.class': noise(9000), 'lib/a.jar': zip(inner, 0), 'b.txt': Buffer.from('b') }, 6),
  streamed: streamed({
    'x.class': noise(9000),
    'b.txt': Buffer.from('text'),
    'y.class': noise(500),
    'c.txt': noise(90),
  }),
  'streamed within': zip(
    { 'x.class': noise(9000), 'lib/a.jar': streamed(inner), 'b.txt': Buffer.from('b') },
    0,
  ),
  preamble: Buffer.concat([
    Buffer.from('#!/bin/sh\nexec java -jar "$0"\n'),
    zip({ 'x.class': noise(9000), 'lib/a.jar': zip(inner, 6), 'b.txt': Buffer.from('b') }, 0),
  ]),
  'archive within an archive': zip(
    { 'w.jar': zip({ 'lib/a.jar': zip(inner, 6), 'x.class': noise(9000) }, 0) },
    0,
  ),
};

for (const [name, bytes] of Object.entries(archives))
  test(`keeps what is needed of an archive in pieces of any size: ${name}`, () => {
    const expected = contents(bytes);
    assert.ok(expected.length > 0);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 4 }), (sizes) => {
        assert.deepEqual(contents(sparse(bytes, sizes).bytes), expected);
      }),
      { numRuns: 60 },
    );
  });

test('keeps none of the files that are not needed', () => {
  const code = noise(9000);
  const bytes = zip(
    { 'x.class': code, 'b.txt': Buffer.from('b'), 'lib/a.jar': zip({ 'y.class': code }, 0) },
    0,
  );
  assert.equal(bytes.includes(code.subarray(0, 64)), true);
  assert.equal(sparse(bytes, [700]).bytes.includes(code.subarray(0, 64)), false);
});

test('says that an archive has more needed bytes than are kept', () => {
  const bytes = zip({ 'b.txt': noise(5000) }, 0);
  assert.equal(sparse(bytes, [700], 4000).isTooLarge, true);
  assert.equal(sparse(bytes, [700]).isTooLarge, false);
});

test('reads hostile bytes without an error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(400), (bytes, at) => {
      const damaged = Buffer.from(archives['streamed within'] ?? []);
      damaged.set(bytes.subarray(0, damaged.length - at), at);
      sparse(damaged, [97]);
      sparse(Buffer.from(bytes), [13]);
    }),
    { numRuns: 200 },
  );
});
