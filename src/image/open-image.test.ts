import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gunzipSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { ClairError } from '../core/errors.ts';
import {
  blobPath,
  buildImage,
  dockerArchive,
  dockerFiles,
  type ImagePlan,
  legacyFiles,
  missingTool,
  ociArchive,
  ociFiles,
  runTool,
  writeFiles,
} from '../testing/image-builder.ts';
import { type TarEntryPlan, tar } from '../testing/tar-writer.ts';
import type { Image } from './image.ts';
import type { LayerReadResult } from './layer/layer-walk.ts';
import { readLayers } from './layer/read-layer.ts';
import { WantedPaths } from './layer/wanted-paths.ts';
import { openImage } from './open-image.ts';

const directory = mkdtempSync(join(tmpdir(), 'clair-image-'));
after(() => {
  rmSync(directory, { recursive: true });
});

function file(name: string, bytes: Uint8Array): string {
  const path = join(directory, name);
  writeFileSync(path, bytes);
  return path;
}

const wanted = new WantedPaths(['etc/os-release', 'lib/apk/db/installed', 'var/lib/dpkg/status.d/*']);
const read = (image: Image, verify = false): Promise<LayerReadResult[]> =>
  readLayers(image.layers, { wanted, verify }, (layer) => layer);

const base = tar([
  { path: 'etc/os-release', content: 'ID=alpine' },
  { path: 'lib/apk/db/installed', content: 'P:musl\n' },
  { path: 'usr/share/large', content: 'x'.repeat(100_000) },
]);
const top = tar([
  { path: 'lib/apk/db/installed', content: 'P:musl\nP:zlib\n' },
  { path: 'var/lib/dpkg/status.d/.wh.old' },
  { path: 'var/lib/.wh..wh..opq' },
]);
const plan: ImagePlan = {
  steps: [
    { tar: base, createdBy: 'ADD rootfs' },
    { createdBy: 'CMD sh' },
    { tar: top, createdBy: 'RUN apk add zlib' },
  ],
  tags: ['example:1'],
};

/** Returns what must be the same for all containers of an image. */
async function content(target: string, verify = false): Promise<unknown> {
  const image = await openImage(target);
  const layers = await read(image, verify);
  return layers.map(({ collected }, i) => ({
    diffId: image.layers[i]?.diffId,
    createdBy: image.layers[i]?.createdBy,
    files: [...collected.files].map(([path, bytes]) => [path, Buffer.from(bytes).toString()]),
    whiteouts: collected.whiteouts,
    opaques: collected.opaques,
  }));
}

const built = buildImage(plan);
const expected = built.layers.map(({ diffId }, i) => ({
  diffId,
  createdBy: ['ADD rootfs', 'RUN apk add zlib'][i],
  files: [
    [
      ['etc/os-release', 'ID=alpine'],
      ['lib/apk/db/installed', 'P:musl\n'],
    ],
    [['lib/apk/db/installed', 'P:musl\nP:zlib\n']],
  ][i],
  whiteouts: [[], ['var/lib/dpkg/status.d/old']][i],
  opaques: [[], ['var/lib']][i],
}));

test('reads the same content from every container and compression', async () => {
  for (const compression of ['none', 'gzip', 'zstd'] as const) {
    const image = buildImage({ ...plan, compression });
    const layout = join(directory, `layout-${compression}`);
    await writeFiles(layout, ociFiles([image]));
    const nested = join(directory, `nested-${compression}`);
    await writeFiles(nested, ociFiles([image], { nested: true }));
    const archives = { docker: dockerArchive(image), oci: ociArchive(image) };
    const targets = [layout, `oci:${layout}`, `oci:${layout}:example:1`, nested];
    for (const [kind, bytes] of Object.entries(archives)) {
      targets.push(file(`${kind}-${compression}.tar`, bytes));
      targets.push(file(`${kind}-${compression}.tar.gz`, gzipSync(bytes)));
      targets.push(`${kind}-archive:${file(`${kind}-${compression}.tar.zst`, zstdCompressSync(bytes))}`);
    }
    for (const target of targets) {
      assert.deepEqual(await content(target), expected, target);
      assert.deepEqual(await content(target, true), expected, `${target} verified`);
    }
  }
});

for (const tool of ['xz', 'bzip2'] as const) {
  test(`reads archives and layers compressed by ${tool}`, {
    skip: missingTool(tool),
  }, async () => {
    const compress = (bytes: Uint8Array): Buffer => runTool(tool, ['-c'], bytes);
    for (const compression of ['none', 'gzip', tool] as const) {
      const image = buildImage({ ...plan, compression });
      const layout = join(directory, `layout-${tool}-${compression}`);
      await writeFiles(layout, ociFiles([image]));
      for (const target of [
        layout,
        file(`docker-${tool}-${compression}.tar`, dockerArchive(image)),
        // Layers and archive with the same compression: two nested inflaters.
        file(`docker-${tool}-${compression}.tar.${tool}`, compress(dockerArchive(image))),
        `oci-archive:${file(`oci-${tool}-${compression}.tar.${tool}`, compress(ociArchive(image)))}`,
      ])
        assert.deepEqual(await content(target, true), expected, target);
    }
    const path = file(`rootfs.tar.${tool}`, compress(base));
    for (const target of [path, `rootfs-tar:${path}`])
      assert.deepEqual(
        await content(target),
        [{ ...expected[0], diffId: undefined, createdBy: undefined }],
        target,
      );
  });
}

/** Returns a zstd frame with data of another application. RFC 8878, section 3.1.2. */
function skippableFrame(magic: number, bytes: Uint8Array): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt32LE(magic, 0);
  header.writeUInt32LE(bytes.length, 4);
  return Buffer.concat([header, bytes]);
}

/** Returns the archive in separately compressed pieces of `size` bytes. */
function inStretches(archive: Uint8Array, size: number, compress: (bytes: Uint8Array) => Buffer): Buffer {
  const count = Math.ceil(archive.length / size);
  return Buffer.concat(
    Array.from({ length: count }, (_, i) => compress(archive.subarray(i * size, (i + 1) * size))),
  );
}

/** Returns a layer in the eStargz format: a gzip member for each file, then the table of contents, then a footer with its offset. */
function estargz(entries: readonly TarEntryPlan[]): Buffer {
  const landmark = { path: '.prefetch.landmark', content: Buffer.from([0xf]) };
  const toc = { path: 'stargz.index.json', content: JSON.stringify({ version: 1, entries: [] }) };
  const members = [landmark, ...entries].map((entry) => gzipSync(tar([entry], { endBlocks: 0 })));
  const footer = gzipSync(Buffer.alloc(0), { level: 0 });
  return Buffer.concat([...members, gzipSync(tar([toc])), footer]);
}

/** Returns a layer in the zstd:chunked format: frames with pieces of the tar, then skippable frames with the table of contents. */
function zstdChunked(archive: Uint8Array): Buffer {
  const toc = zstdCompressSync(JSON.stringify({ version: 1, entries: [] }));
  const frames = inStretches(archive, 1500, (bytes) => zstdCompressSync(bytes));
  const first = skippableFrame(0x184d2a5e, Buffer.from('tar-split'));
  return Buffer.concat([
    first,
    frames,
    skippableFrame(0x184d2a50, toc),
    skippableFrame(0x184d2a50, Buffer.alloc(64)),
  ]);
}

test('reads layers in seekable formats like plain ones', async () => {
  const entries: TarEntryPlan[] = [
    { path: 'etc/os-release', content: 'ID=alpine' },
    { path: 'usr/share/large', content: 'x'.repeat(300_000) },
    { path: 'lib/apk/db/installed', content: 'P:musl\n'.repeat(2000) },
  ];
  const plain = await content(`rootfs-tar:${file('plain-layer.tar', tar(entries))}`);
  assert.match(JSON.stringify(plain), /ID=alpine.*P:musl/);
  const forms = { estargz: estargz(entries), chunked: zstdChunked(tar(entries)) };
  for (const [name, bytes] of Object.entries(forms)) {
    const uncompressed = name === 'estargz' ? gunzipSync(bytes) : tar(entries);
    const path = file(`${name}.layer`, bytes);
    assert.deepEqual(await content(path), plain, name);
    assert.deepEqual(await content(path, true), plain, `${name} verified`);
    const zipped = file(`${name}.tar.gz`, gzipSync(dockerArchive(withLayer(bytes, uncompressed))));
    assert.deepEqual(await files(zipped), await files(path), `${name} inside a compressed archive`);
  }
});

/** Returns an image with one layer that is stored as these bytes. */
function withLayer(bytes: Uint8Array, uncompressed: Uint8Array): typeof built {
  const image = buildImage({ steps: [{ tar: uncompressed }] });
  const [layer] = image.layers;
  assert.ok(layer);
  return { ...image, layers: [{ ...layer, bytes }] };
}

/** Returns the contents of the wanted files of an image. */
async function files(target: string): Promise<unknown> {
  const layers = await read(await openImage(target));
  return layers.map(({ collected }) =>
    [...collected.files].map(([path, bytes]) => [path, Buffer.from(bytes).toString()]),
  );
}

test('follows the chain of parents when an archive is older than Docker 1.10', async () => {
  const layers = (await content(file('legacy.tar', tar(legacyFiles([built]))))) as { files: unknown }[];
  assert.deepEqual(
    layers.map(({ files }) => files),
    expected.map(({ files }) => files),
  );
});

test('opens a root file system tar or directory as an image of one layer', async () => {
  const files = [{ ...expected[0], diffId: undefined, createdBy: undefined }];
  for (const [name, bytes] of [
    ['rootfs.tar', base],
    ['rootfs.tar.gz', gzipSync(base)],
    ['rootfs.tar.zst', zstdCompressSync(base)],
  ] as const) {
    assert.deepEqual(await content(file(name, bytes)), files, name);
  }
  const root = join(directory, 'root');
  await writeFiles(root, [
    { path: 'etc/os-release', content: 'ID=alpine' },
    { path: 'lib/apk/db/installed', content: 'P:musl\n' },
  ]);
  assert.deepEqual(await content(`dir:${root}`), files);
});

test('follows no link out of a root file system directory', async () => {
  const root = join(directory, 'trap');
  mkdirSync(join(root, 'var/lib/dpkg/status.d'), { recursive: true });
  mkdirSync(join(directory, 'outside'));
  file('outside/os-release', Buffer.from('ID=outside'));
  symlinkSync(join(directory, 'outside'), join(root, 'etc'));
  symlinkSync('/etc/passwd', join(root, 'var/lib/dpkg/status.d/passwd'));
  const [layer] = await read(await openImage(root));
  assert.deepEqual([...(layer?.collected.files.keys() ?? [])], []);
  assert.deepEqual(
    layer?.collected.nodes.filter((node) => node.kind === 'symbolic-link').map(({ path }) => path),
    ['etc', 'var/lib/dpkg/status.d/passwd'],
  );
});

test('reports whether a layer was verified against its digest', async () => {
  const plain = file('plain.tar', dockerArchive(built));
  const verified = async (target: string, verify: boolean): Promise<boolean[]> =>
    (await read(await openImage(target), verify)).map((layer) => layer.verified);
  assert.deepEqual(await verified(plain, false), [false, false]);
  assert.deepEqual(await verified(plain, true), [true, true]);
  assert.deepEqual(
    await verified(file('gz.tar', ociArchive(buildImage({ ...plan, compression: 'gzip' }))), false),
    [true, true],
  );
});

test('chooses one of several images by name or by platform', async () => {
  const other = buildImage({ ...plan, tags: ['other:2'], steps: [{ tar: base }] });
  const target = file('two.tar', dockerArchive(built, other));
  await assert.rejects(openImage(target), /has 2 images; append one of their names: :example:1, :other:2/);
  assert.equal((await openImage(`${target}:other:2`)).layers.length, 1);
  await assert.rejects(openImage(`${target}:none:3`), /has no image none:3; it has example:1, other:2/);

  const arm = buildImage({ ...plan, platform: 'linux/arm64/v8', tags: [] });
  const amd = buildImage({ ...plan, platform: 'linux/amd64', tags: [], steps: [{ tar: base }] });
  const layout = join(directory, 'platforms');
  await writeFiles(layout, ociFiles([arm, amd]));
  assert.equal((await openImage(layout, { platform: 'linux/arm64' })).target.platform, 'linux/arm64/v8');
  assert.equal((await openImage(layout, { platform: 'linux/amd64' })).target.manifest, amd.manifest.digest);
  await assert.rejects(
    openImage(layout, { platform: 'linux/s390x' }),
    /choose one with --platform: linux\/arm64\/v8, linux\/amd64/,
  );
});

const refusal = (code: string, message: RegExp) => (error: unknown) =>
  error instanceof ClairError && error.code === code && message.test(error.message);

test('names and refuses a layer when it is missing, changed or truncated', async () => {
  const image = buildImage({ ...plan, compression: 'gzip' });
  const [first, second] = image.layers;
  assert.ok(first && second);
  const layout = join(directory, 'damaged');
  const copy = async (): Promise<string> => {
    rmSync(layout, { recursive: true, force: true });
    await writeFiles(layout, ociFiles([image]));
    return layout;
  };
  rmSync(join(await copy(), blobPath(second.digest)));
  await assert.rejects(
    openImage(layout),
    refusal('target-corrupt', /has no blobs\/sha256\/[0-9a-f]+, a layer of the image/),
  );
  cpSync(join(await copy(), blobPath(first.digest)), join(layout, blobPath(second.digest)));
  await assert.rejects(
    openImage(layout).then((opened) => read(opened)),
    refusal('target-corrupt', /its digest is sha256:\S+, not sha256:/),
  );
  truncateSync(join(await copy(), blobPath(first.digest)), first.bytes.length - 20);
  await assert.rejects(
    openImage(layout).then((opened) => read(opened)),
    refusal(
      'target-corrupt',
      /layer sha256:\S+: its digest is sha256:\S+, not sha256:\S+ as the image says: it is damaged/,
    ),
  );
  writeFileSync(join(await copy(), blobPath(image.config.digest)), '{}');
  await assert.rejects(
    openImage(layout),
    refusal('target-corrupt', /the blob sha256:\S+ has the digest sha256:/),
  );
});

test('detects a false diffID when it verifies', async () => {
  const files = dockerFiles([built]).map((entry) =>
    entry.path.endsWith('.json') && entry.path !== 'manifest.json'
      ? {
          ...entry,
          content: Buffer.from(entry.content ?? '')
            .toString()
            .replace(/sha256:.{64}/, `sha256:${'0'.repeat(64)}`),
        }
      : entry,
  );
  const image = await openImage(file('lying.tar', tar(files)));
  assert.deepEqual(
    (await read(image)).map(({ verified }) => verified),
    [false, false],
  );
  await assert.rejects(
    read(image, true),
    refusal('target-corrupt', /its diffID is sha256:\S+, not sha256:0000/),
  );
});

test('reports what a target is when it is not an image', async () => {
  await assert.rejects(
    openImage(join(directory, 'nowhere')),
    refusal('target-not-found', /there is no file or directory/),
  );
  await assert.rejects(
    openImage(file('noise.bin', Buffer.alloc(4096, 'noise'))),
    refusal('target-corrupt', /not a readable tar archive: .*; clair reads .* SBOMs$/),
  );
  await assert.rejects(openImage(file('empty.tar', Buffer.alloc(0))), refusal('target-corrupt', /is empty/));
  await assert.rejects(
    openImage(file('null.tar', tar([{ path: 'manifest.json', content: 'null' }]))),
    refusal('target-not-found', /has no image/),
  );
  await assert.rejects(
    openImage(file('bad.tar', tar([{ path: 'manifest.json', content: '{' }]))),
    refusal('target-corrupt', /is not JSON/),
  );
  await assert.rejects(
    openImage(file('odd.tar', tar([{ path: 'manifest.json', content: '[{"Config":1}]' }]))),
    refusal('target-corrupt', /malformed at 0\.Config/),
  );
  await assert.rejects(
    openImage(file('cut.tar.gz', gzipSync(dockerArchive(built)).subarray(0, 300))),
    refusal('target-corrupt', /cannot be decompressed/),
  );
  await assert.rejects(
    openImage(`oci:${file('docker.tar', dockerArchive(built))}`),
    refusal('target-unsupported', /has the format docker-archive, not oci/),
  );
  await assert.rejects(
    openImage(file('x.tar.xz', Buffer.from('\u00fd7zXZ\0...', 'latin1'))),
    refusal('target-corrupt', /x\.tar\.xz cannot be decompressed: the xz data is cut short/),
  );
});

test('refuses a layer when it inflates beyond the limit', async () => {
  const bomb = gzipSync(Buffer.alloc(100 * 1024 * 1024), { level: 9 });
  const path = file(
    'bomb.tar.gz',
    Buffer.concat([gzipSync(tar([{ path: 'etc/os-release', content: 'ID=x' }], { endBlocks: 0 })), bomb]),
  );
  await assert.rejects(
    openImage(path).then((opened) => read(opened)),
    refusal('limit-exceeded', /inflates to more than/),
  );
});

test('ignores names that lead out of the image or are too long', async () => {
  const layer = tar([
    { path: '../../etc/os-release', content: 'ID=up' },
    { path: `var/${'n'.repeat(10_000)}`, content: '' },
    { path: 'loop', target: 'loop' },
  ]);
  const [result] = await read(await openImage(`rootfs-tar:${file('names.tar', layer)}`));
  assert.equal(Buffer.from(result?.collected.files.get('etc/os-release') ?? []).toString(), 'ID=up');
  assert.match(result?.collected.remarks[0]?.message ?? '', /a name of more than 4096 bytes/);
});
