import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { FilePages } from './file-pages.ts';

const directory = mkdtempSync(join(tmpdir(), 'clair-pages-'));
const path = join(directory, 'file');
/** Bytes of the file. The ranges begin behind a part of it. */
const content: Buffer = Buffer.from(Uint32Array.from({ length: 100_000 }, (_, i) => i).buffer);
const offset = 100;
writeFileSync(path, content);
const file = openSync(path, 'r');
after(() => {
  closeSync(file);
  rmSync(directory, { recursive: true });
});

function pagesOf(size: number, loadedMax: number = size): FilePages {
  return new FilePages({ file, offset, size }, Buffer.alloc(size, 0xff), loadedMax);
}

test('has the bytes of the file in each range that was loaded, however ranges overlap', () => {
  const sizes = fc.integer({ min: 1, max: content.length - offset });
  const ranges = fc.array(fc.tuple(fc.integer({ min: -10, max: 400_000 }), fc.nat(100_000)));
  fc.assert(
    fc.property(sizes, ranges, (size, loaded) => {
      const pages = pagesOf(size);
      for (const [start, length] of loaded) {
        pages.load(start, start + length);
        const [from, to] = [Math.max(start, 0), Math.min(start + length, size)];
        if (from < to)
          assert.equal(
            pages.bytes.compare(content, offset + from, offset + to, from, to),
            0,
            `${from}-${to}`,
          );
      }
    }),
  );
});

test('reads a small part of a large file only', () => {
  const pages = pagesOf(300_000);
  pages.load(200_000, 200_001);
  assert.equal(pages.bytes.filter((byte, i) => byte !== 0xff && Math.abs(i - 200_000) > 4096).length, 0);
});

test('refuses to read more than allowed, and says so', () => {
  const pages = pagesOf(300_000, 10_000);
  pages.load(0, 8000);
  pages.load(0, 8000);
  assert.equal(pages.isTooLarge, false);
  assert.throws(() => {
    pages.load(100_000, 110_000);
  }, /more than 10000 bytes of it are needed/);
  assert.equal(pages.isTooLarge, true);
});

test('fails when the file has become shorter', () => {
  const pages = pagesOf(content.length);
  assert.throws(() => {
    pages.load(content.length - 100, content.length);
  }, /it ends early/);
});
