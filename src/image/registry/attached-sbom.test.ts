import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sha256 } from '../../testing/image-builder.ts';
import { type MemoryRegistry, memoryRegistry } from '../../testing/memory-registry.ts';
import { indexType, isErrorWith, manifestType, registryImage } from '../../testing/registry-harness.ts';
import { fetchAttachedSbom, type SbomForm } from './attached-sbom.ts';
import { openRegistryImage } from './open-registry-image.ts';

async function attached({ host }: MemoryRegistry, tag: string, form?: SbomForm): Promise<string[]> {
  const reference = `${host}/app:${tag}`;
  const opened = await openRegistryImage(
    { target: `registry:${reference}`, reference },
    { env: { HOME: '/nowhere' }, platform: 'linux/amd64' },
  );
  const found = await fetchAttachedSbom(opened, form);
  return [found.form, found.bytes.toString()];
}

/** Pushes a document as an artifact. Returns its entry in a list of referrers. */
function artifact(registry: MemoryRegistry, artifactType: string, content: string): object {
  const config = {
    mediaType: 'application/vnd.oci.empty.v1+json',
    digest: registry.putBlob(Buffer.from('{}')),
    size: 2,
  };
  const layer = {
    mediaType: artifactType,
    digest: registry.putBlob(Buffer.from(content)),
    size: content.length,
  };
  const manifest = { schemaVersion: 2, artifactType, config, layers: [layer] };
  return { mediaType: manifestType, artifactType, digest: registry.put(manifest, manifestType), size: 1 };
}

test('returns an SBOM that refers to the image unchanged, from the API or from the tag', async (context) => {
  const registry = await memoryRegistry(context);
  registry.push(registryImage);
  const none = isErrorWith('target-not-found', /no SBOM is attached to registry:127/);
  await assert.rejects(attached(registry, 'latest'), none);
  const manifests = [
    artifact(registry, 'application/vnd.dev.cosign.artifact.sig.v1+json', '{}'),
    artifact(registry, 'application/spdx+json', '{ "spdxVersion":"SPDX-2.3" }'),
    artifact(registry, 'application/vnd.cyclonedx+json', '{"bomFormat":"CycloneDX"}'),
  ];
  const index = { schemaVersion: 2, mediaType: indexType, manifests };
  const tag = registryImage.manifest.digest.replace(':', '-');
  registry.put(index, indexType, tag);
  assert.deepEqual(await attached(registry, 'latest'), ['spdx', '{ "spdxVersion":"SPDX-2.3" }']);
  registry.manifests.delete(tag);
  registry.referrers.set(registryImage.manifest.digest, Buffer.from(JSON.stringify(index)));
  assert.deepEqual(await attached(registry, 'latest', 'cyclonedx'), [
    'cyclonedx',
    '{"bomFormat":"CycloneDX"}',
  ]);
});

test('returns an SBOM of several megabytes unchanged', async (context) => {
  const registry = await memoryRegistry(context);
  registry.push(registryImage);
  const numbers = Array.from({ length: 500_000 }, (_, i) => i);
  const content = JSON.stringify({ spdxVersion: 'SPDX-2.3', numbers });
  const manifests = [artifact(registry, 'application/spdx+json', content)];
  registry.referrers.set(registryImage.manifest.digest, Buffer.from(JSON.stringify({ manifests })));
  const [form, text] = await attached(registry, 'latest');
  assert.equal(form, 'spdx');
  assert.ok(text === content);
});

test('refuses an SBOM when it does not have its digest', async (context) => {
  const registry = await memoryRegistry(context);
  registry.push(registryImage);
  const manifests = [artifact(registry, 'application/spdx+json', '{"a":1}')];
  registry.referrers.set(registryImage.manifest.digest, Buffer.from(JSON.stringify({ manifests })));
  registry.blobs.set(sha256('{"a":1}'), Buffer.from('{"a":2}'));
  await assert.rejects(attached(registry, 'latest'), isErrorWith('target-corrupt', /has the digest sha256:/));
});

test('returns the predicate when BuildKit attached an attestation', async (context) => {
  const registry = await memoryRegistry(context);
  registry.push(registryImage);
  const statement = JSON.stringify({
    _type: 'x',
    predicateType: 'y',
    predicate: { spdxVersion: 'SPDX-2.3' },
  });
  const layer = (type: string): object => ({
    mediaType: 'application/vnd.in-toto+json',
    digest: registry.putBlob(Buffer.from(statement)),
    size: statement.length,
    annotations: { 'in-toto.io/predicate-type': type },
  });
  const config = { digest: registry.putBlob(Buffer.from('{}')), size: 2 };
  const layers = [layer('https://slsa.dev/provenance/v1'), layer('https://spdx.dev/Document')];
  const attestation = registry.put({ schemaVersion: 2, config, layers }, manifestType);
  const about = (digest: string): object => ({
    'vnd.docker.reference.type': 'attestation-manifest',
    'vnd.docker.reference.digest': digest,
  });
  const platform = { os: 'linux', architecture: 'amd64' };
  const entry = { mediaType: manifestType, digest: registryImage.manifest.digest, size: 1, platform };
  const put = (tag: string, digest: string): string =>
    registry.put(
      {
        mediaType: indexType,
        manifests: [entry, { mediaType: manifestType, digest: attestation, annotations: about(digest) }],
      },
      indexType,
      tag,
    );
  put('own', registryImage.manifest.digest);
  put('other', sha256('another'));
  assert.deepEqual(await attached(registry, 'own'), ['spdx', '{\n  "spdxVersion": "SPDX-2.3"\n}\n']);
  await assert.rejects(attached(registry, 'other'), isErrorWith('target-not-found', /no SBOM/));
});
