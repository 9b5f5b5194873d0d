import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { zstdDecompressSync } from 'node:zlib';
import { status as grpcStatus } from '@grpc/grpc-js';
import * as z from 'zod/mini';
import { loadProtos } from '../../src/api/grpc/protos.ts';
import type { GetAncestryResponse } from '../../src/api/http/v3/types.ts';
import { corpus, corpusTest } from '../../src/testing/corpus.ts';
import { grpcClient } from '../../src/testing/grpc-client.ts';
import { tar } from '../../src/testing/tar-writer.ts';
import { untar } from '../../src/testing/untar.ts';
import { scratch } from './clair.ts';
import type { Answer } from './replay/compare.ts';
import { sendRaw } from './replay/conversation.ts';
import { startEndpoints } from './replay/replay.ts';
import { dpkgStatus, osRelease, V1Client } from './v1-client.ts';

const cases = join(corpus('../evasion'), 'cases');
const place = join(scratch, 'evasion-posts');
mkdirSync(place, { recursive: true });

const truth = z.object({
  family: z.string(),
  kind: z.enum(['case', 'control', 'clean']),
  shows: z.array(z.object({ name: z.string(), version: z.string() })),
});

/** Families of image documents, which a client that posts layers does not send. */
const documentFamilies = new Set(['json-keys', 'media-types', 'index-choice', 'archive-choice']);

const dockerManifest = z.array(z.object({ Layers: z.array(z.string()) }));
const descriptor = z.object({ digest: z.string() });
const indexOrManifest = z.union([
  z.object({ manifests: z.array(descriptor) }),
  z.object({ layers: z.array(descriptor) }),
]);

type Members = ReadonlyMap<string, Buffer>;

function layerNames(members: Members): string[] {
  const docker = members.get('manifest.json');
  if (docker !== undefined) return dockerManifest.parse(JSON.parse(docker.toString()))[0]?.Layers ?? [];
  let document = indexOrManifest.parse(jsonOf(members, 'index.json'));
  while ('manifests' in document) {
    const [{ digest } = assert.fail()] = document.manifests;
    document = indexOrManifest.parse(jsonOf(members, blob(digest)));
  }
  return document.layers.map(({ digest }) => blob(digest));
}

function jsonOf(members: Members, name: string): unknown {
  return JSON.parse(members.get(name)?.toString() ?? '');
}

function blob(digest: string): string {
  return `blobs/${digest.replace(':', '/')}`;
}

/** Writes the layers of an image to files. */
function layersOf(id: string): string[] {
  const archive = zstdDecompressSync(readFileSync(join(cases, id, 'image.tar.zst')));
  const members = new Map(untar(archive));
  return layerNames(members).map((name, i) => {
    const file = join(place, `${id}-${i}`);
    writeFileSync(file, members.get(name) ?? assert.fail(`no member ${name}`));
    return file;
  });
}

/** A refused post, or the packages that a GET lists after it. */
type Outcome = { readonly refusal: Answer } | { readonly packages: Set<string> };

async function postToV1(clair: V1Client, id: string): Promise<Outcome> {
  const paths = layersOf(id);
  for (const [i, Path] of paths.entries()) {
    const Name = `${id}-${i}`;
    const refusal = await clair.postLayer({ Name, Path, ParentName: i === 0 ? '' : `${id}-${i - 1}` });
    if (refusal.status === 201) continue;
    assert.equal((await clair.get(`/v1/layers/${Name}`)).status, 404, `${Name} is stored`);
    return { refusal };
  }
  const { Features = [] } = await clair.layer(`${id}-${paths.length - 1}`);
  return { packages: new Set(Features.map(({ Name, Version }) => `${Name} ${Version}`)) };
}

async function postToV3(port: number, id: string): Promise<Outcome> {
  const layers = layersOf(id).map((path, i) => ({ hash: `${id}-${i}`, path }));
  const body = JSON.stringify({ ancestry_name: id, format: 'Docker', layers });
  const refusal = await sendRaw(port, { method: 'POST', path: '/ancestry', headers: {}, body });
  const found = await sendRaw(port, { method: 'GET', path: `/ancestry/${id}`, headers: {}, body: null });
  if (refusal.status !== 200) {
    assert.equal(found.status, 404, `${id} is stored`);
    return { refusal };
  }
  const { ancestry } = JSON.parse(found.body) as GetAncestryResponse;
  const features = ancestry?.layers?.flatMap(({ detected_features: detected = [] }) => detected) ?? [];
  return { packages: new Set(features.map(({ name, version }) => `${name} ${version}`)) };
}

/** Posts each image. Asserts that a package of it is listed, or that the refusal matches. */
async function postAll(
  t: TestContext,
  post: (id: string) => Promise<Outcome>,
  isRefusal: (answer: Answer) => boolean,
): Promise<void> {
  let refused = 0;
  for (const id of readdirSync(cases)) {
    const { family, kind, shows } = truth.parse(
      JSON.parse(readFileSync(join(cases, id, 'truth.json'), 'utf8')),
    );
    if (documentFamilies.has(family)) continue;
    const outcome = await post(id);
    if ('refusal' in outcome) {
      assert.equal(kind, 'case', `${id} is refused: ${outcome.refusal.body}`);
      assert.ok(isRefusal(outcome.refusal), `${id}: ${outcome.refusal.status} ${outcome.refusal.body}`);
      refused++;
    } else
      for (const { name, version } of shows)
        assert.ok(outcome.packages.has(`${name} ${version}`), `${id}: ${name} ${version} is missing`);
  }
  t.diagnostic(`${refused} refused`);
  assert.ok(refused > 0);
}

const ancestries = (await loadProtos()).service('coreos.clair.AncestryService');

const journal = tar([
  osRelease,
  { path: 'var/lib/dpkg/status', content: dpkgStatus({ bash: '1' }) },
  { path: 'var/lib/dpkg/updates/0000', content: dpkgStatus({ openssl: '1.0-1' }) },
]);

test('names the file and the reason in both APIs when a part of a layer cannot be read', async (t) => {
  const { ports } = await startEndpoints(t, ':memory:');
  const [port = 0, health = 0] = [ports.get(16_060), ports.get(16_061)];
  const clair = new V1Client(port, health);
  const path = join(place, 'journal.tar');
  writeFileSync(path, journal);
  const reason = /var\/lib\/dpkg\/updates\/0000 cannot be read: holds changes that dpkg has not written/;
  const { status, body } = await clair.postLayer({ Name: 'journal', Path: path });
  assert.deepEqual([status, reason.test(body)], [422, true], body);
  const message = { ancestry_name: 'journal', format: 'Docker', layers: [{ hash: 'journal', path }] };
  await assert.rejects(grpcClient(t, port).call(ancestries, 'PostAncestry', message), {
    code: grpcStatus.FAILED_PRECONDITION,
    details: reason,
  });
  assert.deepEqual(JSON.parse((await clair.get('/v1/namespaces')).body), { Namespaces: null });
});

if (existsSync(cases)) {
  corpusTest('refuses with 422 in the v1 API when a layer of an image hides a package', async (t) => {
    const { ports } = await startEndpoints(t, join(place, 'v1.db'));
    const clair = new V1Client(ports.get(16_060) ?? 0, ports.get(16_061) ?? 0);
    await postAll(
      t,
      (id) => postToV1(clair, id),
      ({ status }) => status === 422,
    );
  });

  corpusTest('refuses with a failed precondition in the v3 API when an image hides a package', async (t) => {
    const { ports } = await startEndpoints(t, join(place, 'v3.db'));
    const port = ports.get(16_060) ?? 0;
    await postAll(
      t,
      (id) => postToV3(port, id),
      ({ status, body }) => status === 400 && (JSON.parse(body) as { code: number }).code === 9,
    );
  });
}
