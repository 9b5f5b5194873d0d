import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { openRepository } from '../../image/registry/open-registry-image.ts';
import { parsePublicKey, publicKeyId } from '../../kit/dsse.ts';
import { readVex } from '../../suppression-files/read-vex.ts';
import { type SigningKey, signedEnvelope, signingKey, statementOn } from '../../testing/attestations.ts';
import { missingTool } from '../../testing/image-builder.ts';
import { type MemoryRegistry, memoryRegistry } from '../../testing/memory-registry.ts';
import { isErrorWith, manifestType, registryImage } from '../../testing/registry-harness.ts';
import { temporaryDirectory } from '../../testing/store-engines.ts';
import { openVexDocument } from '../../testing/vex-documents.ts';
import { VexKeys } from '../suppressions/vex-keys.ts';
import { readAttachedVex } from './read-attached-vex.ts';

const skip = missingTool('openssl');
const { digest } = registryImage.manifest;
const vexType = 'https://openvex.dev/ns';

const vex = (words: string): object =>
  openVexDocument([
    {
      vulnerability: { name: 'CVE-2026-1' },
      products: [{ '@id': 'pkg:apk/alpine/busybox' }],
      status: 'not_affected',
      impact_statement: words,
    },
  ]);

async function scene(t: TestContext) {
  const registry = await memoryRegistry(t);
  registry.push(registryImage);
  const key = signingKey(temporaryDirectory(t), 'ecdsa');
  return { registry, key };
}

async function read({ host }: MemoryRegistry, { publicFile }: SigningKey, pattern = '**') {
  const key = parsePublicKey(publicFile, readFileSync(publicFile));
  const repoDigests = [`${host}/app@${digest}`];
  return await readAttachedVex(
    { reference: `registry:${host}/app:latest`, manifest: digest, digest, repoDigests },
    {
      vexKeys: new VexKeys([{ pattern, key: { id: publicKeyId(key), key } }]),
      parse: ({ name, content }) => ({
        rules: [],
        statements: readVex(Buffer.from(content), { place: name, wants: () => true }).statements,
      }),
      openRepository: (reference) => openRepository(reference, { env: { HOME: '/nowhere' } }),
    },
  );
}

/** Attaches attestations under the tag of cosign. */
function attach(registry: MemoryRegistry, ...attestations: readonly object[]): void {
  const layers = attestations.map((attestation) => {
    const bytes = Buffer.from(JSON.stringify(attestation));
    const mediaType = 'application/vnd.dsse.envelope.v1+json';
    return { mediaType, digest: registry.putBlob(bytes), size: bytes.length };
  });
  const config = { mediaType: 'application/json', digest: registry.putBlob(Buffer.from('{}')), size: 2 };
  const tag = `${digest.replace(':', '-')}.att`;
  registry.put({ schemaVersion: 2, config, layers }, manifestType, tag);
}

test('reads the VEX documents of an image, and says what does not count', { skip }, async (t) => {
  const { registry, key } = await scene(t);
  const other = signingKey(temporaryDirectory(t), 'ecdsa');
  const sbom = { bomFormat: 'CycloneDX', specVersion: '1.5', components: [] };
  attach(
    registry,
    signedEnvelope(statementOn(digest, vexType, vex('not built')), key),
    signedEnvelope(statementOn(digest, vexType, vex('forged')), other),
    signedEnvelope(statementOn(digest, vexType, { author: 'x' }), key),
    signedEnvelope(statementOn(digest, 'https://cyclonedx.org/bom', sbom), key),
    signedEnvelope(statementOn(digest, 'https://slsa.dev/provenance/v1', {}), key),
    signedEnvelope(statementOn(digest, vexType, vex('x'.repeat(2 ** 20))), key),
  );
  const { repository, documents, refused, unreadable } = (await read(registry, key)) ?? assert.fail();
  assert.deepEqual([repository, refused], [`${registry.host}/app`, 1]);
  assert.deepEqual(
    documents.map(({ content }) => content),
    [JSON.stringify(vex('not built'))],
  );
  const [malformed = '', large = ''] = unreadable;
  assert.match(malformed, /sha256:.*\.json.* is not a VEX document/);
  assert.match(large, /exceeds the limit of 1048576 bytes/);
  assert.equal(unreadable.length, 2);
});

test('asks the registry for nothing if the repository has no key', { skip }, async (t) => {
  const { registry, key } = await scene(t);
  assert.equal(await read(registry, key, 'registry.example/**'), undefined);
  assert.deepEqual(registry.requests, []);
});

test('no document counts if an attestation is malformed or there are too many', { skip }, async (t) => {
  const { registry, key } = await scene(t);
  const signed = signedEnvelope(statementOn(digest, vexType, vex('not built')), key);
  attach(registry, signed, { payload: 1 });
  const malformed = await read(registry, key);
  assert.deepEqual([malformed?.documents, malformed?.unreadable.length], [[], 1]);
  attach(registry, ...Array.from({ length: 101 }, () => signed));
  const many = await read(registry, key);
  assert.match(many?.unreadable[0] ?? '', /more than 100 attestations/);
});

test('throws if the registry does not answer', { skip }, async (t) => {
  const { registry, key } = await scene(t);
  registry.intercept = (_, response) => {
    response.writeHead(403).end();
    return true;
  };
  await assert.rejects(read(registry, key), isErrorWith('registry-refused', /403/));
});
