import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { builtIn } from '../../extensions.ts';
import { openRegistryImage } from '../../image/registry/open-registry-image.ts';
import { openSqliteStore } from '../../store/sql/sqlite-store.ts';
import type { Store } from '../../store/store.ts';
import { writeElf } from '../../testing/elf-writer.ts';
import { type MemoryRegistry, memoryRegistry, type StoredManifest } from '../../testing/memory-registry.ts';
import { pushTableImage, serveRange } from '../../testing/partial-registry.ts';
import { sociLayer } from '../../testing/soci-layers.ts';
import {
  estargzLayer,
  type TableLayer,
  type TableOptions,
  type WrittenEntry,
  zstdChunkedLayer,
} from '../../testing/table-layers.ts';
import type { TarEntryPlan } from '../../testing/tar-writer.ts';
import { indexImage } from './index-image.ts';
import type { IndexedImage } from './indexed-image.ts';
import { LayerAnalyzer } from './layer-analyzer.ts';

/** Incompressible bytes that are equal in every run. */
const noise = Buffer.concat(
  Array.from({ length: 10_240 }, (_, i) => createHash('sha512').update(`${i}`).digest()),
);

const status =
  'Package: curl\nStatus: install ok installed\nVersion: 8.1-1\nArchitecture: amd64\n\nPackage: tool\nStatus: install ok installed\nVersion: 1-1\nArchitecture: amd64\n';

const files: readonly TarEntryPlan[] = [
  { path: 'etc/', mode: 0o755 },
  { path: 'etc/os-release', content: 'ID=debian\nVERSION_ID="12"\n' },
  { path: 'opt/noise-1.png', content: noise },
  { path: 'usr/share/doc/curl/copyright', content: 'License: curl\n\nLicense: MIT\n' },
  { path: 'srv/app/package.json', content: '{"name":"left-pad","version":"1.0.0"}' },
  { path: 'srv/app/node_modules/left-pad/package.json', content: '{"name":"left-pad","version":"1.0.0"}' },
  { path: 'usr/bin/tool', content: writeElf(), mode: 0o755 },
  { path: 'opt/noise-2.png', content: noise },
  { path: 'usr/share/doc/tool/copyright', content: 'License: MIT\n' },
  { path: 'usr/local/bin/own', content: writeElf(), mode: 0o755 },
  { path: 'usr/local/bin/other', type: 'hardlink', target: 'usr/local/bin/own' },
  { path: 'var/lib/dpkg/status', content: status },
  { path: 'var/lib/dpkg/info/tool.list', content: '/.\n/usr\n/usr/bin\n/usr/bin/tool\n' },
  { path: 'etc/.wh.debian_version', content: '' },
  { path: 'lib', target: 'usr/lib' },
];

const writers = { eStargz: estargzLayer, 'zstd:chunked': zstdChunkedLayer } as const;
const readable = { ...writers, SOCI: sociLayer } as const;

async function registryWith(t: TestContext, layers: readonly TableLayer[]): Promise<MemoryRegistry> {
  const registry = await memoryRegistry(t);
  registry.intercept = (request, response) => serveRange(registry, request, response);
  pushTableImage(registry, layers);
  return registry;
}

async function read(
  { host }: MemoryRegistry,
  { isPartial, store }: { readonly isPartial: boolean; readonly store?: Store },
): Promise<IndexedImage> {
  const reference = `${host}/app`;
  const opened = await openRegistryImage(
    { target: `registry:${reference}`, reference },
    { env: { HOME: '/nowhere' }, sleep: async () => undefined },
  );
  const startWorker = (): Promise<never> => Promise.reject(new Error('no thread is needed'));
  const analyzer = new LayerAnalyzer({ analyzers: builtIn, startWorker });
  const deps = { extensions: builtIn, analyzer, verify: false, isPartial, onProgress: () => undefined };
  if (store !== undefined) return await indexImage(opened.image, { ...deps, store });
  await using fresh = await openSqliteStore(':memory:');
  return await indexImage(opened.image, { ...deps, store: fresh });
}

/** The parts of an image that do not depend on how its layers were read. */
function contentOf({ id: _, layers: __, tables: ___, ...content }: IndexedImage): object {
  return content;
}

function rangesOf({ requests }: MemoryRegistry): string[] {
  return requests.flatMap(({ headers }) => headers.range ?? []);
}

for (const [name, write] of Object.entries(readable))
  test(`reads a layer of ${name} by its table of contents as it reads the whole layer`, async (t) => {
    const layer = write(files, { chunkBytes: 100_000 });
    const registry = await registryWith(t, [layer]);
    const whole = await read(registry, { isPartial: false });
    assert.deepEqual(rangesOf(registry), []);
    const partial = await read(registry, { isPartial: true });
    assert.deepEqual(contentOf(partial), contentOf(whole));
    assert.deepEqual(partial.tables, { byTable: [layer.diffId], whole: [] });
    assert.equal(partial.layers[0]?.verified, false);
    const ranges = rangesOf(registry);
    const bytes = ranges.reduce((sum, range) => {
      const [first = 0, last = 0] = range.slice('bytes='.length).split('-').map(Number);
      return sum + last - first + 1;
    }, 0);
    assert.ok(bytes < layer.bytes.length / 2, `${bytes} of ${layer.bytes.length} bytes`);
    assert.ok(ranges.length <= 8, ranges.join());
  });

/** Changes one entry. */
function at(path: string, change: WrittenEntry): TableOptions['change'] & object {
  return (entries) => entries.map((entry) => (entry['name'] === path ? { ...entry, ...change } : entry));
}

const database = 'var/lib/dpkg/status';

/** Tables that lie, and the reason in the report. */
const lies: readonly (readonly [lie: string, options: TableOptions, reason: RegExp])[] = [
  [
    'a content has another digest',
    { change: at(database, { chunkDigest: `sha256:${'0'.repeat(64)}` }) },
    /has another one/,
  ],
  [
    'a content has no digest',
    { change: at(database, { chunkDigest: '', digest: '' }) },
    /chunk without a digest/,
  ],
  ['a size is too large', { change: at(database, { size: 100_000 }) }, /states more content|has another one/],
  ['a size is too small', { change: at(database, { size: 10 }) }, /has another one/],
  ['a size is missing', { change: at(database, { size: 0 }) }, /has content, but no size/],
  ['a size is negative', { change: at(database, { size: -1 }) }, /malformed at entries/],
  ['an offset is that of another file', { change: at(database, { offset: 1 }) }, /offset out of order/],
  ['an offset is behind the layer', { change: at(database, { offset: 2 ** 40 }) }, /offset out of order/],
  ['contents overlap', { change: overlapping }, /offset out of order/],
  [
    'a path occurs twice',
    { change: (entries) => [...entries, { name: `./${database}`, type: 'reg' }] },
    /occurs twice/,
  ],
  ['a name leaves the root', { change: at(database, { name: '../status' }) }, /not a name inside the layer/],
  ['a name has a NUL', { change: at(database, { name: 'var\0' }) }, /not a name inside the layer/],
  ['a file replaces the root', { change: at(database, { name: './' }) }, /takes the place of the root/],
  [
    'a hard link leads to nothing',
    { change: at('usr/local/bin/other', { linkName: 'x' }) },
    /hard link to no file/,
  ],
  [
    'a hard link leaves the root',
    { change: at('usr/local/bin/other', { linkName: '../x' }) },
    /hard link out of/,
  ],
  ['a type is unknown', { change: at('etc/', { type: 'socket' }) }, /is a socket/],
  [
    'a chunk has no file',
    { change: (entries) => [{ name: 'x', type: 'chunk', offset: 1 }, ...entries] },
    /chunk without a file/,
  ],
  ['chunks leave a gap', { chunkBytes: 100_000, change: withoutSecondChunk }, /do not cover its content/],
  ['a version is unknown', { change: (entries) => [...entries, { type: 'reg' }] }, /malformed at entries/],
];

function overlapping(entries: WrittenEntry[]): WrittenEntry[] {
  const offset = entries.find(({ name }) => name === 'usr/bin/tool')?.['offset'];
  return entries.map((entry) => (entry['name'] === database ? { ...entry, offset } : entry));
}

function withoutSecondChunk(entries: WrittenEntry[]): WrittenEntry[] {
  const first = entries.findIndex(({ type }) => type === 'chunk');
  return entries.filter((_, i) => i !== first);
}

for (const [name, write] of Object.entries(writers)) {
  let expected: ReturnType<typeof contentOf> | undefined;
  for (const [lie, options, reason] of lies)
    test(`fetches a whole layer of ${name} when ${lie}`, async (t) => {
      const layer = write(files, options);
      const registry = await registryWith(t, [layer]);
      const partial = await read(registry, { isPartial: true });
      // The archive is the same in all these layers.
      expected ??= contentOf(await read(registry, { isPartial: false }));
      assert.deepEqual(contentOf(partial), expected);
      assert.deepEqual(partial.tables?.byTable, []);
      assert.match(partial.tables.whole[0]?.reason ?? '', reason);
      assert.equal(partial.layers[0]?.verified, true);
    });
}

test('finds a program whose SOCI index states a size that is too small for one', async (t) => {
  const shrink = (path: string, size: number) => (entries: WrittenEntry[]) =>
    entries.map((entry) => (entry['name'] === path ? { ...entry, size } : entry));
  const expected = contentOf(await read(await registryWith(t, [sociLayer(files)]), { isPartial: false }));
  for (const path of ['usr/bin/tool', 'usr/local/bin/own'])
    for (const size of [24, 0]) {
      const registry = await registryWith(t, [sociLayer(files, { change: shrink(path, size) })]);
      assert.deepEqual(contentOf(await read(registry, { isPartial: true })), expected, `${path} ${size}`);
    }
});

test('fetches a whole layer when its SOCI index is not the one that the manifest pins', async (t) => {
  const registry = await registryWith(t, [sociLayer(files)]);
  const isSoci = ({ bytes }: StoredManifest): boolean =>
    Buffer.from(bytes).includes('com.amazon.soci.image-layer-digest');
  const [digest, index] = [...registry.manifests].find(([, stored]) => isSoci(stored)) ?? [];
  assert.ok(digest !== undefined && index !== undefined);
  for (const [change, reason] of [
    [() => registry.manifests.delete(digest), /unknown/],
    [
      () => registry.manifests.set(digest, { ...index, bytes: Buffer.from('{}') }),
      /returned another manifest/,
    ],
  ] as const) {
    change();
    const { tables, layers } = await read(registry, { isPartial: true });
    assert.match(tables?.whole[0]?.reason ?? '', reason);
    assert.equal(layers[0]?.verified, true);
  }
});

test('fetches a whole layer when the manifest does not pin its table of contents', async (t) => {
  for (const [write, key] of [
    [estargzLayer, 'containerd.io/snapshot/stargz/toc.digest'],
    [zstdChunkedLayer, 'io.github.containers.zstd-chunked.manifest-checksum'],
  ] as const) {
    const layer = write(files);
    for (const [pin, reason] of [
      [`sha256:${'0'.repeat(64)}`, /does not have the digest in the manifest/],
      ['', /no valid digest in the manifest/],
    ] as const) {
      const registry = await registryWith(t, [
        { ...layer, annotations: { ...layer.annotations, [key]: pin } },
      ]);
      const { tables } = await read(registry, { isPartial: true });
      assert.match(tables?.whole[0]?.reason ?? '', reason);
    }
    const registry = await registryWith(t, [{ ...layer, annotations: {} }]);
    assert.equal((await read(registry, { isPartial: true })).tables, undefined);
  }
});

test('fetches whole layers when the registry does not serve parts, and asks once', async (t) => {
  const layers = [estargzLayer(files), estargzLayer(files.slice(0, -1))];
  const registry = await registryWith(t, layers);
  registry.intercept = () => false;
  const { tables } = await read(registry, { isPartial: true });
  assert.equal(tables?.whole.length, 2);
  for (const { reason } of tables.whole) assert.match(reason, /does not serve parts of layers/);
  assert.equal(rangesOf(registry).length, 1);
});

test('fetches a whole layer when the registry sends another part', async (t) => {
  const registry = await registryWith(t, [estargzLayer(files)]);
  const headers: readonly ((part: Buffer) => object)[] = [
    ({ length }) => ({ 'content-range': `bytes 0-${length - 1}/${length}` }),
    () => ({}),
    () => ({ 'content-range': 'bytes */5' }),
  ];
  for (const headersOf of headers) {
    registry.intercept = ({ headers: { range } }, response) => {
      if (range === undefined) return false;
      const part = Buffer.alloc(100);
      response.writeHead(206, { ...headersOf(part), 'content-length': part.length });
      response.end(part);
      return true;
    };
    const { tables, layers } = await read(registry, { isPartial: true });
    assert.match(tables?.whole[0]?.reason ?? '', /does not serve parts of layers/);
    assert.equal(layers[0]?.verified, true);
  }
});

test('shows what a table of contents can hide: members that it leaves out', async (t) => {
  const hidden = [
    { path: 'opt/node_modules/hidden/package.json', content: '{"name":"hidden","version":"1.0.0"}' },
  ];
  const registry = await registryWith(t, [estargzLayer(files, { hidden })]);
  const names = ({ packages }: IndexedImage): string[] => packages.map(({ name }) => name);
  const partial = await read(registry, { isPartial: true });
  assert.equal(partial.tables?.byTable.length, 1);
  assert.ok(!names(partial).includes('hidden'));
  assert.ok(names(await read(registry, { isPartial: false })).includes('hidden'));
});

test('never uses an index by a table of contents for a whole layer', async (t) => {
  await using store = await openSqliteStore(':memory:');
  const registry = await registryWith(t, [zstdChunkedLayer(files)]);
  await read(registry, { isPartial: true, store });
  const requests = registry.requests.length;
  const again = await read(registry, { isPartial: true, store });
  assert.equal(again.tables?.byTable.length, 1);
  assert.equal(registry.requests.length, requests + 2, 'only the documents are fetched again');
  const whole = await read(registry, { isPartial: false, store });
  assert.equal(whole.layers[0]?.verified, true);
  const known = await read(registry, { isPartial: true, store });
  assert.equal(known.tables, undefined, 'a whole layer is not read by its table');
});

test('never uses an index by the table of another image, although both state the same layer', async (t) => {
  await using store = await openSqliteStore(':memory:');
  const layer = estargzLayer(files);
  const other = estargzLayer([{ path: 'opt/noise.png', content: Buffer.concat([noise, noise]) }]);
  const claimed = { digest: layer.digest, diffId: layer.diffId };
  // The registry answers requests for parts with bytes of another layer.
  const deceiving = await registryWith(t, [{ ...other, ...claimed }]);
  deceiving.blobs.set(layer.digest, other.bytes);
  const deceived = await read(deceiving, { isPartial: true, store });
  assert.deepEqual(deceived.tables, { byTable: [layer.diffId], whole: [] });
  assert.deepEqual(deceived.packages, []);
  const honest = await registryWith(t, [layer]);
  const again = await read(honest, { isPartial: true, store });
  assert.deepEqual(contentOf(again), contentOf(await read(honest, { isPartial: false })));
});
