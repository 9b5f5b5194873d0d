import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { TarWalker } from '../../kit/tar/walker.ts';
import { sha256 } from '../../testing/image-builder.ts';
import { type SociOptions, sociLayer, type WrittenSpan } from '../../testing/soci-layers.ts';
import type { WrittenEntry } from '../../testing/table-layers.ts';
import type { TarEntryPlan } from '../../testing/tar-writer.ts';
import { openZtoc } from './soci.ts';
import { TableError } from './table-document.ts';

const written = join(import.meta.dirname, 'testdata');
const layer = readFileSync(join(written, 'layer.tar.gz'));
const table = gunzipSync(readFileSync(join(written, 'layer.ztoc.gz')));

/** Reads files of a layer by its table of contents. */
async function contentsOf(
  ztoc: Buffer,
  layerBytes: Uint8Array,
  isWanted: (path: string) => boolean,
): Promise<ReadonlyMap<string, string>> {
  const readRange = async (range: { readonly offset: number; readonly end: number }): Promise<Buffer> =>
    Buffer.from(layerBytes.subarray(range.offset, range.end));
  const partial = openZtoc(ztoc, { sizeBytes: layerBytes.length, readRange });
  const files = partial.files.filter(({ entry }) => entry.type === 'file' && isWanted(entry.path));
  await partial.fetch(files);
  return new Map(files.map((file) => [file.entry.path, partial.contentOf(file)?.toString('latin1') ?? '']));
}

/** Reads files of an archive. */
function unpack(archive: Buffer, isWanted: (path: string) => boolean): ReadonlyMap<string, string> {
  const contents = new Map<string, string>();
  const walker = new TarWalker(({ path, type }) => {
    if (type !== 'file' || !isWanted(path)) return undefined;
    const pieces: Buffer[] = [];
    return {
      write: (bytes) => pieces.push(Buffer.from(bytes)),
      close: () => contents.set(path, Buffer.concat(pieces).toString('latin1')),
    };
  });
  walker.push(archive);
  walker.end();
  return contents;
}

test('reads a layer by the table of contents that soci-snapshotter wrote', async () => {
  // They are in the second span, which begins at the sixth bit of a byte. The first one is most of the layer.
  const isWanted = (path: string): boolean => ['etc/file-4.txt', 'etc/os-release'].includes(path);
  const expected = unpack(gunzipSync(layer), isWanted);
  assert.equal(expected.size, 2);
  assert.deepEqual(await contentsOf(table, layer, isWanted), expected);
});

/** Incompressible bytes, so that the other files are a small part of the layer. */
const noise = Buffer.concat(
  Array.from({ length: 4000 }, (_, i) => createHash('sha512').update(`${i}`).digest()),
);
const text = (letter: string): string => letter.repeat(40_000);
const files: readonly TarEntryPlan[] = [
  { path: 'etc/', mode: 0o755 },
  { path: 'etc/a', content: text('a') },
  { path: 'etc/b', content: text('b') },
  { path: 'etc/c', content: text('c') },
  { path: 'etc/d', content: text('d') },
  { path: 'opt/noise', content: noise },
];

const inEtc = (path: string): boolean => path.startsWith('etc/');

test('reads layers of gzip and layers that are not compressed', async () => {
  for (const isPlain of [false, true]) {
    const { ztoc, bytes } = sociLayer(files, { isPlain, chunkBytes: 30_000 });
    const contents = await contentsOf(ztoc, bytes, inEtc);
    assert.deepEqual([...contents.keys()], ['etc/a', 'etc/b', 'etc/c', 'etc/d']);
    for (const [path, content] of contents) assert.equal(content, text(path.slice(-1)));
  }
});

/** Changes one entry, or one span. */
const at =
  (name: string, change: WrittenEntry) =>
  (entries: WrittenEntry[]): WrittenEntry[] =>
    entries.map((entry) => (entry['name'] === name ? { ...entry, ...change } : entry));
const spanAt =
  (index: number, change: (span: WrittenSpan) => Partial<WrittenSpan>) =>
  (spans: WrittenSpan[]): WrittenSpan[] =>
    spans.map((span, i) => (i === index ? { ...span, ...change(span) } : span));

const lies: readonly (readonly [lie: string, options: SociOptions, reason: RegExp])[] = [
  ['a span has another digest', { changeSpans: spanAt(1, () => ({ digest: sha256(table) })) }, /another one/],
  ['a span has no digest', { changeSpans: spanAt(1, () => ({ digest: '' })) }, /no valid digest/],
  ['a span begins later', { changeSpans: spanAt(1, (s) => ({ offset: s.offset + 1 })) }, /another one/],
  [
    'a span begins later in the archive',
    { changeSpans: spanAt(1, (s) => ({ tarOffset: s.tarOffset + 512 })) },
    /cannot be inflated|differs from the archive/,
  ],
  ['a span begins inside a byte', { changeSpans: spanAt(1, () => ({ bits: 3 })) }, /another one/],
  ['a span begins behind its byte', { changeSpans: spanAt(1, () => ({ bits: 8 })) }, /behind its byte/],
  ['spans are not in order', { changeSpans: (spans) => spans.toReversed() }, /in no span/],
  ['a span is huge', { changeSpans: spanAt(2, () => ({ tarOffset: 2 ** 40 })) }, /more than \d+ bytes/],
  ['the layer has no span', { changeSpans: () => [] }, /no digest for each span|no checkpoint/],
  ['an offset is that of another file', { change: at('etc/c', { offset: 1024 }) }, /offset out of order/],
  ['an offset is wrong', { change: at('etc/c', { offset: 82_496 }) }, /differs from the archive/],
  ['an offset is behind the layer', { change: at('etc/d', { offset: 2 ** 40 }) }, /offset out of order/],
  ['an offset is negative', { change: at('etc/d', { offset: -1 }) }, /out of range/],
  ['a size is wrong', { change: at('etc/c', { size: 39_999 }) }, /differs from the archive/],
  ['a size is missing', { change: at('etc/c', { size: 0 }) }, /differs from the archive/],
  ['names are exchanged', { change: at('etc/b', { name: 'etc/x' }) }, /differs from the archive/],
  ['a name occurs twice', { change: at('etc/b', { name: 'etc/a' }) }, /occurs twice/],
  ['a name leaves the root', { change: at('etc/b', { name: '../b' }) }, /not a name inside/],
  ['a type is unknown', { change: at('etc/b', { type: 'socket' }) }, /is a socket/],
  ['the table is cut short', { changeTable: (whole) => whole.subarray(0, -9) }, /cannot be read/],
  ['the table is empty', { changeTable: () => Buffer.alloc(0) }, /cannot be read/],
  ['a list is huge', { changeTable: hugeList }, /cannot be read/],
];

/** Makes a list of a document longer than the document. */
function hugeList(whole: Buffer): Buffer {
  const changed = Buffer.from(whole);
  changed.writeUInt32LE(0x7fffffff, whole.indexOf('etc/a') - 4);
  return changed;
}

for (const [lie, options, reason] of lies)
  test(`refuses a table of contents of SOCI when ${lie}`, async () => {
    const { ztoc, bytes } = sociLayer(files, { chunkBytes: 30_000, ...options });
    await assert.rejects(
      contentsOf(ztoc, bytes, (path) => path !== 'opt/noise'),
      (error: Error) => {
        assert.ok(error instanceof TableError, error.message);
        assert.match(error.message, reason);
        return true;
      },
    );
  });

test('refuses a table of contents of SOCI of another layer', () => {
  const other = {
    sizeBytes: layer.length + 1,
    readRange: () => Promise.reject(new Error('nothing is read')),
  };
  assert.throws(() => openZtoc(table, other), /it is of another layer/);
});
