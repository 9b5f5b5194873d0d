import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import {
  blobOf,
  type DocumentImage,
  documentImage,
  type ListedLayer,
  layoutFiles,
  layoutOf,
  tarAndGzip,
  tarAndZstd,
} from '../testing/document-image.ts';
import { blobPath, sha256 } from '../testing/image-builder.ts';
import { isErrorWith } from '../testing/registry-harness.ts';
import { type TarEntryPlan, tar } from '../testing/tar-writer.ts';
import { readLayers } from './layer/read-layer.ts';
import { WantedPaths } from './layer/wanted-paths.ts';
import { listImageManifests, type OpenOptions, openImage } from './open-image.ts';

const directory = mkdtempSync(join(tmpdir(), 'clair-documents-'));
after(() => {
  rmSync(directory, { recursive: true });
});
let count = 0;

function archive(
  files: readonly TarEntryPlan[],
  pack: (bytes: Uint8Array) => Uint8Array = (bytes) => bytes,
): string {
  const path = join(directory, `${++count}.tar`);
  writeFileSync(path, pack(tar(files)));
  return path;
}

const wanted = new WantedPaths(['etc/id']);

/** Returns the content of `etc/id` of each layer. */
async function ids(
  target: string,
  options: OpenOptions = {},
  verify = false,
): Promise<(string | undefined)[]> {
  const { layers } = await openImage(target, options);
  return await readLayers(layers, { wanted, verify }, ({ collected }) =>
    collected.files.get('etc/id')?.toString(),
  );
}

const ociTar = 'application/vnd.oci.image.layer.v1.tar';
const withId = (id: string): Uint8Array =>
  tar([
    { path: 'x', content: '' },
    { path: 'etc/id', content: id },
  ]);
const layer = (id: string): ListedLayer => ({ bytes: withId(id), mediaType: ociTar });

/** Returns an image with one uncompressed layer. */
function imageOf(id: string): DocumentImage {
  return documentImage({ layers: [layer(id)], diffIds: [sha256(withId(id))] });
}

const [lower, upper] = [layer('lower'), layer('upper')];
const both = [sha256(lower.bytes), sha256(upper.bytes)];

const layersOf = (text: string): string => JSON.stringify((JSON.parse(text) as { layers: unknown }).layers);

test('refuses a manifest or a configuration when two keys differ only in case', async () => {
  const manifests: ((text: string) => string)[] = [
    (text) => text.replace(/}$/, `,"LAYERS":${layersOf(text)}}`),
    (text) => text.replace(/}$/, `,"layer\u017f":${layersOf(text)}}`),
    (text) => text.replace(/^{/, '{"Layers":[],'),
    (text) => text.replace('"size"', '"Digest":"sha256:0","size"'),
    (text) => text.replace('"mediaType":"application/vnd.oci.image.layer', '"MediaType":"x",$&'),
  ];
  for (const manifest of manifests) {
    const image = documentImage({ layers: [lower, upper], diffIds: both, manifest });
    await assert.rejects(ids(archive(layoutOf(image))), isErrorWith('target-corrupt', /^manifest .* twice/));
  }
  const configs: ((text: string) => string)[] = [
    (text) => text.replace(/}$/, ',"RootFS":null}'),
    (text) => text.replace('"diff_ids"', '"Diff_IDs":[],"diff_ids"'),
    (text) => text.replace('"os"', '"O\u017f":"plan9","os"'),
  ];
  for (const config of configs) {
    const image = documentImage({ layers: [lower, upper], diffIds: both, config });
    await assert.rejects(
      ids(archive(layoutOf(image))),
      isErrorWith('target-corrupt', /^configuration .* twice/),
    );
  }
});

test('matches keys of fields in any case, and keeps the keys of labels and annotations', async () => {
  const image = documentImage({
    layers: [lower, upper],
    diffIds: both,
    config: (text) =>
      text
        .replace('"rootfs"', '"config":{"Labels":{"a":"1","A":"2"}},"ROOTF\u017f"')
        .replace('diff_ids', 'Diff_IDs'),
    manifest: (text) =>
      text
        .replace('"layers"', '"LAYERS"')
        .replace('"digest"', '"Digest"')
        .replace(/}$/, ',"annotations":{"b":"1","B":"2"}}'),
  });
  assert.deepEqual(await ids(archive(layoutOf(image))), ['lower', 'upper']);
});

test('refuses an image when an entry is not a layer or the number of diffIDs differs', async () => {
  const types = [
    'application/vnd.example.notes',
    'text/plain',
    '',
    undefined,
    `${ociTar}+br`,
    'application/json',
  ];
  for (const mediaType of types) {
    const odd = { bytes: upper.bytes, ...(mediaType !== undefined && { mediaType }) };
    for (const layers of [
      [lower, odd],
      [odd, lower],
    ])
      await assert.rejects(
        ids(archive(layoutOf(documentImage({ layers, diffIds: both })))),
        isErrorWith('target-unsupported', /which is not the type of a layer/),
      );
  }
  for (const diffIds of [both.slice(0, 1), [...both, ...both.slice(1)], []])
    await assert.rejects(
      ids(archive(layoutOf(documentImage({ layers: [lower, upper], diffIds })))),
      isErrorWith('target-corrupt', /has 2 layers, and its configuration has the diffIDs of/),
    );
});

test('refuses a document when it is both a manifest and an index', async () => {
  const image = documentImage({
    layers: [lower],
    diffIds: both.slice(0, 1),
    manifest: (text) => text.replace(/}$/, ',"manifests":[]}'),
  });
  await assert.rejects(
    ids(archive(layoutOf(image))),
    isErrorWith('target-corrupt', /both a manifest and an index/),
  );
  const index = JSON.stringify({ manifests: [imageOf('a').entry], layers: [] });
  await assert.rejects(
    ids(archive(layoutFiles(index, imageOf('a').blobs))),
    isErrorWith('target-corrupt', /both an index and a manifest/),
  );
});

/** Returns an `index.json` with an image for each platform. */
function index(
  entries: readonly (readonly [image: DocumentImage, platform: string, annotations?: object | undefined])[],
): string {
  const manifests = entries.map(([{ entry }, platform, annotations]) => {
    const [os, architecture, variant] = platform.split('/');
    return { ...entry, platform: { os, architecture, ...(variant && { variant }) }, annotations };
  });
  return archive(
    layoutFiles(
      JSON.stringify({ schemaVersion: 2, manifests }),
      entries.flatMap(([{ blobs }]) => blobs),
    ),
  );
}

const attestation = { 'vnd.docker.reference.type': 'attestation-manifest' };
const [first, second] = [imageOf('first'), imageOf('second')];

test('names the digests and refuses an index when several entries fit a platform', async () => {
  const duplicates: readonly (readonly [one: string, other: string, asked: string, annotations?: object])[] =
    [
      ['linux/amd64/v1', 'linux/amd64', 'linux/amd64'],
      ['linux/x86_64', 'linux/amd64', 'linux/amd64'],
      ['linux/x86-64', 'linux/amd64', 'linux/x86_64'],
      ['linux/AMD64', 'linux/amd64', 'linux/amd64'],
      ['Linux/amd64', 'linux/amd64', 'linux/amd64/v1'],
      ['linux/aarch64', 'linux/arm64/v8', 'linux/arm64'],
      ['linux/arm64/8', 'linux/arm64', 'linux/arm64/v8'],
      ['linux/armhf', 'linux/arm/v7', 'linux/arm'],
      ['linux/i386', 'linux/386', 'linux/386'],
      ['linux/amd64', 'linux/amd64', 'linux/amd64', attestation],
    ];
  for (const [one, other, platform, annotations] of duplicates)
    for (const entries of [
      [[first, one, annotations] as const, [second, other] as const],
      [[second, other] as const, [first, one, annotations] as const],
    ])
      await assert.rejects(
        openImage(index(entries), { platform }),
        (error: Error) =>
          isErrorWith('target-not-found', /several images/)(error) &&
          error.message.includes(first.manifest.digest) &&
          error.message.includes(second.manifest.digest),
        `${one} and ${other}`,
      );
});

test('chooses by the platform alone, and accepts any of its names', async () => {
  const named = index([
    [first, 'linux/x86_64'],
    [second, 'linux/aarch64'],
  ]);
  assert.deepEqual(await ids(named, { platform: 'linux/amd64' }), ['first']);
  assert.deepEqual(await ids(named, { platform: 'linux/arm64/v8' }), ['second']);
  const marked = index([
    [first, 'linux/amd64', attestation],
    [second, 'unknown/unknown', attestation],
  ]);
  assert.deepEqual(await ids(marked, { platform: 'linux/amd64' }), ['first']);
  assert.deepEqual(await listImageManifests(marked), [
    { digest: first.manifest.digest, platform: 'linux/amd64' },
  ]);
});

test('takes a manifest that is twice in an index as one image', async () => {
  const twice = index([
    [first, 'linux/amd64'],
    [first, 'linux/amd64/v1'],
  ]);
  assert.deepEqual(await ids(twice, { platform: 'linux/amd64' }), ['first']);
});

/** Returns the files of a Docker archive whose blobs are stored by digest. */
function dockerFiles(
  { config, blobs }: DocumentImage,
  tags: readonly string[],
  files: readonly TarEntryPlan[] = [],
): TarEntryPlan[] {
  const layers = blobs.slice(2).map(({ digest }) => blobPath(digest));
  const manifest = [{ Config: blobPath(config.digest), RepoTags: tags, Layers: layers }];
  const all = [
    ...files,
    ...[config, ...blobs.slice(2)].map(({ digest, bytes }) => ({
      path: blobPath(digest),
      content: bytes,
    })),
    { path: 'manifest.json', content: JSON.stringify(manifest) },
  ];
  return [...new Map(all.map((file) => [file.path, file])).values()];
}

test('reads an archive when manifest.json and index.json name the same image, and refuses it otherwise', async () => {
  const one = dockerFiles(first, ['example:t'], layoutOf(first));
  for (const prefix of ['', 'docker-archive:', 'oci-archive:']) {
    assert.deepEqual(await ids(`${prefix}${archive(one)}`), ['first']);
    assert.deepEqual(await ids(`${prefix}${archive(one, gzipSync)}`), ['first']);
    const two = archive(dockerFiles(first, ['example:t'], layoutOf(second)));
    await assert.rejects(
      ids(`${prefix}${two}`),
      isErrorWith('target-corrupt', /different images in manifest.json and index.json/),
    );
  }
});

test('refuses an index when it has a different image of the platform than manifest.json', async () => {
  const blobs = [...first.blobs, ...second.blobs];
  const entries = (platform: string): TarEntryPlan[] => {
    const [os, architecture] = platform.split('/');
    const manifests = [first.entry, { ...second.entry, platform: { os, architecture } }];
    return layoutFiles(JSON.stringify({ manifests }), blobs);
  };
  const more = archive(dockerFiles(first, ['example:t'], entries('linux/x86_64')));
  await assert.rejects(ids(more), isErrorWith('target-corrupt', /different images/));
  const other = archive(dockerFiles(first, ['example:t'], entries('linux/s390x')));
  assert.deepEqual(await ids(other), ['first']);
});

test('uses manifest.json when the index has no images, as in an image that Docker saved by its ID', async () => {
  const files = dockerFiles(first, [], layoutFiles('{"manifests":null}', first.blobs));
  assert.deepEqual(await ids(archive(files)), ['first']);
});

test('refuses an archive when manifest.json names other layer files than the index', async () => {
  const files = dockerFiles(first, ['example:t'], layoutOf(first)).map((file) =>
    file.path === 'manifest.json'
      ? {
          path: file.path,
          content: JSON.stringify([{ Config: blobPath(first.config.digest), Layers: ['other.tar'] }]),
        }
      : file,
  );
  const odd = archive([...files, { path: 'other.tar', content: withId('other') }]);
  await assert.rejects(ids(odd), isErrorWith('target-corrupt', /different images/));
});

test('refuses an archive with an index and the legacy repositories file when manifest.json is missing', async () => {
  const odd = archive([...layoutOf(first), { path: 'repositories', content: '{}' }]);
  await assert.rejects(ids(odd), isErrorWith('target-corrupt', /index.json and repositories/));
});

test('finds the images in a manifest.json when it begins with white space', async () => {
  const files = dockerFiles(second, ['example:t'], layoutOf(first)).map((file) =>
    file.path === 'manifest.json' ? { ...file, content: `${' '.repeat(100)}${String(file.content)}` } : file,
  );
  await assert.rejects(ids(archive(files)), isErrorWith('target-corrupt', /different images/));
});

test('refuses duplicate members of the outer archive when they are needed', async () => {
  const files = dockerFiles(first, ['example:t']);
  for (const again of files) {
    const content = Buffer.from(again.content ?? '');
    for (const path of [again.path, `./${again.path}`, `x/../${again.path}`]) {
      const doubled = archive([...files, { path, content }]);
      await assert.rejects(ids(doubled), isErrorWith('target-corrupt', /several members named/), path);
      const packed = archive([{ path, content }, ...files], gzipSync);
      await assert.rejects(ids(packed), isErrorWith('target-corrupt', /several members named/), path);
    }
  }
  const unused = { path: 'README', content: 'x' };
  assert.deepEqual(await ids(archive([unused, ...files, unused])), ['first']);
});

test('refuses a member below a link, since it may replace another one when unpacked', async () => {
  const files = dockerFiles(first, ['example:t']);
  const link: TarEntryPlan = { path: 'here', type: 'symlink', target: '.' };
  const below = { path: 'here/manifest.json', content: '[]' };
  await assert.rejects(
    ids(archive([link, ...files, below])),
    isErrorWith('target-corrupt', /below here, which is a link/),
  );
});

const forms = { gzip: tarAndGzip, zstd: tarAndZstd };
const outer = withId('outer');
const inner = withId('inner');

test('takes the reading that the diffID confirms when bytes are both a tar and a compressed stream, or refuses them', async () => {
  const types = [ociTar, `${ociTar}+zstd`, `${ociTar}+gzip`, 'application/vnd.docker.image.rootfs.diff.tar'];
  for (const [compression, make] of Object.entries(forms)) {
    const bytes = make(outer, inner);
    for (const mediaType of types) {
      const image = (diffId: string): string =>
        archive(layoutOf(documentImage({ layers: [{ bytes, mediaType }], diffIds: [diffId] })));
      assert.deepEqual(await ids(image(sha256(inner))), ['inner'], `${compression} as ${mediaType}`);
      // If the type and the bytes agree, every runtime decompresses.
      if (mediaType.endsWith(`+${compression}`)) continue;
      await assert.rejects(
        ids(image(sha256(bytes))),
        isErrorWith('target-corrupt', /runtimes differ in how they read it/),
        `${compression} as ${mediaType}`,
      );
    }
  }
});

test('takes the reading that the diffID confirms in a Docker archive, compressed or not', async () => {
  for (const make of Object.values(forms)) {
    const bytes = make(outer, inner);
    const image = (diffId: string): DocumentImage =>
      documentImage({ layers: [{ bytes }], diffIds: [diffId] });
    for (const pack of [gzipSync, undefined]) {
      const meant = archive(dockerFiles(image(sha256(inner)), []), pack);
      assert.deepEqual(await ids(meant), ['inner']);
      const other = archive(dockerFiles(image(sha256(bytes)), []), pack);
      await assert.rejects(ids(other), isErrorWith('target-corrupt', /runtimes differ in how they read it/));
    }
  }
});

test('reads a tar when its first name starts with the magic bytes of a compression', async () => {
  for (const magic of ['BZh9', '\x1f\x8b\x08', '\xfd7zXZ', '(\xb5/\xfd']) {
    const bytes = Buffer.from(withId('outer'));
    bytes.fill(0, 0, 100).write(magic, 0, 'latin1');
    bytes.fill(' ', 148, 156);
    const sum = bytes.subarray(0, 512).reduce((total, byte) => total + byte, 0);
    bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
    const image = documentImage({ layers: [{ bytes, mediaType: ociTar }], diffIds: [blobOf(bytes).digest] });
    await assert.rejects(
      ids(archive(layoutOf(image))),
      isErrorWith('target-corrupt', /cannot be read|runtimes differ/),
    );
  }
});
