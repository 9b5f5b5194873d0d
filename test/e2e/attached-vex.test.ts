import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Report } from '../../src/model/report.ts';
import { signedEnvelope, signingKey, statementOn } from '../../src/testing/attestations.ts';
import { buildImage, missingTool } from '../../src/testing/image-builder.ts';
import { memoryRegistry } from '../../src/testing/memory-registry.ts';
import { temporaryDirectory } from '../../src/testing/store-engines.ts';
import { tar } from '../../src/testing/tar-writer.ts';
import { openVexDocument } from '../../src/testing/vex-documents.ts';
import { alpineMirror } from './alpine-mirror.ts';
import { clairBeside } from './clair.ts';

const mirror = alpineMirror('attached-vex-mirror', { '1.36.1-r0': ['CVE-2026-1', 'CVE-2026-2'] });
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
const document = openVexDocument([
  {
    vulnerability: { name: 'CVE-2026-1' },
    products: [{ '@id': 'pkg:apk/alpine/busybox' }],
    status: 'not_affected',
    justification: 'vulnerable_code_not_present',
  },
]);

void test('applies the VEX documents of an image that the key has signed', {
  skip: missingTool('openssl'),
}, async (context) => {
  const registry = await memoryRegistry(context);
  registry.push(image);
  const directory = temporaryDirectory(context);
  const key = signingKey(directory, 'ecdsa');
  const bytes = Buffer.from(
    JSON.stringify(
      signedEnvelope(statementOn(image.manifest.digest, 'https://openvex.dev/ns', document), key),
    ),
  );
  const layer = {
    mediaType: 'application/vnd.dsse.envelope.v1+json',
    digest: registry.putBlob(bytes),
    size: bytes.length,
  };
  const config = {
    mediaType: 'application/vnd.oci.image.config.v1+json',
    digest: registry.putBlob(Buffer.from('{}')),
    size: 2,
  };
  const manifestType = 'application/vnd.oci.image.manifest.v1+json';
  const tag = `${image.manifest.digest.replace(':', '-')}.att`;
  registry.put({ schemaVersion: 2, config, layers: [layer] }, manifestType, tag);
  const db = join(directory, 'clair.db');
  const scan = async (target: string, ...args: readonly string[]) =>
    await clairBeside(['scan', target, '--db', db, '--mirror', mirror, '--format', 'json', ...args]);
  const target = `registry:${registry.host}/app:latest`;

  await context.test('with its key', async () => {
    const { stdout, stderr } = await scan(target, '--vex-key', key.publicFile);
    const { matches, suppressed } = JSON.parse(stdout) as Report;
    assert.deepEqual(
      [matches, suppressed].map((found) => found.map(({ vulnerability }) => vulnerability.id)),
      [['CVE-2026-2'], ['CVE-2026-1']],
      stderr,
    );
  });
  await context.test('not with another key, which it says', async () => {
    const other = signingKey(directory, 'rsa');
    const { stdout, stderr } = await scan(target, '--vex-key', other.publicFile);
    const { matches } = JSON.parse(stdout) as Report;
    assert.equal(matches.length, 2);
    assert.match(stderr, /no VEX document that .*rsa\.pub has signed is attached to the image/);
    assert.match(stderr, /attestations of the image that do not count, .*: 1/);
  });
  await context.test('not without the option', async () => {
    const { stdout } = await scan(target);
    assert.equal((JSON.parse(stdout) as Report).matches.length, 2);
  });
  await context.test('only of a registry', async () => {
    const { status, stdout, stderr } = await scan(`dir:${directory}`, '--vex-key', key.publicFile);
    assert.deepEqual([status, stdout], [2, '']);
    assert.match(stderr, /--vex-key applies documents that are attached to an image in its registry/);
  });
});
