import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type TestContext, test } from 'node:test';
import { serveHttp } from '../../../testing/http-server.ts';
import { collectAll } from '../../../testing/streams.ts';
import { distributionListing } from './distribution-listing.ts';
import { harborListing } from './harbor-listing.ts';
import { quayListing } from './quay-listing.ts';

const digest = `sha256:${'a'.repeat(64)}`;

/** A server that answers by path, and the requests that it got with their `Authorization`. */
async function serve(t: TestContext, answers: Readonly<Record<string, unknown>>) {
  const requests: string[] = [];
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const { url = '', headers } = request;
    requests.push(`${url} ${headers.authorization ?? '-'}`);
    const body = answers[url];
    response.writeHead(body === undefined ? 404 : 200).end(JSON.stringify(body));
  };
  return { requests, registry: (await serveHttp(t, handle)).replace('http://', '') };
}

test('lists projects, repositories and artifacts of Harbor with digests and times', async (t) => {
  const { registry, requests } = await serve(t, {
    '/api/v2.0/projects?page_size=100': [{ name: 'library', project_id: 1 }],
    '/api/v2.0/projects/library/repositories?page_size=100': [{ name: 'library/team/app' }],
    '/api/v2.0/projects/library/repositories/team%252Fapp/artifacts?page_size=100&with_tag=true': [
      { digest, tags: [{ name: '1.0', push_time: '2026-01-02T03:04:05.000Z' }, { name: 'latest' }] },
      { digest, tags: null },
    ],
  });
  const env = { HOME: '/nowhere', CLAIR_REGISTRY_USERNAME: 'robot', CLAIR_REGISTRY_PASSWORD: 'p' };
  const listing = harborListing(registry, { env });
  assert.deepEqual(await collectAll(listing.repositories()), ['library/team/app']);
  assert.deepEqual(await collectAll(listing.tags('library/team/app')), [
    { tag: '1.0', digest, pushedAt: Date.parse('2026-01-02T03:04:05Z') },
    { tag: 'latest', digest },
  ]);
  const basic = `Basic ${Buffer.from('robot:p').toString('base64')}`;
  assert.ok(requests.every((request) => request.endsWith(basic)));
});

test('lists the repositories of the organizations of Quay, page by page', async (t) => {
  const { registry, requests } = await serve(t, {
    '/api/v1/repository?namespace=acme&public=true': {
      repositories: [{ namespace: 'acme', name: 'a', is_public: false }],
      next_page: 'x y',
    },
    '/api/v1/repository?namespace=acme&public=true&next_page=x+y': {
      repositories: [{ namespace: 'acme', name: 'b' }],
    },
  });
  const access = { apiToken: 'secret-token', namespaces: ['acme'] };
  const listing = quayListing(registry, access, { env: { HOME: '/nowhere' } });
  assert.deepEqual(await collectAll(listing.repositories()), ['acme/a', 'acme/b']);
  assert.ok(requests.every((request) => request.endsWith('Bearer secret-token')));
});

test('asks the registry for a manifest if it states no digest', async (t) => {
  const manifest = { schemaVersion: 2, mediaType: 'application/vnd.oci.image.manifest.v1+json' };
  const { registry } = await serve(t, { '/v2/app/manifests/1': manifest });
  const listing = distributionListing(registry, { env: { HOME: '/nowhere' } });
  const found = await listing.findTag('app', '1', undefined);
  assert.ok(found !== undefined && found !== 'unchanged');
  assert.match(found.digest, /^sha256:/);
  assert.equal(await listing.findTag('app', '1', found.digest), 'unchanged');
  assert.equal(await listing.findTag('app', '2', undefined), undefined);
  assert.deepEqual(await collectAll(listing.tags('unknown')), []);
});
