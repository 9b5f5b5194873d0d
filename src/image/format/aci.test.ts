import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { ClairError } from '../../core/errors.ts';
import { missingTool, runTool } from '../../testing/image-builder.ts';
import { type TarEntryPlan, tar } from '../../testing/tar-writer.ts';
import { layerIdentity } from '../image-layer.ts';
import type { LayerReadResult } from '../layer/layer-walk.ts';
import { readLayers } from '../layer/read-layer.ts';
import { WantedPaths } from '../layer/wanted-paths.ts';
import { openImage } from '../open-image.ts';

const directory = mkdtempSync(join(tmpdir(), 'clair-aci-'));
after(() => {
  rmSync(directory, { recursive: true });
});

function file(name: string, bytes: Uint8Array): string {
  const path = join(directory, name);
  writeFileSync(path, bytes);
  return path;
}

const manifest: TarEntryPlan = {
  path: 'manifest',
  content: JSON.stringify({
    acKind: 'ImageManifest',
    acVersion: '0.8.11',
    name: 'example.org/app',
    labels: [
      { name: 'version', value: '1' },
      { name: 'os', value: 'linux' },
      { name: 'arch', value: 'aarch64' },
    ],
  }),
};
const root: TarEntryPlan[] = [
  { path: 'rootfs/' },
  { path: 'rootfs/etc/' },
  { path: 'rootfs/usr/lib/os-release', content: 'ID=debian' },
  { path: 'rootfs/etc/os-release', target: '/usr/lib/os-release' },
  { path: 'rootfs/lib/apk/db/installed', type: 'hardlink', target: './rootfs/var/installed' },
  { path: 'rootfs/var/lib/dpkg/status.d/base', content: 'Package: base' },
  { path: 'rootfs/var/lib/dpkg/.wh.status.d' },
  { path: 'rootfs/etc/.wh..wh..opq' },
  { path: 'rootfs/large', content: 'x'.repeat(100_000) },
];
const aci = tar([manifest, ...root]);
const wanted = new WantedPaths([
  'etc/os-release',
  'usr/lib/os-release',
  'lib/apk/db/installed',
  'var/lib/dpkg/status.d/*',
]);

async function read(target: string, verify = false): Promise<LayerReadResult> {
  const { layers } = await openImage(target);
  const [layer, ...more] = await readLayers(layers, { wanted, verify }, (read) => read);
  assert.ok(layer !== undefined && more.length === 0);
  return layer;
}

function assertContent({ collected }: LayerReadResult, hint: string): void {
  const texts = [...collected.files].map(([path, bytes]) => [path, Buffer.from(bytes).toString()]);
  assert.deepEqual(
    texts,
    [
      ['usr/lib/os-release', 'ID=debian'],
      ['var/lib/dpkg/status.d/base', 'Package: base'],
    ],
    hint,
  );
  const links = collected.nodes.flatMap((node) =>
    'target' in node ? [[node.path, node.kind, node.target]] : [],
  );
  assert.deepEqual(
    links,
    [
      ['etc/os-release', 'symbolic-link', '/usr/lib/os-release'],
      ['lib/apk/db/installed', 'hard-link', 'var/installed'],
    ],
    hint,
  );
  assert.deepEqual([collected.whiteouts, collected.opaques, collected.remarks], [[], [], []], hint);
}

test('opens an ACI as an image of one layer whose root is rootfs', async () => {
  const path = file('app.aci', aci);
  const { target, layers } = await openImage(path);
  assert.deepEqual(target, { reference: path, kind: 'aci', manifest: null, platform: 'linux/arm64' });
  assert.equal(layers.length, 1);
  assertContent(await read(path), 'by content');
  assertContent(await read(path, true), 'verified');
  assertContent(await read(`aci:${path}`), 'by prefix');
  assertContent(await read(file('last.aci', tar([...root, manifest]))), 'manifest last');
  assertContent(await read(file('dot.aci', tar([{ path: './' }, ...root, manifest]))), 'with a dot');
  assertContent(await read(file('gzip.aci', gzipSync(aci))), 'gzip');
});

for (const tool of ['xz', 'bzip2']) {
  test(`opens an ACI when it is compressed by ${tool}`, { skip: missingTool(tool) }, async () => {
    assertContent(await read(file(`${tool}.aci`, runTool(tool, ['-c'], aci))), tool);
  });
}

test('opens an ACI when it has more files than an image archive may have', async () => {
  const many = Array.from({ length: 21_000 }, (_, i) => ({ path: `rootfs/opt/${i}`, content: '' }));
  const image = await openImage(file('many.aci', tar([manifest, ...many])));
  assert.equal(image.target.kind, 'aci');
});

test('gives the same file another layer identity when the root differs', async () => {
  const path = file('identity.aci', aci);
  const identities = await Promise.all(
    [`aci:${path}`, `rootfs-tar:${path}`].map(async (target) => {
      const [layer] = (await openImage(target)).layers;
      return layer && layerIdentity(layer, { verify: false });
    }),
  );
  assert.notEqual(identities[0], identities[1]);
});

test('ignores links that lead out of the rootfs, and treats whiteout names as ordinary names', async () => {
  const path = file(
    'hostile.aci',
    tar([
      manifest,
      { path: 'rootfs/lib/apk/db/installed', type: 'hardlink', target: 'rootfs/../manifest' },
      { path: 'rootfs/../etc/os-release', content: 'ID=outside' },
      { path: 'rootfs-not/etc/os-release', content: 'ID=beside' },
      { path: 'rootfs/var/lib/dpkg/status.d/.wh.x', content: 'Package: x' },
    ]),
  );
  const { collected } = await read(`aci:${path}`);
  const ordinary = 'var/lib/dpkg/status.d/.wh.x';
  assert.deepEqual([...collected.files.keys()], [ordinary]);
  assert.deepEqual(collected.nodes, [{ path: ordinary, kind: 'file' }]);
  assert.deepEqual(
    collected.remarks.map((remark) => remark.path),
    ['lib/apk/db/installed'],
  );
});

const refusal = (message: RegExp) => (error: unknown) =>
  error instanceof ClairError && error.code === 'target-corrupt' && message.test(error.message);

test('refuses an ACI by name when a part of it is missing', async () => {
  const only = (name: string, entries: readonly TarEntryPlan[]): string => file(name, tar(entries));
  const isNone = refusal(/is not an ACI: it has no manifest/);
  await assert.rejects(openImage(`aci:${only('bare.aci', root)}`), isNone);
  await assert.rejects(
    openImage(`aci:${only('other.aci', [{ path: 'etc/os-release', content: '' }])}`),
    isNone,
  );
  await assert.rejects(
    openImage(`aci:${only('link.aci', [{ path: 'manifest', target: '/etc/passwd' }, ...root])}`),
    isNone,
  );
  for (const prefix of ['', 'aci:']) {
    const open = (name: string, entries: readonly TarEntryPlan[]) =>
      openImage(`${prefix}${only(name, entries)}`);
    await assert.rejects(open('empty.aci', [manifest]), refusal(/is an ACI without a rootfs/));
    await assert.rejects(
      open('text.aci', [{ path: 'manifest', content: 'hello' }, ...root]),
      refusal(/is not JSON/),
    );
    await assert.rejects(
      open('pod.aci', [{ path: 'manifest', content: '{"acKind":"PodManifest"}' }, ...root]),
      refusal(/manifest in .* is malformed at acKind/),
    );
    const cut = file('cut.aci', aci.subarray(0, 600));
    await assert.rejects(openImage(`${prefix}${cut}`), refusal(/not a readable tar archive: .* cut short/));
  }
  const large = { path: 'manifest', content: ' '.repeat(9 * 1024 * 1024) };
  await assert.rejects(openImage(only('large.aci', [large, ...root])), { code: 'limit-exceeded' });
});

test('opens a root file system as such when it has a file named manifest', async () => {
  const archive = tar([{ path: 'bin/sh', content: '' }, manifest, ...root]);
  assert.equal((await openImage(file('rootfs.tar', archive))).target.kind, 'rootfs-tar');
  assert.equal((await openImage(file('nested.tar', tar(root)))).target.kind, 'rootfs-tar');
});
