import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { V1Layer } from '../../src/api/http/v1/types.ts';
import type { GetAncestryResponse } from '../../src/api/http/v3/types.ts';
import type { Report } from '../../src/model/report.ts';
import { buildImage, ociFiles, writeFiles } from '../../src/testing/image-builder.ts';
import { SimulatedHarbor } from '../../src/testing/simulated-harbor.ts';
import { type QuayLayer, SimulatedQuay } from '../../src/testing/simulated-quay.ts';
import { tar } from '../../src/testing/tar-writer.ts';
import { alpineMirror } from './alpine-mirror.ts';
import { clair, scratch } from './clair.ts';
import { debianRegistry, noRegistry } from './debian-registry.ts';
import { corpusMirror } from './mirror.ts';
import { runServer } from './serve-process.ts';

const images = process.env['CLAIR_TEST_IMAGES'];
const noImages = images === undefined && process.env['CI'] === undefined && 'CLAIR_TEST_IMAGES is not set';
const timeout = 240_000;
const key = Buffer.from('a key of Quay and Clair').toString('base64');
const basic = `Basic ${Buffer.from('me:secret').toString('base64')}`;

/** An image as an OCI layout, with its advisories. */
interface Case {
  readonly layout: () => string | Promise<string>;
  readonly mirror: () => string;
  /** The updaters and feeds of the server. */
  readonly settings: Readonly<Record<string, string>>;
  readonly findingsMin: number;
  /** v1 lists source packages. For dpkg, their names are others. */
  readonly isByName?: true;
}

async function builtLayout(): Promise<string> {
  const packages = ['busybox', 'ssl_client'].map(
    (name) => `C:Q1\nP:${name}\nV:1.36.0-r0\nA:x86_64\no:busybox\n\n`,
  );
  const layers = [
    [{ path: 'etc/os-release', content: 'ID=alpine\nVERSION_ID=3.19.1\n' }],
    [{ path: 'lib/apk/db/installed', content: packages.join('') }],
  ];
  const layout = join(scratch, 'same-findings');
  const image = buildImage({ compression: 'gzip', steps: layers.map((files) => ({ tar: tar(files) })) });
  await writeFiles(layout, ociFiles([image]));
  return layout;
}

function alpineFeeds(release: string): Record<string, string> {
  return {
    CLAIR_UPDATER_ENABLEDUPDATERS: 'alpine',
    CLAIR_UPDATER_SOURCES_ALPINE_FEEDS: `${release}/main,${release}/community`,
  };
}

const cases: Readonly<Record<string, Case>> = {
  'an image of two layers': {
    layout: builtLayout,
    mirror: () => alpineMirror('quay-same', { '1.36.1-r0': ['CVE-2026-1', 'CVE-2026-2'] }),
    settings: alpineFeeds('v3.19'),
    findingsMin: 4,
    isByName: true,
  },
  'Alpine 3.12': {
    layout: () => join(images ?? '', 'oci/alpine-3.12.12'),
    mirror: corpusMirror,
    settings: alpineFeeds('v3.12'),
    findingsMin: 1,
    isByName: true,
  },
  'Debian 12': {
    layout: () => join(images ?? '', 'oci/debian-bookworm'),
    mirror: corpusMirror,
    settings: { CLAIR_UPDATER_ENABLEDUPDATERS: 'debian' },
    findingsMin: 10,
  },
};

/** An image in a registry. */
interface Pushed {
  readonly port: number;
  readonly digest: string;
  /** From the base up. */
  readonly layers: readonly QuayLayer[];
}

async function pushed(t: TestContext, layout: string): Promise<Pushed> {
  const registry = await debianRegistry(t, { isPrivate: true });
  registry.push(layout, 'shop/web:1');
  const { port } = registry;
  const index = read(join(layout, 'index.json')) as Described<'manifests'>;
  const digest = index.manifests[0]?.digest ?? assert.fail('no manifest');
  const manifest = read(join(layout, 'blobs', digest.replace(':', '/'))) as Described<'layers'>;
  const layers = manifest.layers.map(({ digest: hash }) => ({
    hash,
    uri: `http://127.0.0.1:${port}/v2/shop/web/blobs/${hash}`,
    headers: { Accept: ['application/gzip'], Authorization: [basic] },
  }));
  return { port, digest, layers };
}

function read(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8'));
}

type Described<Name extends string> = Readonly<Record<Name, readonly { readonly digest: string }[]>>;

for (const [name, one] of Object.entries(cases))
  test(`v1, v3, v4, Harbor and the command give the same findings of ${name}`, {
    skip: noRegistry || (one.mirror === corpusMirror && noImages),
    timeout,
  }, async (t) => {
    const image = await pushed(t, await one.layout());
    const mirror = one.mirror();
    const server = await runServer(t, ['serve'], {
      CLAIR_API_ADDR: '127.0.0.1:0',
      CLAIR_API_HEALTHADDR: '127.0.0.1:0',
      CLAIR_UPDATER_MIRROR: mirror,
      ...one.settings,
      CLAIR_DATABASE_OPTIONS_PATH: ':memory:',
      CLAIR_API_HARBOR_REGISTRIES: `http://127.0.0.1:${image.port}`,
      CLAIR_API_HARBOR_KEY: Buffer.alloc(32, 7).toString('base64'),
    });
    while ((await fetch(`http://127.0.0.1:${server.ports.health}/ready`)).status !== 200)
      await setTimeout(20);
    const url = `http://127.0.0.1:${server.ports.api}`;
    const expected = findingsOfCommand(image, mirror);
    assert.ok(expected.length >= one.findingsMin, `${expected.length} findings`);
    const quay = new SimulatedQuay(url, key);
    assert.equal((await quay.work(image.digest, image.layers)).state, 'completed');
    assert.deepEqual([...((await quay.features(image.digest)) ?? [])].sort(), expected, 'v4');
    assert.deepEqual(await findingsOfV3(url, image), expected, 'v3');
    assert.deepEqual(await findingsOfHarbor(url, image), expected, 'Harbor');
    const ofV1 = await findingsOfV1(url, image);
    if (one.isByName) assert.deepEqual(ofV1, expected, 'v1');
    else assert.deepEqual(idsOf(ofV1), idsOf(expected), 'v1');
    t.diagnostic(`${expected.length} findings`);
  });

function idsOf(findings: readonly string[]): string[] {
  return [...new Set(findings.map((finding) => finding.split(' ')[0] ?? ''))].sort();
}

async function answerOf<T>(url: string, body?: object): Promise<T> {
  const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
  const response = await fetch(url, init);
  assert.ok(response.ok, `${url}: ${response.status}`);
  return (await response.json()) as T;
}

function findingsOfCommand({ port, digest }: Pushed, mirror: string): string[] {
  const { stdout } = clair(
    [
      ...['scan', `registry:127.0.0.1:${port}/shop/web@${digest}`, '--mirror', mirror],
      ...['--no-lookups', '--format', 'json', '--db', ':memory:'],
    ],
    { CLAIR_REGISTRY_USERNAME: 'me', CLAIR_REGISTRY_PASSWORD: 'secret' },
  );
  return distinct(
    (JSON.parse(stdout) as Report).matches.map(({ vulnerability, package: item, fix }) =>
      [vulnerability.id, item.name, item.version, fix.state === 'fixed' ? fix.version : ''].join(' '),
    ),
  );
}

function distinct(findings: readonly string[]): string[] {
  return [...new Set(findings)].sort();
}

async function findingsOfV1(url: string, { layers }: Pushed): Promise<string[]> {
  for (const [i, { hash, uri: Path }] of layers.entries())
    await answerOf(`${url}/v1/layers`, {
      Layer: {
        Name: hash,
        Path,
        Format: 'Docker',
        Headers: { Authorization: basic },
        ParentName: layers[i - 1]?.hash ?? '',
      },
    });
  const top = `${url}/v1/layers/${layers.at(-1)?.hash}?vulnerabilities`;
  const { Layer: layer } = await answerOf<{ readonly Layer: V1Layer }>(top);
  return distinct(
    (layer.Features ?? []).flatMap(({ Name, Version, Vulnerabilities = [] }) =>
      Vulnerabilities.map((one) => [one.Name, Name, Version, one.FixedBy].join(' ')),
    ),
  );
}

async function findingsOfV3(url: string, { layers }: Pushed): Promise<string[]> {
  const posted = layers.map(({ hash, uri: path }) => ({ hash, path, headers: { Authorization: basic } }));
  await answerOf(`${url}/ancestry`, { ancestry_name: 'web', format: 'Docker', layers: posted });
  const { ancestry } = await answerOf<GetAncestryResponse>(`${url}/ancestry/web`);
  return distinct(
    (ancestry?.layers ?? [])
      .flatMap(({ detected_features: features = [] }) => features)
      .filter(({ feature_type: type }) => type === 'binary')
      .flatMap(({ name, version, vulnerabilities = [] }) =>
        vulnerabilities.map((one) => [one.name, name, version, one.fixed_by].join(' ')),
      ),
  );
}

async function findingsOfHarbor(url: string, { port, digest }: Pushed): Promise<string[]> {
  const harbor = new SimulatedHarbor(`${url}/harbor`);
  const { vulnerabilities = [] } = await harbor.scan({
    registry: { url: `http://127.0.0.1:${port}`, authorization: basic, insecure: false },
    artifact: {
      repository: 'shop/web',
      tag: '1',
      digest,
      size: 1,
      mime_type: 'application/vnd.oci.image.manifest.v1+json',
    },
  });
  return distinct(
    vulnerabilities.map((item) => [item.id, item.package, item.version, item.fix_version ?? ''].join(' ')),
  );
}
