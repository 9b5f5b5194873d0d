import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { builtIn } from '../../extensions.ts';
import type { LayerClaims } from '../../image/image-layer.ts';
import type { CheckpointPlan } from '../../image/layer/checkpoint/checkpoint-recorder.ts';
import { openImage } from '../../image/open-image.ts';
import type { LayerRange } from '../../image/partial/range-plan.ts';
import type { StoredBytes } from '../../image/partial/stored-layer.ts';
import type { LayerIndex } from '../../model/layer-index.ts';
import { samplePrograms } from '../../testing/elf-writer.ts';
import { sha256 } from '../../testing/image-builder.ts';
import { inChunks } from '../../testing/streams.ts';
import { type TarEntryPlan, tar } from '../../testing/tar-writer.ts';
import { analyzeExtract, completeExtract, type ExtractResult, extractStream } from './analyze-extract.ts';
import { type Analyzers, analyzeStream } from './analyze-layers.ts';

const extractBytesMax = 64 * 1024 * 1024;
const options = { verify: true, links: [], extractBytesMax } as const;

/** Incompressible bytes that are equal in every run. */
const noise = (bytes: number, seed: string): Buffer =>
  Buffer.concat(
    Array.from({ length: Math.ceil(bytes / 64) }, (_, i) =>
      createHash('sha512').update(`${seed} ${i}`).digest(),
    ),
  ).subarray(0, bytes);

/** Extensions with a lister that lists the hashes of the files that it wants, so that each byte counts. */
const withHashesOf = (...wants: readonly string[]): Analyzers => ({
  ...builtIn,
  listers: [
    ...builtIn.listers,
    {
      name: 'hashes',
      version: 1,
      wants,
      *list(files) {
        for (const [path, content] of files) {
          const version = createHash('sha256').update(content).digest('hex');
          yield { kind: 'package', path, package: { type: 'generic', name: path, version } };
        }
      },
    },
  ],
});

/** A layer as stored, how it is read first, and where checkpoints are made. */
interface Scene {
  readonly stored: Buffer;
  readonly plan?: CheckpointPlan;
  readonly chunkBytes?: number;
}

/** A checkpoint at each end of a block from which a whole window is known. */
const everyBlock: CheckpointPlan = { bytes: 1, inflatedBytes: 1, perSize: 1_000_000 };

const claimsOf = (stored: Buffer): LayerClaims => ({ digest: sha256(stored) });

async function extractOf({ stored, plan = everyBlock, chunkBytes = 4096 }: Scene): Promise<Uint8Array> {
  const stream = { name: 'layer', claims: claimsOf(stored), bytes: inChunks(stored, chunkBytes) };
  const { extract } = await extractStream(stream, builtIn, { ...options, checkpointPlan: plan });
  return extract ?? assert.fail('the extract is too large');
}

async function wholeIndex(stored: Buffer, analyzers: Analyzers): Promise<LayerIndex> {
  const stream = { name: 'layer', claims: claimsOf(stored), bytes: inChunks(stored) };
  return await analyzeStream(stream, analyzers, options);
}

const fetched = (stored: Buffer, ranges: readonly LayerRange[]): StoredBytes[] =>
  ranges.map(({ offset, end }) => ({ offset, bytes: Uint8Array.from(stored.subarray(offset, end)) }));

const bytesOf = (ranges: readonly LayerRange[]): number =>
  ranges.reduce((sum, { offset, end }) => sum + end - offset, 0);

function missingOf(result: ExtractResult | undefined): readonly LayerRange[] {
  return result !== undefined && 'missing' in result ? result.missing : assert.fail('nothing is missing');
}

const members: readonly TarEntryPlan[] = [
  { path: 'etc/os-release', content: 'ID=debian\nVERSION_ID=12\n' },
  { path: 'opt/noise-1', content: noise(300_000, '1') },
  { path: 'etc/motd', content: 'a file that no extension wants\n' },
  { path: 'opt/tool', content: samplePrograms.cargo },
  { path: 'opt/text', content: Buffer.alloc(400_000, 'text that is repeated\n') },
  { path: 'usr/share/long', content: noise(150_000, 'long') },
  { path: 'opt/noise-2', content: noise(300_000, '2') },
  { path: 'etc/profile', content: 'the last one\n' },
];
const archive = Buffer.from(tar(members));
const layer = gzipSync(archive);

test('completes an extract with few parts of the layer, and gives the index of the whole layer', async () => {
  const extract = await extractOf({ stored: layer });
  for (const [wants, shareMax] of [
    [['etc/motd'], 0.2],
    [['etc/profile', 'etc/motd'], 0.4],
    [['usr/share/long'], 0.5],
  ] as const) {
    const analyzers = withHashesOf(...wants);
    const missing = missingOf(await analyzeExtract(extract, claimsOf(layer), analyzers, options));
    assert.ok(bytesOf(missing) < layer.length * shareMax, `${wants.join(' ')}: ${bytesOf(missing)} bytes`);
    const input = { extract, parts: fetched(layer, missing) };
    const { index } = await completeExtract(input, claimsOf(layer), analyzers, options);
    assert.equal(JSON.stringify(index), JSON.stringify(await wholeIndex(layer, analyzers)));
    assert.equal(index.packages.filter(({ lister }) => lister === 'hashes').length, wants.length);
  }
});

test('completes an extract of a layer that is not compressed', async () => {
  const extract = await extractOf({
    stored: archive,
    plan: { bytes: 30_000, inflatedBytes: 1, perSize: 1e6 },
  });
  const analyzers = withHashesOf('etc/motd', 'usr/share/long');
  const missing = missingOf(await analyzeExtract(extract, claimsOf(archive), analyzers, options));
  assert.ok(bytesOf(missing) < archive.length / 5, `${bytesOf(missing)} bytes`);
  const parts = fetched(archive, missing);
  const { index } = await completeExtract({ extract, parts }, claimsOf(archive), analyzers, options);
  assert.equal(JSON.stringify(index), JSON.stringify(await wholeIndex(archive, analyzers)));
  const changed = parts.map(({ offset, bytes }) => ({ offset, bytes: bytes.map((byte) => byte ^ 1) }));
  await assert.rejects(completeExtract({ extract, parts: changed }, claimsOf(archive), analyzers, options), {
    name: 'ExtractMissError',
  });
});

/** Frames of zstd with a skippable one, as zstd:chunked has. The size in its header is that of the eight bytes behind it. */
const frames = Buffer.concat(
  Array.from({ length: Math.ceil(archive.length / 40_000) }, (_, i) => [
    zstdCompressSync(archive.subarray(i * 40_000, (i + 1) * 40_000)),
    i % 2 === 0 ? Buffer.alloc(0) : Buffer.from('502a4d18080000000000000000000000', 'hex'),
  ]).flat(),
);

test('completes an extract of a layer of several frames of zstd', async () => {
  const claims = claimsOf(frames);
  const extract = await extractOf({ stored: frames });
  const analyzers = withHashesOf('etc/motd', 'usr/share/long');
  const missing = missingOf(await analyzeExtract(extract, claims, analyzers, options));
  assert.ok(bytesOf(missing) < frames.length / 2, `${bytesOf(missing)} bytes`);
  const parts = fetched(frames, missing);
  const { index } = await completeExtract({ extract, parts }, claims, analyzers, options);
  assert.equal(JSON.stringify(index), JSON.stringify(await wholeIndex(frames, analyzers)));
  const changed = parts.map(({ offset, bytes }) => ({ offset, bytes: bytes.map((byte) => byte ^ 1) }));
  await assert.rejects(completeExtract({ extract, parts: changed }, claims, analyzers, options), {
    name: 'ExtractMissError',
  });
});

test('makes a new extract that has the files of the parts, and the checkpoints', async () => {
  const analyzers = withHashesOf('etc/motd');
  const claims = claimsOf(layer);
  const extract = await extractOf({ stored: layer });
  const missing = missingOf(await analyzeExtract(extract, claims, analyzers, options));
  const first = await completeExtract(
    { extract, parts: fetched(layer, missing) },
    claims,
    analyzers,
    options,
  );
  const completed = first.extract ?? assert.fail('the new extract is too large');
  const again = await analyzeExtract(completed, claims, analyzers, options);
  assert.equal(JSON.stringify(again), JSON.stringify({ index: first.index }));
  const others = withHashesOf('etc/motd', 'etc/profile');
  const rest = missingOf(await analyzeExtract(completed, claims, others, options));
  const second = await completeExtract(
    { extract: completed, parts: fetched(layer, rest) },
    claims,
    others,
    options,
  );
  assert.equal(JSON.stringify(second.index), JSON.stringify(await wholeIndex(layer, others)));
});

test('refuses parts that are not those of the layer', async () => {
  const analyzers = withHashesOf('etc/motd');
  const extract = await extractOf({ stored: layer });
  const missing = missingOf(await analyzeExtract(extract, claimsOf(layer), analyzers, options));
  const [part = assert.fail()] = fetched(layer, missing);
  const changed = Uint8Array.from(part.bytes);
  changed[changed.length >> 1] = (changed[changed.length >> 1] ?? 0) ^ 1;
  const others = {
    changed: { ...part, bytes: changed },
    cut: { ...part, bytes: part.bytes.subarray(1) },
    shifted: { ...part, offset: part.offset - 1 },
    elsewhere: { ...part, offset: 0 },
  };
  for (const [name, other] of Object.entries(others))
    await assert.rejects(
      completeExtract({ extract, parts: [other] }, claimsOf(layer), analyzers, options),
      { name: 'ExtractMissError' },
      name,
    );
  await assert.rejects(completeExtract({ extract, parts: [] }, claimsOf(layer), analyzers, options));
});

test('requires the whole layer without checkpoints', async () => {
  const analyzers = withHashesOf('etc/motd');
  const without: Record<string, Scene> = {
    zstd: { stored: zstdCompressSync(archive) },
    small: { stored: layer, plan: { bytes: layer.length, inflatedBytes: archive.length * 2, perSize: 1 } },
    'one block': { stored: gzipSync(Buffer.from(tar(members.slice(2, 4)))) },
  };
  for (const [name, scene] of Object.entries(without))
    assert.equal(
      await analyzeExtract(await extractOf(scene), claimsOf(scene.stored), analyzers, options),
      undefined,
      name,
    );
});

const paths = ['etc/motd', 'etc/os-release', 'opt/tool', 'opt/data', 'var/lib/dpkg/status', 'srv/main.js'];
const contents = {
  noise: noise(20_000, 'a'),
  'more noise': noise(70_000, 'b'),
  repeated: Buffer.alloc(100_000, 'repeated '),
  golang: samplePrograms.golang,
  cargo: samplePrograms.cargo,
  script: '#!/bin/sh\n',
  status: 'Package: bash\nStatus: install ok installed\nVersion: 5.2-1\n',
};
const kinds = Object.keys(contents) as (keyof typeof contents)[];
/** Counterexamples show the kinds, and not the bytes. */
const randomMember = fc.record({ path: fc.constantFrom(...paths), kind: fc.constantFrom(...kinds) });
const randomGzip = fc.record({
  level: fc.integer({ min: 0, max: 9 }),
  memLevel: fc.constantFrom(1, 8),
  strategy: fc.constantFrom(constants.Z_DEFAULT_STRATEGY, constants.Z_FIXED, constants.Z_HUFFMAN_ONLY),
});
const randomPlan = fc.record({
  bytes: fc.constantFrom(1, 3000, 30_000),
  inflatedBytes: fc.constantFrom(40_000, 1_000_000),
  perSize: fc.constantFrom(4, 1_000_000),
});

test('gives the index of the whole layer, or requires it, for random layers and listers', async () => {
  let completed = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(randomMember, { minLength: 1, maxLength: 12 }),
      // Positions in the archive at which another member of gzip begins.
      fc.array(fc.nat(600_000), { maxLength: 2 }),
      fc.tuple(randomGzip, randomPlan, fc.integer({ min: 50, max: 100_000 })),
      fc.uniqueArray(fc.constantFrom(...paths, 'opt/*'), { minLength: 1, maxLength: 3 }),
      async (plans, cuts, [gzip, plan, chunkBytes], wants) => {
        const bytes = Buffer.from(tar(plans.map(({ path, kind }) => ({ path, content: contents[kind] }))));
        const places = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        const pieces = places.slice(1).map((end, i) => gzipSync(bytes.subarray(places[i], end), gzip));
        const stored = Buffer.concat(pieces);
        const analyzers = withHashesOf(...wants);
        const extract = await extractOf({ stored, plan, chunkBytes });
        const result = await analyzeExtract(extract, claimsOf(stored), analyzers, options);
        if (result === undefined) return;
        const input = { extract, parts: 'missing' in result ? fetched(stored, result.missing) : [] };
        const index =
          'index' in result
            ? result.index
            : await completeExtract(input, claimsOf(stored), analyzers, options)
                .then((made) => made.index)
                .catch((error: unknown) => {
                  assert.match(String(error), /^ExtractMissError: a /);
                });
        if (index === undefined) return;
        if ('missing' in result) completed++;
        assert.equal(JSON.stringify(index), JSON.stringify(await wholeIndex(stored, analyzers)));
      },
    ),
    { numRuns: 40 },
  );
  assert.ok(completed > 4, `${completed} extracts were completed`);
});

const images = process.env['CLAIR_TEST_IMAGES'];
const skip = images === undefined && process.env['CI'] === undefined ? 'CLAIR_TEST_IMAGES is not set' : false;

for (const name of ['distroless', 'alpine-3.20.3'])
  test(`gives the indexes of whole layers with parts of ${name}`, { skip }, async () => {
    const directory = `${images}/oci/${name}`;
    assert.ok(existsSync(directory), directory);
    const image = await openImage(`oci:${directory}`, {});
    const analyzers = withHashesOf('etc/passwd', 'usr/lib/*', 'usr/share/zoneinfo/*', 'lib/apk/*');
    for (const { place } of image.layers) {
      if (place.kind !== 'file') assert.fail('the layer is not a file');
      const stored = readFileSync(place.path);
      const plan = { bytes: 200_000, inflatedBytes: 1_000_000, perSize: 512 };
      const extract = await extractOf({ stored, plan, chunkBytes: 64 * 1024 });
      const result = await analyzeExtract(extract, claimsOf(stored), analyzers, options);
      if (result === undefined || 'index' in result) continue;
      const parts = fetched(stored, result.missing);
      const { index } = await completeExtract({ extract, parts }, claimsOf(stored), analyzers, options);
      assert.equal(JSON.stringify(index), JSON.stringify(await wholeIndex(stored, analyzers)));
    }
  });
