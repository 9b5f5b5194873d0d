import assert from 'node:assert/strict';
import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { zipSync } from 'fflate';
import { builtIn } from '../../extensions.ts';
import type { ImageLayer, LayerClaims } from '../../image/image-layer.ts';
import { openImage } from '../../image/open-image.ts';
import type { LayerIndex } from '../../model/layer-index.ts';
import type { PackageLister } from '../../plugin/package-lister.ts';
import { samplePrograms } from '../../testing/elf-writer.ts';
import { goProgram } from '../../testing/go-program.ts';
import { sha256 } from '../../testing/image-builder.ts';
import { peProgram } from '../../testing/program-writer.ts';
import { inChunks } from '../../testing/streams.ts';
import { type TarEntryPlan, tar } from '../../testing/tar-writer.ts';
import { analyzeExtract, type ExtractResult, extractStream } from './analyze-extract.ts';
import { type Analyzers, analyzeStream } from './analyze-layers.ts';

const options = { verify: true, links: [] } as const;
const extractBytesMax = 64 * 1024 * 1024;

const status = Buffer.from(
  'Package: bash\nStatus: install ok installed\nVersion: 5.2-1\nArchitecture: amd64\nMaintainer: a\n\n',
);
const noise = (bytes: number): Buffer => Buffer.alloc(bytes, 'no file of interest, in any extension\n');

const server = goProgram({
  lines: ['path\texample.org/app', 'mod\texample.org/app\tv1.2.3\t'],
  functions: ['main.main'],
  text: noise(200_000).toString(),
});
/** A Java archive that begins with another file, and whose directory is behind the recorded bytes. */
const jar = Buffer.from(zipSync({ 'data.txt': noise(3000), 'a/B.class': noise(10) }, { level: 0 }));

const members: readonly TarEntryPlan[] = [
  { path: 'etc/' },
  { path: 'etc/os-release', content: 'ID=debian\nVERSION_ID=12\n' },
  { path: 'etc/motd', content: noise(70_000) },
  { path: 'var/lib/dpkg/status', content: Buffer.concat(Array.from({ length: 3000 }, () => status)) },
  { path: 'var/lib/dpkg/info/bash.list', content: '/usr/bin/bash\n/usr/bin/tool\n' },
  { path: 'usr/share/doc/bash/copyright', content: 'Format: x\nLicense: GPL-3+\n' },
  { path: 'opt/tool', content: samplePrograms.cargo },
  { path: 'opt/server', content: server },
  { path: 'opt/plain.exe', content: peProgram({ '.data': noise(2000).toString() }) },
  { path: `opt/${'deep/'.repeat(40)}package.json`, content: '{"name":"left-pad","version":"1.0.0"}' },
  { path: 'srv/node_modules/left-pad/package.json', content: '{"name":"left-pad","version":"1.3.0"}' },
  { path: 'opt/script', content: `#!/bin/sh\n${noise(3000).toString()}` },
  { path: 'opt/late', content: Buffer.concat([Buffer.from(`#!/bin/sh\n${noise(2000).toString()}`), jar]) },
  { path: 'opt/log4j.dat', content: jar },
  { path: 'opt/server.bin', content: Buffer.concat([server, jar]) },
  { path: 'usr/lib64', target: 'lib' },
  { path: 'etc/hosts', type: 'hardlink', target: 'etc/motd' },
  { path: 'etc/.wh.old', content: '' },
  { path: 'var/cache/.wh..wh..opq', content: '' },
  { path: 'usr/share/empty', content: '' },
  { path: 'usr/share/data', content: noise(400_000), pax: { mtime: '1.5' } },
];

const plain: Analyzers = builtIn;

function lister(fields: Partial<PackageLister>): PackageLister {
  return { name: 'added', version: 1, wants: [], list: () => [], ...fields };
}

const withLister = (added: PackageLister): Analyzers => ({
  ...builtIn,
  listers: [...builtIn.listers, added],
});

/** A lister that lists the sizes of the files that it wants. */
const sizesOf = (...wants: readonly string[]): PackageLister =>
  lister({
    wants,
    *list(files) {
      for (const [path, { length }] of files)
        yield { kind: 'package', path, package: { type: 'generic', name: path, version: String(length) } };
    },
  });

const archive = Buffer.from(tar(members));
const claims: LayerClaims = { digest: sha256(archive), diffId: sha256(archive) };

const streamed = (chunkBytes: number) => ({ name: 'layer', claims, bytes: inChunks(archive, chunkBytes) });

async function extractOf(chunkBytes: number = 64 * 1024, analyzers: Analyzers = plain): Promise<Uint8Array> {
  const { extract } = await extractStream(streamed(chunkBytes), analyzers, { ...options, extractBytesMax });
  assert.ok(extract !== undefined);
  return extract;
}

/** Requires equal results, also in the order of their fields, which the store keeps. */
function assertEqualIndex(actual: ExtractResult | undefined, index: LayerIndex): void {
  assert.equal(JSON.stringify(actual), JSON.stringify({ index }));
}

test('gives the same index from the extract of a layer, however its bytes arrived', async () => {
  const expected = await analyzeStream(streamed(1024 * 1024), plain, options);
  for (const chunkBytes of [61, 511, 512, 700, 4096, 65_536, 1024 * 1024]) {
    const extract = await extractOf(chunkBytes);
    assertEqualIndex(await analyzeExtract(extract, claims, plain, options), expected);
  }
  assert.ok(expected.packages.length > 0);
  const pathsOf = (kind: string) => expected.evidence.found.find((group) => group.kind === kind)?.paths;
  assert.deepEqual(pathsOf('cargo'), ['opt/tool']);
  assert.deepEqual(pathsOf('maven'), ['opt/late', 'opt/log4j.dat']);
  assert.deepEqual(expected.packageFiles?.problems, [
    {
      extension: 'maven',
      path: 'opt/server.bin',
      message: 'is a program with an archive behind it, which is not read',
    },
  ]);
});

test('has neither unwanted files nor programs', async () => {
  const extract = await extractOf();
  assert.ok(extract.length < archive.length / 100, `${extract.length} bytes`);
});

test('gives a new lister the files that the extract has', async () => {
  const analyzers = withLister(sizesOf('etc/os-release', 'var/lib/dpkg/info/*.list'));
  const found = await analyzeExtract(await extractOf(), claims, analyzers, options);
  assertEqualIndex(found, await analyzeStream(streamed(4096), analyzers, options));
  const packages = found !== undefined && 'index' in found ? found.index.packages : [];
  assert.equal(packages.filter((one) => one.lister === 'added').length, 2);
});

test('requires the layer if a new lister wants a file that the extract lacks', async () => {
  for (const wanted of ['etc/motd', 'usr/share/data', '**/data', 'opt/*'])
    assert.equal(
      await analyzeExtract(await extractOf(), claims, withLister(sizesOf(wanted)), options),
      undefined,
      wanted,
    );
  const extract = await extractOf(4096, withLister(sizesOf('etc/motd')));
  assert.ok(await analyzeExtract(extract, claims, withLister(sizesOf('etc/motd')), options));
});

test('requires the layer if more is wanted of a program', async () => {
  const ofTexts = lister({
    programParts: ['version-texts'],
    programTexts: (path) => (path === 'opt/server' ? ['release '] : []),
  });
  assert.equal(await analyzeExtract(await extractOf(), claims, withLister(ofTexts), options), undefined);
  const elsewhere = {
    ...ofTexts,
    programTexts: (path: string) => (path === 'opt/other' ? ['release '] : []),
  };
  assert.ok(await analyzeExtract(await extractOf(), claims, withLister(elsewhere), options));
});

test('requires the layer if the path behind a link was not read', async () => {
  const links = [{ target: 'usr/share/data', aliasOf: 'etc/os-release', by: 'path' } as const];
  assert.equal(await analyzeExtract(await extractOf(), claims, plain, { ...options, links }), undefined);
});

test('requires the layer if an image states something else about it', async () => {
  const extract = await extractOf();
  assert.equal(await analyzeExtract(extract, { ...claims, root: 'rootfs' }, plain, options), undefined);
  assert.equal(await analyzeExtract(extract, { digest: sha256(archive) }, plain, options), undefined);
});

test('refuses an extract that is cut short or of another format', async () => {
  const extract = await extractOf();
  for (const length of [0, 10, 100, extract.length - 1])
    await assert.rejects(
      async () => await analyzeExtract(extract.subarray(0, length), claims, plain, options),
    );
  await assert.rejects(
    async () => await analyzeExtract(Buffer.concat([Buffer.from('x'), extract]), claims, plain, options),
  );
});

test('makes no extract above the limit', async () => {
  const { index, extract } = await extractStream(streamed(4096), plain, {
    ...options,
    extractBytesMax: 1000,
  });
  assert.equal(extract, undefined);
  assertEqualIndex({ index }, await analyzeStream(streamed(4096), plain, options));
});

const oddPaths = [
  ...[
    'etc/os-release',
    'etc/.wh.os-release',
    'var/lib/dpkg/status',
    'var/lib/.wh..wh..opq',
    'usr/lib',
    'lib',
  ],
  ...['lib/apk/db/installed', 'opt/tool', 'opt/app.jar', 'srv/node_modules/a/package.json', 'srv/main.js'],
  ...['usr/share/doc/bash/copyright', '../etc/os-release', `opt/${'x'.repeat(150)}`, ''],
];
const oddContents = [
  ...['', 'ID=alpine\n', status, samplePrograms.cargo, samplePrograms.golang, noise(700), noise(3000)],
  ...[goProgram({ functions: ['main.main'] }), '{"name":"a","version":"1.0.0"}', '#!/bin/sh\n', 'PK\x03\x04'],
  Buffer.concat([peProgram({ '.data': 'x' }), noise(5000)]),
];
const file = { path: fc.constantFrom(...oddPaths), content: fc.constantFrom(...oddContents) };
const link = { path: file.path, target: fc.constantFrom(...oddPaths, '/etc/os-release') };
const oddMember: fc.Arbitrary<TarEntryPlan> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ ...file, longNames: fc.constantFrom('pax', 'gnu') }) },
  { weight: 2, arbitrary: fc.record({ ...link, type: fc.constantFrom('symlink', 'hardlink') }) },
  { weight: 1, arbitrary: fc.record({ path: file.path, type: fc.constant('directory') }) },
  { weight: 1, arbitrary: fc.record({ ...file, pax: fc.constant({ path: 'etc/os-release' }) }) },
  { weight: 1, arbitrary: fc.record({ ...file, type: fc.constant('contiguous') }) },
);
const cutBytes = fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(2000) });

test('gives the same index, or the same error, for layers of odd members', async () => {
  const bytesOfChunk = fc.oneof(fc.integer({ min: 1, max: 2000 }), fc.constant(1024 * 1024));
  await fc.assert(
    fc.asyncProperty(
      fc.array(oddMember, { maxLength: 12 }),
      cutBytes,
      bytesOfChunk,
      bytesOfChunk,
      async (plans, cut, one, other) => {
        const whole = Buffer.from(tar(plans));
        const bytes = whole.subarray(0, Math.max(whole.length - cut, 0));
        const stated = { digest: sha256(bytes) };
        const stream = (chunkBytes: number) => ({
          name: 'layer',
          claims: stated,
          bytes: inChunks(bytes, chunkBytes),
        });
        const textOf = async (read: () => Promise<ExtractResult | undefined>): Promise<string> =>
          await read().then(JSON.stringify, String);
        const expected = await textOf(async () => ({
          index: await analyzeStream(stream(one), plain, options),
        }));
        const actual = await textOf(async () => {
          const { extract } = await extractStream(stream(other), plain, { ...options, extractBytesMax });
          return await analyzeExtract(extract ?? assert.fail(), stated, plain, options);
        });
        assert.equal(actual, expected);
      },
    ),
    { numRuns: 150 },
  );
});

const images = process.env['CLAIR_TEST_IMAGES'];
const skip = images === undefined && process.env['CI'] === undefined ? 'CLAIR_TEST_IMAGES is not set' : false;

async function* bytesOf({ place }: ImageLayer): AsyncGenerator<Uint8Array> {
  if (!('offset' in place)) throw new Error('the layer is not a file');
  const file = openSync(place.path, 'r');
  try {
    const chunk = Buffer.allocUnsafe(256 * 1024);
    for (let at = 0; at < place.size; ) {
      const count = readSync(file, chunk, 0, Math.min(chunk.length, place.size - at), place.offset + at);
      at += count;
      yield chunk.subarray(0, count);
    }
  } finally {
    closeSync(file);
  }
}

for (const name of ['debian-trixie', 'distroless', 'alpine-3.20.3'])
  test(`gives the same indexes from the extracts of ${name}`, { skip }, async () => {
    const directory = `${images}/oci/${name}`;
    assert.ok(existsSync(directory), directory);
    const image = await openImage(`oci:${directory}`, {});
    for (const layer of image.layers) {
      const { digest, diffId } = layer;
      const stated = { ...(digest && { digest }), ...(diffId && { diffId }) };
      const stream = { name, claims: stated, bytes: bytesOf(layer) };
      const { index, extract } = await extractStream(stream, plain, { ...options, extractBytesMax });
      assert.ok(extract !== undefined);
      assertEqualIndex(await analyzeExtract(extract, stated, plain, options), index);
    }
  });
