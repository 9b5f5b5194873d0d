import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tarAndGzip } from '../../testing/document-image.ts';
import { serveHttp } from '../../testing/http-server.ts';
import { type BuiltImage, buildImage, sha256 } from '../../testing/image-builder.ts';
import type { MemoryRegistry } from '../../testing/memory-registry.ts';
import {
  indexType,
  isErrorWith,
  largeBlobDigest,
  manifestType,
  openRegistryHarness,
  registryImage,
  wantedFiles,
} from '../../testing/registry-harness.ts';
import { tar } from '../../testing/tar-writer.ts';

test('opens an image by tag and by digest, and reads its layers as streams', async (context) => {
  const { registry, open, read } = await openRegistryHarness(context);
  const { target, layers } = await open();
  assert.deepEqual(target, {
    reference: `registry:${registry.host}/app`,
    kind: 'registry',
    manifest: registryImage.manifest.digest,
    platform: 'linux/amd64',
    names: [`${registry.host}/app:latest`],
    digest: registryImage.manifest.digest,
    repoDigests: [`${registry.host}/app@${registryImage.manifest.digest}`],
    created: '1970-01-01T00:00:00Z',
  });
  assert.deepEqual(
    layers.map(({ digest, diffId, sizeBytes, createdBy, compression }) => [
      digest,
      diffId,
      sizeBytes,
      createdBy,
      compression,
    ]),
    registryImage.layers.map(({ digest, diffId, bytes }, i) => [
      digest,
      diffId,
      bytes.length,
      ['ADD rootfs', 'RUN make'][i],
      'gzip',
    ]),
  );
  assert.ok(
    !registry.requests.some(({ url }) => url.includes(largeBlobDigest)),
    'no layer is fetched before it is read',
  );
  assert.deepEqual(await read(), wantedFiles);
  assert.deepEqual(await read(`${registry.host}/app@${registryImage.manifest.digest}`), wantedFiles);
});

test('refuses a manifest when the response does not end or is a web page', async (context) => {
  const { registry, open } = await openRegistryHarness(context);
  registry.intercept = (_, response) => {
    response.writeHead(200, { 'content-type': manifestType });
    const more = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(65_536, ' ')));
      response.once('drain', more);
    };
    more();
    return true;
  };
  await assert.rejects(open(), isErrorWith('limit-exceeded', /returned more than 8388608 bytes/));
  registry.intercept = (_, response) => {
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.end('<html>log in</html>');
    return true;
  };
  await assert.rejects(open(), isErrorWith('target-corrupt', /returned a web page/));
});

test('takes the image of the platform from an index, and skips attestations', async (context) => {
  const { registry, open } = await openRegistryHarness(context);
  const arm = buildImage({ platform: 'linux/arm64/v8', steps: [{ tar: tar([{ path: 'x', content: '' }]) }] });
  registry.push(arm, 'arm');
  const entry = (of: BuiltImage, platform: object, annotations?: object): object => ({
    mediaType: manifestType,
    digest: of.manifest.digest,
    size: of.manifest.bytes.length,
    platform,
    ...(annotations && { annotations }),
  });
  const amd64 = entry(registryImage, { os: 'linux', architecture: 'amd64' });
  const arm64 = entry(arm, { os: 'linux', architecture: 'arm64', variant: 'v8' });
  const attestation = entry(
    arm,
    { os: 'unknown', architecture: 'unknown' },
    { 'vnd.docker.reference.type': 'attestation-manifest' },
  );
  registry.put(
    { schemaVersion: 2, mediaType: indexType, manifests: [amd64, arm64, attestation] },
    indexType,
    'multi',
  );
  const reference = `${registry.host}/app:multi`;
  const { target } = await open(reference, { platform: 'linux/arm64' });
  assert.deepEqual([target.manifest, target.platform], [arm.manifest.digest, 'linux/arm64/v8']);
  assert.equal(
    (await open(reference, { platform: 'linux/amd64' })).target.manifest,
    registryImage.manifest.digest,
  );
  await assert.rejects(
    open(reference, { platform: 'linux/s390x' }),
    isErrorWith(
      'target-not-found',
      /no image for linux\/s390x; choose one with --platform: linux\/amd64, linux\/arm64\/v8$/,
    ),
  );
});

test('limits the depth of nested indexes', async (context) => {
  const { registry, open } = await openRegistryHarness(context);
  const index = (children: readonly string[]): object => ({
    schemaVersion: 2,
    mediaType: indexType,
    manifests: children.map((digest) => ({ mediaType: indexType, digest, size: 1 })),
  });
  const bottom = registry.put(index([]), indexType);
  const middle = registry.put(index(Array<string>(60).fill(bottom)), indexType);
  registry.put(index([middle, middle]), indexType, 'wide');
  await assert.rejects(
    open(`${registry.host}/app:wide`),
    isErrorWith('limit-exceeded', /more than 100 indexes/),
  );
});

test('names an artifact and refuses it when it is not an image', async (context) => {
  const { registry, open } = await openRegistryHarness(context);
  const put = (document: object, type: string, tag: string): string => {
    registry.put(document, type, tag);
    return `${registry.host}/app:${tag}`;
  };
  const config = registry.putBlob(Buffer.from('{}'));
  const artifact = (mediaType: string): object => ({
    schemaVersion: 2,
    config: { mediaType, digest: config, size: 2 },
    layers: [],
  });
  const schema1 = put(
    { schemaVersion: 1, fsLayers: [] },
    'application/vnd.docker.distribution.manifest.v1+prettyjws',
    'old',
  );
  await assert.rejects(open(schema1), isErrorWith('target-unsupported', /schema 1.*push the image again/));
  const helm = put(artifact('application/vnd.cncf.helm.config.v1+json'), manifestType, 'helm');
  await assert.rejects(
    open(helm),
    isErrorWith('target-unsupported', /not a container image: it is a Helm chart/),
  );
  const oras = put(
    { ...artifact('application/vnd.oci.empty.v1+json'), artifactType: 'text/x' },
    manifestType,
    'oras',
  );
  await assert.rejects(
    open(oras),
    isErrorWith('target-unsupported', /not a container image: it is an artifact.*text\/x/),
  );
  const odd = put({ hello: 'world' }, 'application/json', 'odd');
  await assert.rejects(open(odd), isErrorWith('target-corrupt', /is malformed at config/));
});

/** Returns an image whose manifest has one layer with this descriptor; a media type of undefined is omitted. */
function withLayer(
  registry: MemoryRegistry,
  tag: string,
  {
    diffId = registryImage.layers[0]?.diffId,
    ...layer
  }: { readonly diffId?: string; readonly [key: string]: unknown },
): string {
  const bytes = Buffer.from(JSON.stringify({ os: 'linux', rootfs: { diff_ids: [diffId] } }));
  const config = { digest: registry.putBlob(bytes), size: bytes.length };
  const mediaType = 'application/vnd.oci.image.layer.v1.tar+gzip';
  registry.put({ schemaVersion: 2, config, layers: [{ mediaType, ...layer }] }, manifestType, tag);
  return `${registry.host}/app:${tag}`;
}

test('reads layers that are empty, embedded in the manifest, or stored elsewhere', async (context) => {
  const { registry, open, read } = await openRegistryHarness(context);
  const [small] = registryImage.layers;
  assert.ok(small);
  const { digest, bytes } = small;
  const data = Buffer.from(bytes).toString('base64');
  registry.blobs.delete(digest);
  const inline = withLayer(registry, 'inline', { digest, size: bytes.length, data });
  assert.deepEqual(await read(inline), ['etc/os-release']);
  const empty = withLayer(registry, 'empty', {
    digest: sha256(''),
    diffId: sha256(''),
    size: 0,
  });
  assert.deepEqual(await read(empty), []);
  const seen: string[] = [];
  const elsewhere = await serveHttp(context, (request, response) => {
    seen.push(request.url ?? '');
    if (request.url === '/gone') response.writeHead(404);
    response.end(request.url === '/layer' ? bytes : '');
  });
  const mediaType = 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip';
  const urls = [`${elsewhere}/gone`, `${elsewhere}/layer`];
  const foreign = withLayer(registry, 'foreign', { mediaType, digest, size: bytes.length, urls });
  assert.deepEqual(await read(foreign, { connect: () => ({}) }), ['etc/os-release']);
  assert.deepEqual(seen.splice(0), ['/gone', '/layer']);
  await assert.rejects(
    read(foreign),
    isErrorWith('target-not-found', /is not on the public Internet and was not requested/),
  );
  assert.deepEqual(seen, []);
  const encrypted = withLayer(registry, 'encrypted', {
    mediaType: `${mediaType}+encrypted`,
    digest,
    size: 1,
  });
  await assert.rejects(open(encrypted), isErrorWith('target-unsupported', /is encrypted/));
  await assert.rejects(
    open(withLayer(registry, 'sizeless', { digest })),
    isErrorWith('target-corrupt', /has no size/),
  );
});

test('queries a mirror first, and the registry when the mirror does not have the image', async (context) => {
  const { registry, read } = await openRegistryHarness(context);
  const mirror = await openRegistryHarness(context);
  const env = {
    CLAIR_REGISTRY_MIRRORS: `${registry.host}=http://${mirror.registry.host}/`,
    HOME: '/nowhere',
  };
  assert.deepEqual(await read(undefined, { env }), wantedFiles);
  assert.equal(registry.requests.length, 0);
  mirror.registry.blobs.delete(largeBlobDigest);
  assert.deepEqual(await read(undefined, { env }), wantedFiles);
  assert.deepEqual(
    registry.requests.map(({ url }) => url),
    [`/v2/app/blobs/${largeBlobDigest}`],
  );
  await assert.rejects(
    read(`${registry.host}/app:none`, { env }),
    isErrorWith(
      'target-not-found',
      /404 from the manifest endpoint of the mirror 127.*; 404 from the manifest endpoint of 127/,
    ),
  );
});

test('reports a host when nothing listens there or it does not exist', async (context) => {
  const { open } = await openRegistryHarness(context);
  await assert.rejects(
    open('127.0.0.1:1/app'),
    isErrorWith('registry-unavailable', /127\.0\.0\.1:1: Connection refused \(ECONNREFUSED\)/),
  );
});

test('refuses a manifest when its Content-Type is of an index, and the reverse', async (context) => {
  const { registry, open } = await openRegistryHarness(context);
  const manifest = JSON.parse(Buffer.from(registryImage.manifest.bytes).toString()) as object;
  registry.put(manifest, indexType, 'manifest');
  registry.put({ MediaType: indexType, manifests: [] }, manifestType, 'index');
  for (const tag of ['manifest', 'index'])
    await assert.rejects(
      open(`${registry.host}/app:${tag}`),
      isErrorWith('target-corrupt', /clients differ in which/),
    );
});

test('takes the reading that the diffID confirms when bytes of a registry are both a tar and a compressed stream', async (context) => {
  const { registry, read } = await openRegistryHarness(context);
  const inner = tar([{ path: 'etc/os-release', content: 'ID=debian' }]);
  const bytes = tarAndGzip(tar([{ path: 'x', content: '' }]), inner);
  const digest = registry.putBlob(bytes);
  const plain = { digest, size: bytes.length, mediaType: 'application/vnd.oci.image.layer.v1.tar' };
  const meant = withLayer(registry, 'meant', { ...plain, diffId: sha256(inner) });
  assert.deepEqual(await read(meant), ['etc/os-release']);
  const other = withLayer(registry, 'other', { ...plain, diffId: digest });
  await assert.rejects(read(other), isErrorWith('target-corrupt', /runtimes differ in how they read it/));
});
