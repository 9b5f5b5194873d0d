import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Digest } from '../model/digest.ts';
import { parseNormalizedPurl } from '../model/purl.ts';
import { imagePurl, matchingPurls } from './image-purl.ts';
import type { ImageSubject } from './title.ts';

const manifest = `sha256:${'cd'.repeat(32)}` as Digest;
const index = `sha256:${'ef'.repeat(32)}` as Digest;
const imageId = `sha256:${'ab'.repeat(32)}` as Digest;
const at = (digest: string): string => encodeURIComponent(digest);

const inRegistry: ImageSubject = {
  reference: 'registry:registry.example/shop/web:1.4.2',
  kind: 'registry',
  manifest,
  platform: 'linux/amd64',
  names: ['registry.example/shop/web:1.4.2'],
  digest: manifest,
  repoDigests: [`registry.example/shop/web@${manifest}`, `registry.example/shop/web@${index}`],
};
const saved: ImageSubject = {
  reference: 'web.tar',
  kind: 'docker-archive',
  manifest: null,
  platform: 'linux/amd64',
  names: ['registry.example/shop/web:1.4.2'],
  digest: imageId,
};

/**
 * The matching rule of OpenVEX's Go library, which Trivy and Grype use: the scanner's URL must contain every part of the document's URL.
 */
function matches(inDocument: string, ofScanner: string): boolean {
  const a = parseNormalizedPurl(inDocument);
  const b = parseNormalizedPurl(ofScanner);
  if (a === undefined || b === undefined) return false;
  const isNamed = a.type === b.type && a.namespace === b.namespace && a.name === b.name;
  const isVersion = a.version === undefined || a.version === b.version;
  return (
    isNamed &&
    isVersion &&
    Object.entries(a.qualifiers ?? {}).every(([key, value]) => b.qualifiers?.[key] === value)
  );
}

/** Package URLs of the same image, by scanner. */
const ofScanners = {
  'Trivy, by the index': [
    inRegistry,
    `pkg:oci/web@${at(index)}?arch=amd64&repository_url=registry.example%2Fshop%2Fweb`,
  ],
  'Trivy, by the manifest': [
    inRegistry,
    `pkg:oci/web@${at(manifest)}?arch=amd64&repository_url=registry.example%2Fshop%2Fweb`,
  ],
  'Grype, by the index': [inRegistry, `pkg:oci/web@${at(index)}?repository_url=registry.example%2Fshop`],
  'Grype, by the tag': [saved, 'pkg:oci/web?repository_url=registry.example%2Fshop%2Fweb&tag=1.4.2'],
} as const;

for (const [scanner, [subject, purl]] of Object.entries(ofScanners)) {
  test(`returns a VEX product that matches the package URL of ${scanner}`, () => {
    assert.ok(matchingPurls(subject).some((own) => matches(own, purl)));
  });
}

test('returns a VEX product that matches no other digest, tag or repository', () => {
  const others = [
    `pkg:oci/web@${at(imageId)}?repository_url=registry.example%2Fshop%2Fweb`,
    'pkg:oci/web?repository_url=registry.example%2Fshop%2Fweb&tag=1.4.3',
    'pkg:oci/web?repository_url=elsewhere.example%2Fweb&tag=1.4.2',
    'pkg:oci/web',
  ];
  for (const purl of others)
    for (const subject of [inRegistry, saved])
      assert.ok(!matchingPurls(subject).some((own) => matches(own, purl)), purl);
});

test('omits the registry when the image is from Docker Hub', () => {
  assert.deepEqual(matchingPurls({ ...saved, names: ['alpine:3.20'] }), ['pkg:oci/alpine?tag=3.20']);
});

test('prefers the digest of the manifest to the image ID', () => {
  assert.equal(
    imagePurl(inRegistry),
    `pkg:oci/web@${manifest}?arch=amd64&repository_url=registry.example%2Fshop%2Fweb&tag=1.4.2`,
  );
  assert.equal(imagePurl(saved), `pkg:docker/shop/web@${imageId}?repository_url=registry.example`);
  assert.equal(imagePurl({ ...saved, names: ['alpine:3.20'] }), `pkg:docker/library/alpine@${imageId}`);
});

test('returns undefined when neither name nor digest is known', () => {
  const { names: _, digest: __, ...unnamed } = saved;
  assert.equal(imagePurl(unnamed), undefined);
  assert.deepEqual(matchingPurls(unnamed), []);
});
