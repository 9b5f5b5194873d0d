import assert from 'node:assert/strict';
import { test } from 'node:test';
import { zipSync } from 'fflate';
import { partlyRead } from '../../testing/partly-read.ts';
import { RawInflater } from '../decompress/raw-inflater.ts';
import { ZipDirectory } from './directory.ts';
import { ZipError } from './walker.ts';

/** Written by the zipfile module of Python 3.13 with `force_zip64`: `a.json` and `b/c.txt`. */
const zip64 = Buffer.from(
  'UEsDBC0AAAAIAAAAIQCvrBtW//////////8GABQAYS5qc29uAQAQAAcAAAAAAAAACQAAAAAAAACrVkpUsjKsBQBQSwMELQAAAAgAAAAhAJuh7/X//////////wcAFABiL2MudHh0AQAQAHgAAAAAAAAACwAAAAAAAABLzknMLFJIpjsJAFBLAQItAy0AAAAIAAAAIQCvrBtWCQAAAAcAAAAGAAAAAAAAAAAAAACAAQAAAABhLmpzb25QSwECLQMtAAAACAAAACEAm6Hv9QsAAAB4AAAABwAAAAAAAAAAAAAAgAFBAAAAYi9jLnR4dFBLBQYAAAAAAgACAGkAAACFAAAAAAA=',
  'base64',
);
const text = 'clair '.repeat(20);

function zipOf(files: Readonly<Record<string, string>>, level: 0 | 6 = 6): Buffer {
  return Buffer.from(
    zipSync(
      Object.fromEntries(Object.entries(files).map(([path, content]) => [path, Buffer.from(content)])),
      {
        level,
        mtime: '1980-01-01',
      },
    ),
  );
}

function filesOf(bytes: Buffer, bytesMax = 1000): [string, string][] {
  const directory = new ZipDirectory(bytes);
  const { entries, defect } = directory.wanted(() => true, 100);
  assert.equal(defect, undefined);
  return entries.map((entry) => [entry.path, directory.content(entry, bytesMax).toString('latin1')]);
}

/** Position of the only entry of the directory of an archive. */
const entryAt = (bytes: Buffer): number => bytes.indexOf('PK\x01\x02');

/** Returns an archive with a number of its first directory entry changed. */
function withNumber(bytes: Buffer, offset: number, value: number, width: 2 | 4 = 4): Buffer {
  const changed = Buffer.from(bytes);
  changed.writeUIntLE(value, entryAt(bytes) + offset, width);
  return changed;
}

test('reads stored and deflated files, with a preamble, a comment or bytes that follow', () => {
  const expected = [
    ['a.json', '{"a":1}'],
    ['b/c.txt', text],
  ];
  for (const archive of [
    zipOf({ 'a.json': '{"a":1}', 'b/c.txt': text }, 0),
    zipOf({ 'a.json': '{"a":1}', 'b/c.txt': text }),
    zip64,
  ]) {
    assert.deepEqual(filesOf(archive), expected);
    assert.deepEqual(filesOf(Buffer.concat([Buffer.from('#!/bin/sh\nexit\n'), archive])), expected);
    assert.deepEqual(filesOf(Buffer.concat([archive, Buffer.alloc(100)])), expected);
  }
  const commented = Buffer.concat([zip64, Buffer.from('PK\x05\x06 comment')]);
  commented.writeUInt16LE(12, zip64.length - 2);
  assert.deepEqual(filesOf(commented), expected);
});

test('reads the end records of ZIP64, also behind a preamble', () => {
  const archive = zipOf({ a: text });
  const end = archive.length - 22;
  const start = archive.readUInt32LE(end + 16);
  const end64 = Buffer.alloc(56 + 20);
  end64.write('PK\x06\x06', 'latin1');
  end64.writeBigUInt64LE(44n, 4);
  for (const [at, value] of [
    [24, 1],
    [32, 1],
    [40, end - start],
    [48, start],
  ] as const)
    end64.writeBigUInt64LE(BigInt(value), at);
  end64.write('PK\x06\x07', 56, 'latin1');
  end64.writeBigUInt64LE(BigInt(end), 64);
  const last = Buffer.from(archive.subarray(end));
  last.fill(0xff, 8, 20);
  const large = Buffer.concat([archive.subarray(0, end), end64, last]);
  assert.deepEqual(filesOf(large), [['a', text]]);
  assert.deepEqual(filesOf(Buffer.concat([Buffer.from('preamble'), large])), [['a', text]]);
});

test('reads an archive that is loaded in parts like one in memory', () => {
  const large = 'x'.repeat(5000);
  const files = { 'a.json': '{"a":1}', 'b/c.txt': text, large };
  const inflater = new RawInflater();
  const commented = Buffer.concat([zip64, Buffer.from('PK\x05\x06 comment')]);
  commented.writeUInt16LE(12, zip64.length - 2);
  for (const whole of [zipOf(files, 0), zipOf(files), zip64, commented])
    for (const archive of [whole, Buffer.concat([Buffer.from('preamble'), whole, Buffer.alloc(100)])]) {
      const { bytes, load } = partlyRead(archive);
      const directory = new ZipDirectory(bytes, { load, inflater });
      const { entries } = directory.wanted(() => true, 100);
      assert.deepEqual(
        entries.map((entry) => [entry.path, directory.content(entry, 10_000).toString('latin1')]),
        filesOf(archive, 10_000),
      );
    }
});

test('loads nothing of a stored file before it is asked for', () => {
  const inner = zipOf({ 'a.txt': text, large: 'x'.repeat(100_000) }, 0);
  const outer = Buffer.from(zipSync({ 'lib/inner.jar': inner, other: Buffer.alloc(100_000) }, { level: 0 }));
  const { bytes, load, loadedBytes } = partlyRead(outer);
  const directory = new ZipDirectory(bytes, { load });
  const [entry] = directory.wanted((names, start) => names[start] === 0x6c, 10).entries;
  assert.ok(entry !== undefined);
  const nested = directory.storedFile(entry);
  const nestedDirectory = new ZipDirectory(nested.bytes, { load: nested.load });
  const [file] = nestedDirectory.wanted((names, start) => names[start] === 0x61, 10).entries;
  assert.ok(file !== undefined);
  assert.equal(nestedDirectory.content(file, 1000).toString(), text);
  assert.ok(loadedBytes() < 2000, `${loadedBytes()} bytes`);
});

test('takes a stored file from the bytes of the archive without a copy', () => {
  const archive = zipOf({ a: text }, 0);
  const directory = new ZipDirectory(archive);
  const [entry] = directory.wanted(() => true, 10).entries;
  assert.ok(entry !== undefined);
  assert.equal(directory.content(entry, 1000).buffer, archive.buffer);
});

test('fails when the bytes have no directory', () => {
  for (const bytes of [
    Buffer.alloc(0),
    Buffer.from('PK'),
    Buffer.alloc(70_000),
    Buffer.from('PK\x05\x06'.repeat(10)),
    zip64.subarray(0, 200),
  ])
    assert.throws(() => new ZipDirectory(bytes), ZipError);
});

test('refuses an archive of which a JVM and Python read different directories', () => {
  const ofJvm = zipOf({ a: text });
  // Its directory is where the last end record says, but its offsets count from one byte later.
  const other = zipOf({ b: text });
  const end = other.length - 22;
  other.writeUInt32LE(other.readUInt32LE(end + 16) - 1, end + 16);
  const ofPython = Buffer.concat([other, Buffer.alloc(1)]);
  const both = Buffer.concat([ofJvm, ofPython]);
  both.writeUInt16LE(ofPython.length, ofJvm.length - 2);
  assert.throws(() => new ZipDirectory(both), /two directories/);
  // A JVM reads the last one as well if a file is at its first offset.
  other.writeUInt32LE(other.readUInt32LE(end + 16) + 1, end + 16);
  const last = Buffer.concat([ofJvm, other, Buffer.alloc(1)]);
  assert.deepEqual(filesOf(last), [['b', text]]);
});

test('refuses a file whose entry in the directory lies', () => {
  const archive = zipOf({ a: text });
  const stored = zipOf({ a: text }, 0);
  const cases: readonly (readonly [Buffer, RegExp])[] = [
    [withNumber(archive, 42, 5), /is not there/],
    [withNumber(archive, 42, 0xfffffff0), /is not there/],
    [withNumber(archive, 20, 0xfffffff0), /is not there/],
    [withNumber(archive, 24, 119), /cannot be decompressed/],
    [withNumber(archive, 24, 121), /another size/],
    [withNumber(archive, 24, 1001), /1001 bytes, more than 1000/],
    [withNumber(stored, 24, 119), /another size/],
    [withNumber(archive, 10, 12, 2), /unknown compression method 12/],
    [withNumber(archive, 8, 1, 2), /encrypted/],
  ];
  for (const [bytes, message] of cases) assert.throws(() => filesOf(bytes), message);
});

test('decompresses no more than the directory declares', () => {
  const bomb = zipOf({ a: '\0'.repeat(1_000_000) });
  assert.throws(() => filesOf(withNumber(bomb, 24, 10)), /cannot be decompressed/);
});

test('reports a damaged directory and returns the files before the damage', () => {
  const archive = zipOf({ a: '1', b: '2' });
  const second = archive.lastIndexOf('PK\x01\x02');
  archive.writeUInt8(0, second);
  const { entries, defect, count } = new ZipDirectory(archive).wanted(() => true, 10);
  assert.deepEqual(
    entries.map(({ path }) => path),
    ['a'],
  );
  assert.match(defect?.message ?? '', /directory is damaged/);
  assert.equal(count, 1);
  const many = new ZipDirectory(zipOf({ a: '1', b: '2' })).wanted(() => true, 1);
  assert.match(many.defect?.message ?? '', /more than 1 files/);
});

test('reports files that share their data and returns only the first', () => {
  const archive = zipOf({ a: text, b: text });
  const second = archive.lastIndexOf('PK\x01\x02');
  archive.writeUInt32LE(0, second + 42);
  const { entries, defect } = new ZipDirectory(archive).wanted(() => true, 10);
  assert.deepEqual(
    entries.map(({ path }) => path),
    ['a'],
  );
  assert.match(defect?.message ?? '', /overlap/);
});
