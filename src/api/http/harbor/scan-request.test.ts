import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WireError } from '../route.ts';
import { parseScanRequest } from './scan-request.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const registry = { url: 'https://harbor.example', authorization: 'Basic eDp5' };
const artifact = {
  repository: 'library/nginx',
  digest,
  mime_type: 'application/vnd.oci.image.manifest.v1+json',
};
const sbom = (media: unknown) => ({ type: 'sbom', parameters: { sbom_media_types: media } });

function parse(body: unknown) {
  return parseScanRequest(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)));
}

test('takes a request of any version of Harbor', () => {
  const oldest = parse({ registry, artifact, other: 1 });
  assert.deepEqual(oldest, {
    subject: {
      repository: 'library/nginx',
      digest,
      mimeType: artifact.mime_type,
      kinds: ['vulnerability'],
    },
    access: { origin: 'https://harbor.example', authorization: 'Basic eDp5' },
    registry: 'harbor.example',
    reference: `harbor.example/library/nginx@${digest}`,
  });
  const named = { type: 'vulnerability', produces_mime_types: null, parameters: null };
  assert.deepEqual(parse({ registry, artifact, enabled_capabilities: [named] }), oldest);
  const both = [named, sbom(['application/spdx+json'])];
  assert.deepEqual(parse({ registry, artifact, enabled_capabilities: both }).subject.kinds, [
    'vulnerability',
    'sbom',
  ]);
  assert.deepEqual(parse({ registry: { url: 'https://harbor.example/' }, artifact }).access, {
    origin: 'https://harbor.example',
  });
});

test('names the registry with a port where its name would be a part of the path', () => {
  const named = (url: string): string => parse({ registry: { url }, artifact }).registry;
  assert.deepEqual(
    [
      'http://core:8080',
      'http://core',
      'https://core',
      'https://localhost',
      'http://[::1]',
      'http://10.0.0.1',
    ].map(named),
    ['core:8080', 'core:80', 'core:443', 'localhost', '[::1]', '10.0.0.1'],
  );
});

test('refuses JSON of a wrong form with 400, and a wrong field with 422', () => {
  const capabilities = (...all: readonly unknown[]) => ({ registry, artifact, enabled_capabilities: all });
  for (const [body, status, message] of [
    ['', 400, /not JSON/],
    ['{', 400, /not JSON/],
    [[], 400, /it must be an object$/],
    [{ registry: 'x' }, 400, /registry must be an object$/],
    [{ registry, artifact: { ...artifact, digest: 1 } }, 400, /artifact\.digest must be a text$/],
    [{}, 422, /^missing registry\.url$/],
    [{ registry: null }, 422, /^missing registry\.url$/],
    [{ registry: { url: 'nonsense' } }, 422, /^invalid registry\.url$/],
    [{ registry: { url: 'file:///etc' } }, 422, /^invalid registry\.url$/],
    [{ registry: { url: 'https://a:b@harbor.example' } }, 422, /^invalid registry\.url$/],
    [{ registry: { url: 'https://harbor.example/v2' } }, 422, /^invalid registry\.url$/],
    [{ registry }, 422, /^missing artifact\.repository$/],
    [{ registry, artifact: { repository: 'x' } }, 422, /^missing artifact\.digest$/],
    [{ registry, artifact: { ...artifact, digest: 'latest' } }, 422, /^invalid artifact\.digest$/],
    [{ registry, artifact: { ...artifact, repository: 'a/../b' } }, 422, /^invalid artifact\.repository$/],
    [
      { registry, artifact: { ...artifact, repository: 'a'.repeat(500) } },
      422,
      /^invalid artifact\.repository$/,
    ],
    [
      { registry, artifact: { ...artifact, mime_type: 'application/vnd.oci.image.index.v1+json' } },
      422,
      /mime_type/,
    ],
    [
      { registry: { ...registry, authorization: 'Digest secret' }, artifact },
      422,
      /^registry\.authorization must/,
    ],
    [
      { registry: { ...registry, authorization: 'Bearer a\r\nb' }, artifact },
      422,
      /^registry\.authorization must/,
    ],
    [
      { registry: { ...registry, authorization: `Bearer ${'a'.repeat(9000)}` }, artifact },
      422,
      /must be Basic or Bearer$/,
    ],
    [capabilities({ type: 'other' }), 422, /^invalid scan type$/],
    [capabilities({ type: 'sbom' }), 422, /^missing SBOM media type$/],
    [capabilities(sbom(['text/plain'])), 422, /^unsupported SBOM media type: "text\/plain"$/],
    [
      capabilities({ type: 'vulnerability', produces_mime_types: ['x/y'] }),
      400,
      /unsupported mime type: x\/y$/,
    ],
  ] as const)
    assert.throws(
      () => parse(body),
      (error) => error instanceof WireError && error.status === status && message.test(error.message),
      JSON.stringify(body),
    );
});
