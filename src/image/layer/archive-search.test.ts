import assert from 'node:assert/strict';
import { test } from 'node:test';
import { zipSync } from 'fflate';
import { inChunks } from '../../testing/streams.ts';
import { ArchiveSearch, TrailingArchive } from './archive-search.ts';

/** Returns a zip archive with files of these names, of which the first one is a text. */
function zip(...names: readonly string[]): Buffer {
  const files = ['readme.txt', ...names].map((name) => [name, Buffer.from(`content of ${name}`)] as const);
  return Buffer.from(zipSync(Object.fromEntries(files)));
}

const noise = Buffer.alloc(70_000, 'PK\x01\x02 no entry ');

/** Returns the bytes with 64-bit sizes in the end record, which real ones have in another record. */
function withLargeDirectory(archive: Buffer): Buffer {
  const bytes = Buffer.from(archive);
  bytes.writeUInt32LE(0xffffffff, bytes.length - 22 + 12);
  return bytes;
}

const archives: readonly (readonly [string, Buffer, string | undefined])[] = [
  ['a class', zip('a/B.class'), 'maven'],
  ['a manifest', zip('META-INF/MANIFEST.MF'), 'maven'],
  ['an archive in it', zip('lib/a.jar'), 'maven'],
  ['a module', zip('app/__init__.py'), 'pypi'],
  ['metadata of a package', zip('requests-2.19.0.dist-info/METADATA'), 'pypi'],
  ['code of Erlang', zip('ebin/a.beam'), 'hex'],
  ['data', zip('word/document.xml', 'METADATA', 'class', 'META-INF/container.xml'), undefined],
  [
    'a comment before it',
    Buffer.concat([Buffer.from('#!/usr/bin/python3\n'), noise, zip('__main__.py')]),
    'pypi',
  ],
];

test('finds what runs an archive by the names in its directory, however its bytes arrive', async () => {
  for (const [name, bytes, kind] of archives)
    for (const pieceBytes of [7, 100, 1 << 20]) {
      const search = new ArchiveSearch();
      for await (const piece of inChunks(bytes, pieceBytes)) search.write(Buffer.from(piece));
      assert.equal(search.kind, kind, `${name} by ${pieceBytes}`);
    }
});

test('reads the next entry of a directory whatever size the one before it states', () => {
  const archive = zip('data.bin', 'a/B.class');
  const entry = archive.indexOf('PK\x01\x02', 0, 'latin1');
  archive.writeUInt16LE(0xffff, entry + 30);
  const search = new ArchiveSearch();
  search.write(archive);
  assert.equal(search.kind, 'maven');
});

const program = Buffer.alloc(200_000, 'code PK\x05');

const programs: readonly (readonly [string, Buffer, string | undefined])[] = [
  ['nothing', program, undefined],
  ['less than an end record', Buffer.from('PK\x05\x06'), undefined],
  ['a Java archive', Buffer.concat([program, zip('a/B.class')]), 'maven'],
  ['a zipapp', Buffer.concat([program, zip('__main__.py')]), 'pypi'],
  ['data', Buffer.concat([program, zip('a.html')]), undefined],
  [
    'an archive before the longest comment',
    Buffer.concat([zip('__main__.py'), Buffer.alloc(65_000)]),
    'pypi',
  ],
  ['an archive in the middle', Buffer.concat([zip('a/B.class'), program]), undefined],
  [
    'a text like an end record',
    Buffer.concat([program, Buffer.from('PK\x05\x06 and other text behind')]),
    undefined,
  ],
  ['a directory of 64 bits', Buffer.concat([program, withLargeDirectory(zip('a.html'))]), 'maven'],
];

test('finds the archive at the end of a program, if something runs it', () => {
  for (const [name, bytes, kind] of programs)
    for (const pieceBytes of [1000, 1 << 20]) {
      const trailing = new TrailingArchive(bytes.length);
      for (let at = 0; at < bytes.length; at += pieceBytes)
        trailing.push(bytes.subarray(at, at + pieceBytes), at);
      assert.equal(trailing.kind(), kind, `${name} by ${pieceBytes}`);
    }
});

test('assumes a Java archive at the end of a program if its directory begins far before the end', () => {
  const names = Array.from({ length: 1500 }, (_, i) => `page-${String(i).padStart(20, '0')}.html`);
  const trailing = new TrailingArchive(0);
  assert.equal(trailing.kind(), undefined);
  const bytes = Buffer.concat([program, zip('a/B.class', ...names)]);
  const large = new TrailingArchive(bytes.length);
  large.push(bytes, 0);
  assert.equal(large.kind(), 'maven');
});
