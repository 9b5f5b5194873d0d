import assert from 'node:assert/strict';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { Report } from '../../src/model/report.ts';
import { signedEnvelope, signingKey, statementOn } from '../../src/testing/attestations.ts';
import { buildImage, missingTool } from '../../src/testing/image-builder.ts';
import { memoryRegistry } from '../../src/testing/memory-registry.ts';
import { temporaryDirectory } from '../../src/testing/store-engines.ts';
import { tar } from '../../src/testing/tar-writer.ts';
import { openVexDocument } from '../../src/testing/vex-documents.ts';
import { engines, fleetClient, fleetSettings, isLoaded } from './fleet.ts';
import { runServer } from './serve-process.ts';

const image = buildImage({
  compression: 'gzip',
  steps: [
    {
      tar: tar([
        { path: 'etc/os-release', content: 'ID=alpine\nVERSION_ID=3.19.1\n' },
        { path: 'lib/apk/db/installed', content: 'C:Q1\nP:busybox\nV:1.36.0-r0\nA:x86_64\no:busybox\n\n' },
      ]),
    },
  ],
});
const { digest } = image.manifest;
const document = openVexDocument([
  {
    vulnerability: { name: 'CVE-2026-1' },
    products: [{ '@id': 'pkg:apk/alpine/busybox' }],
    status: 'not_affected',
    justification: 'vulnerable_code_not_present',
  },
]);

/** Attaches attestations under the tag of cosign. */
function attach(registry: Awaited<ReturnType<typeof memoryRegistry>>, ...signed: readonly object[]): void {
  const layers = signed.map((attestation) => {
    const bytes = Buffer.from(JSON.stringify(attestation));
    const mediaType = 'application/vnd.dsse.envelope.v1+json';
    return { mediaType, digest: registry.putBlob(bytes), size: bytes.length };
  });
  const config = { mediaType: 'application/json', digest: registry.putBlob(Buffer.from('{}')), size: 2 };
  const manifestType = 'application/vnd.oci.image.manifest.v1+json';
  registry.put({ schemaVersion: 2, config, layers }, manifestType, `${digest.replace(':', '-')}.att`);
}

async function scene(t: TestContext, settings: Record<string, string>) {
  const registry = await memoryRegistry(t);
  registry.push(image);
  const directory = temporaryDirectory(t);
  const [own, foreign] = [signingKey(directory, 'ecdsa'), signingKey(directory, 'rsa')];
  const signed = [own, foreign].map((key) =>
    signedEnvelope(statementOn(digest, 'https://openvex.dev/ns', document), key),
  );
  attach(registry, ...signed);
  const keyFile = join(directory, 'trusted.pub');
  copyFileSync(own.publicFile, keyFile);
  const server = await runServer(t, ['serve'], {
    ...fleetSettings(Number(registry.host.split(':')[1])),
    ...settings,
    CLAIR_IMAGES_VEXKEYS: `${registry.host}/*=${keyFile}`,
    CLAIR_IMAGES_VEXINTERVAL: '1s',
  });
  await isLoaded(server);
  const client = fleetClient(server);
  const scan = async (): Promise<void> => {
    const { state, error } = await client.ended((await client.scan(`${registry.host}/app:latest`)).id);
    assert.equal(state, 'done', error ?? '');
  };
  const json = async <T>(path: string): Promise<T> => (await (await client.get(path)).json()) as T;
  const found = async (): Promise<unknown> => {
    const report = await json<Report>(`/api/v1/images/${digest}/report`);
    const { images, suppressed } = await json<{ images: object[]; suppressed: number }>(
      '/affected/CVE-2026-1',
    );
    return [
      report.matches.length,
      report.suppressed.map(({ reason }) => reason),
      report.attachedVex,
      images.length,
      suppressed,
    ];
  };
  return { registry, foreign, keyFile, server, scan, json, found, client };
}

for (const [engine, settings] of engines)
  test(`${engine}: a server applies the signed VEX documents of an image, and logs those that come and go`, {
    skip: missingTool('openssl'),
    timeout: 240_000,
  }, async (t) => {
    const { registry, foreign, keyFile, server, scan, json, found, client } = await scene(
      t,
      await settings(t),
    );
    await scan();
    const [counting, reasons, summary, ...affected] = (await found()) as [number, string[], unknown];
    assert.deepEqual(
      [counting, summary, affected],
      [0, { documents: 1, refused: 1, unreadable: [] }, [0, 1]],
    );
    assert.match(
      reasons[0] ?? '',
      /^not affected, says .*, attached to 127\.0\.0\.1:\d+\/app as sha256:[\da-f]{64}, signed by the key sha256:[\da-f]{64}: vulnerable code not present$/,
    );
    const table = await (await client.get(`/api/v1/images/${digest}/report`, 'text/plain')).text();
    assert.match(
      table,
      /Attestations of the image that do not count, since no trusted key has signed them: 1/,
    );

    // The server reads the documents again by itself.
    const without = [1, [], { documents: 0, refused: 0, unreadable: [] }, 1, 0];
    registry.manifests.delete(`${digest.replace(':', '-')}.att`);
    const deadline = Date.now() + 60_000;
    while (JSON.stringify(await found()) !== JSON.stringify(without) && Date.now() < deadline)
      await setTimeout(100);
    assert.deepEqual(await found(), without);
    const { entries } = await json<{ entries: { actor: string; action: string; subject: string }[] }>(
      '/api/v1/audit',
    );
    assert.deepEqual(
      entries.map(({ action, actor, subject }) => [
        action,
        /^key sha256:[\da-f]{64}$/.test(actor),
        subject.startsWith(`attached/${registry.host}/app@${digest}/sha256:`),
      ]),
      [
        ['deleted', true, true],
        ['saved', true, true],
      ],
    );

    // A key counts as long as the settings name it.
    attach(registry, signedEnvelope(statementOn(digest, 'https://openvex.dev/ns', document), foreign));
    copyFileSync(foreign.publicFile, keyFile);
    server.reload();
    await server.logged('plugins reloaded');
    await scan();
    assert.deepEqual(((await found()) as unknown[])[0], 0);
    writeFileSync(keyFile, 'no key');
    server.reload();
    await server.logged('plugin reload failed; keeping current plugins');
    assert.deepEqual(((await found()) as unknown[])[0], 0);
  });
