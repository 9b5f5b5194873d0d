import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { zstdDecompressSync } from 'node:zlib';
import type { V1Layer } from '../../src/api/http/v1/types.ts';
import type { GetAncestryResponse } from '../../src/api/http/v3/types.ts';
import type { Report } from '../../src/model/report.ts';
import { appImage } from '../../src/testing/app-images.ts';
import { corpusTest } from '../../src/testing/corpus.ts';
import { sharedEngines, temporaryDirectory } from '../../src/testing/store-engines.ts';
import { untar } from '../../src/testing/untar.ts';
import { report } from './clair.ts';
import { corpusMirror } from './mirror.ts';
import { receiver } from './replay/receiver.ts';
import { startV1, type V1Client, waitUntil } from './v1-client.ts';

const env = {
  CLAIR_WORKER_FEATURE_LISTERS: 'apk,dpkg,rpm,npm,pypi,golang,maven,gem,composer,cargo,nuget',
};

/** Images, with the namespace of their language packages. */
const images = { 'node-app': 'npm', 'go-bins': 'golang', 'jvm-fat': 'maven', 'python-web': 'pypi' } as const;

interface DockerManifest {
  readonly Layers: readonly string[];
}

/** Writes the layers of an image of the corpus, and returns their paths, the lowest first. */
function layerFiles(t: TestContext, image: string): string[] {
  const files = new Map(untar(zstdDecompressSync(readFileSync(appImage(image)))));
  const manifests = JSON.parse(String(files.get('manifest.json'))) as readonly DockerManifest[];
  const directory = temporaryDirectory(t);
  return (manifests[0]?.Layers ?? []).map((name, i) => {
    const path = join(directory, `${i}.tar`);
    writeFileSync(path, files.get(name) ?? assert.fail(name));
    return path;
  });
}

/** Returns the advisories of the findings that count, as the APIs name them. */
function advisoriesOf({ matches }: Report): string[] {
  const all = matches.flatMap(({ package: { name, version }, evidence }) =>
    evidence.map(({ advisory, namespace }) => `${namespace} ${advisory} ${name} ${version}`),
  );
  return [...new Set(all)].sort();
}

async function throughV1(clair: V1Client, files: readonly string[]): Promise<string[]> {
  for (const [i, path] of files.entries()) {
    const parent = i === 0 ? {} : { ParentName: `layer${i - 1}` };
    const answer = await clair.postLayer({ Name: `layer${i}`, Path: path, ...parent });
    assert.equal(answer.status, 201, answer.body);
  }
  const { Features = [] }: V1Layer = await clair.layer(`layer${files.length - 1}`);
  return Features.flatMap(({ Name: name, Version, NamespaceName, Vulnerabilities = [] }) =>
    Vulnerabilities.map((one) => `${NamespaceName} ${one.Name} ${name} ${Version}`),
  ).sort();
}

async function throughV3(clair: V1Client, files: readonly string[]): Promise<string[]> {
  const layers = files.map((path, i) => ({ hash: `h${i}`, path }));
  const body = JSON.stringify({ ancestry_name: 'image', format: 'Docker', layers });
  const posted = await fetch(clair.url('/ancestry'), { method: 'POST', body });
  assert.equal(posted.status, 200);
  const response = await fetch(clair.url('/ancestry/image'));
  const { ancestry } = (await response.json()) as GetAncestryResponse;
  return (ancestry?.layers ?? [])
    .flatMap(({ detected_features: features = [] }) => features)
    .flatMap(({ name, version, namespace, vulnerabilities = [] }) =>
      vulnerabilities.map((one) => `${namespace?.name} ${one.name} ${name} ${version}`),
    )
    .sort();
}

interface AffectedAnswer {
  readonly images: readonly { readonly names: readonly string[]; readonly packages: readonly object[] }[];
}

for (const engine of sharedEngines)
  for (const [image, namespace] of Object.entries(images))
    corpusTest(
      `${engine.name}: the APIs give the findings of a scan for the packages of ${image}`,
      async (t) => {
        const database = await engine.createLocation(t);
        const scanned = report('scan', appImage(image), '--mirror', corpusMirror(), '--db', database);
        const expected = advisoriesOf(scanned);
        assert.ok(expected.some((text) => text.startsWith(`${namespace} `)));
        const files = layerFiles(t, image);
        const clair = await startV1(t, database, env);
        assert.deepEqual(await throughV1(clair, files), expected);
        assert.deepEqual(await throughV3(clair, files), expected);

        const counting = new Set(
          scanned.matches.flatMap(({ evidence }) => evidence.map((one) => one.advisory)),
        );
        const others = scanned.suppressed
          .flatMap(({ evidence }) => evidence.map((one) => one.advisory))
          .filter((id) => !counting.has(id));
        for (const [id, isAffected] of [
          ...[...counting].slice(0, 5).map((one) => [one, true] as const),
          ...others.slice(0, 20).map((one) => [one, false] as const),
        ]) {
          const { status, body } = await clair.get(`/affected/${id}`);
          assert.equal(status, 200, id);
          const names = (JSON.parse(body) as AffectedAnswer).images.flatMap((one) => one.names);
          assert.equal(names.includes('image') && names.includes(`layer${files.length - 1}`), isAffected, id);
        }
      },
    );

for (const engine of sharedEngines)
  corpusTest(`${engine.name}: notifies of a new advisory for an installed npm package`, async (t) => {
    const hook = await receiver(t);
    hook.answer(201);
    const clair = await startV1(t, await engine.createLocation(t), {
      ...env,
      CLAIR_NOTIFIER_HTTP_ENDPOINT: `${hook.url}/notify`,
    });
    const files = layerFiles(t, 'node-app');
    await throughV1(clair, files);
    await throughV3(clair, files);
    const fixed = [{ Name: 'lodash', NamespaceName: 'npm', VersionFormat: 'npm', Version: '99.0.0' }];
    const Vulnerability = { Name: 'ACME-1', NamespaceName: 'npm', Severity: 'High', FixedIn: fixed };
    const body = JSON.stringify({ Vulnerability });
    const posted = await fetch(clair.url('/v1/namespaces/npm/vulnerabilities'), { method: 'POST', body });
    assert.equal(posted.status, 201);
    await waitUntil(() => hook.posts.length > 0);
    const { Notification } = JSON.parse(hook.posts[0]?.body ?? '') as { Notification: { Name: string } };
    const answer = await clair.get(`/v1/notifications/${Notification.Name}?limit=10`);
    assert.match(answer.body, /"LayersIntroducingVulnerability":\["layer\d"\]/);
  });

corpusTest('the APIs list no packages of languages without the setting', async (t) => {
  const [engine = assert.fail()] = sharedEngines;
  const clair = await startV1(t, await engine.createLocation(t));
  const files = layerFiles(t, 'node-app');
  await throughV1(clair, files);
  const { Features = [] } = await clair.layer(`layer${files.length - 1}`);
  assert.deepEqual(
    Features.filter(({ NamespaceName }) => NamespaceName === 'npm'),
    [],
  );
});
