import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { limits } from '../../core/limits.ts';
import { parsePublicKey, publicKeyId } from '../../kit/dsse.ts';
import type { Digest } from '../../model/digest.ts';
import { type SigningKey, signedEnvelope, signingKey, statementOn } from '../../testing/attestations.ts';
import { missingTool, sha256 } from '../../testing/image-builder.ts';
import { type MemoryRegistry, memoryRegistry } from '../../testing/memory-registry.ts';
import { indexType, isErrorWith, manifestType, registryImage } from '../../testing/registry-harness.ts';
import { temporaryDirectory } from '../../testing/store-engines.ts';
import { openRepository } from './open-registry-image.ts';
import { type AttachedStatements, fetchSignedStatements } from './signed-statements.ts';

const skip = missingTool('openssl');
const image = registryImage.manifest.digest;
const vexType = 'https://openvex.dev/ns';
const envelopeType = 'application/vnd.dsse.envelope.v1+json';
const bundleType = 'application/vnd.dev.sigstore.bundle.v0.3+json';

async function fetch({ host }: MemoryRegistry, { publicFile }: SigningKey): Promise<AttachedStatements> {
  const repository = openRepository({ registry: host, repository: 'app' }, { env: { HOME: '/nowhere' } });
  const key = parsePublicKey(publicFile, readFileSync(publicFile));
  return await fetchSignedStatements([image], repository, [{ id: publicKeyId(key), key }]);
}

/** Pushes attestations as layers of one manifest. Returns its digest. */
function push(registry: MemoryRegistry, type: string, attestations: readonly object[], tag?: string): string {
  const layers = attestations.map((attestation) => {
    const bytes = Buffer.from(JSON.stringify(attestation));
    return { mediaType: type, digest: registry.putBlob(bytes), size: bytes.length };
  });
  const config = {
    mediaType: 'application/vnd.oci.image.config.v1+json',
    digest: registry.putBlob(Buffer.from('{}')),
    size: 2,
  };
  return registry.put({ schemaVersion: 2, config, layers }, manifestType, tag);
}

/** Attaches attestations under the tag of cosign. */
function attach(registry: MemoryRegistry, ...attestations: readonly object[]): void {
  push(registry, envelopeType, attestations, `${image.replace(':', '-')}.att`);
}

async function start(context: TestContext): Promise<{ registry: MemoryRegistry; key: SigningKey }> {
  const registry = await memoryRegistry(context);
  registry.push(registryImage);
  return { registry, key: signingKey(temporaryDirectory(context), 'ecdsa') };
}

for (const type of ['ecdsa', 'rsa', 'ed25519'] as const)
  test(`reads the statements that a key of ${type} has signed`, { skip }, async (context) => {
    const { registry } = await start(context);
    const key = signingKey(temporaryDirectory(context), type);
    assert.deepEqual(await fetch(registry, key), { signed: [], refused: 0 });
    attach(registry, signedEnvelope(statementOn(image, vexType, { author: 'Example' }), key));
    const { signed, refused } = await fetch(registry, key);
    assert.deepEqual(
      signed.map(({ predicateType, predicate }) => [predicateType, predicate.toString()]),
      [[vexType, '{"author":"Example"}']],
    );
    assert.equal(refused, 0);
  });

test('reads the bundles of referrers', { skip }, async (context) => {
  const { registry, key } = await start(context);
  const bundle = {
    mediaType: bundleType,
    dsseEnvelope: signedEnvelope(statementOn(image, vexType, { bundled: true }), key),
  };
  const digest = push(registry, bundleType, [bundle]);
  const manifests = [
    { mediaType: manifestType, artifactType: bundleType, digest, size: 1 },
    { mediaType: manifestType, artifactType: 'application/spdx+json', digest: sha256('absent'), size: 1 },
  ];
  const index = { schemaVersion: 2, mediaType: indexType, manifests };
  registry.referrers.set(image, Buffer.from(JSON.stringify(index)));
  const { signed } = await fetch(registry, key);
  assert.deepEqual(
    signed.map(({ predicate }) => predicate.toString()),
    ['{"bundled":true}'],
  );
});

test('refuses statements of other keys, about other images, or changed ones', { skip }, async (context) => {
  const { registry, key } = await start(context);
  const other = signingKey(temporaryDirectory(context), 'ecdsa');
  const about = (digest: Digest): object => statementOn(digest, vexType, {});
  const envelope = signedEnvelope(about(image), key);
  const changed = Buffer.from(JSON.stringify(statementOn(image, vexType, { changed: true })));
  attach(
    registry,
    signedEnvelope(about(image), other),
    signedEnvelope(about(sha256('another image')), key),
    { ...envelope, payload: changed.toString('base64') },
    { ...envelope, payloadType: 'application/json' },
    { ...envelope, signatures: [] },
    { ...envelope, signatures: [{ sig: '' }, { sig: 'AAAA' }] },
  );
  assert.deepEqual(await fetch(registry, key), { signed: [], refused: 6 });
});

test('throws for malformed attestations and for too many', { skip }, async (context) => {
  const { registry, key } = await start(context);
  attach(registry, { payload: 1 });
  await assert.rejects(fetch(registry, key), isErrorWith('target-corrupt', /the attestation sha256:/));
  attach(registry, signedEnvelope({ subject: [] }, key));
  await assert.rejects(fetch(registry, key), isErrorWith('target-corrupt', /the attestation sha256:/));
  const one = signedEnvelope(statementOn(image, vexType, {}), key);
  attach(registry, ...Array.from({ length: limits.attachedStatements + 1 }, () => one));
  await assert.rejects(fetch(registry, key), isErrorWith('limit-exceeded', /more than 100 attestations/));
});

test('refuses what is not a public key', () => {
  const refuses = (pem: string): void => {
    assert.throws(() => parsePublicKey('x.pub', Buffer.from(pem)), /x\.pub is not a public key in PEM/);
  };
  refuses('');
  refuses('-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n');
});
