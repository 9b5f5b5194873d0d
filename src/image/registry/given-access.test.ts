import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { serveHttp } from '../../testing/http-server.ts';
import { respondWithError } from '../../testing/memory-registry.ts';
import {
  isErrorWith,
  isLargeBlobRequest,
  openRegistryHarness,
  wantedFiles,
} from '../../testing/registry-harness.ts';
import { temporaryDirectory } from '../../testing/store-engines.ts';

const authorization = `Basic ${Buffer.from('robot$shop+clair:a:b').toString('base64')}`;

test('sends given credentials at once and unchanged, and to no other host', async (t) => {
  const { registry, read } = await openRegistryHarness(t);
  const elsewhere: (string | undefined)[] = [];
  const store = await serveHttp(t, (request, response) => {
    elsewhere.push(request.headers.authorization);
    response.end(registry.blobs.get(request.url?.slice(1) ?? ''));
  });
  registry.intercept = (request, response) => {
    if (!isLargeBlobRequest(request)) return false;
    response.writeHead(307, { location: `${store}/${request.url?.split('/').at(-1)}` }).end();
    return true;
  };
  const env = { CLAIR_REGISTRY_USERNAME: 'me', CLAIR_REGISTRY_PASSWORD: 'own' };
  const access = { origin: `http://${registry.host}`, authorization };
  assert.deepEqual(await read(undefined, { env, access }), wantedFiles);
  assert.deepEqual(
    [...new Set(registry.requests.map(({ headers }) => headers.authorization))],
    [authorization],
  );
  assert.deepEqual(elsewhere, [undefined]);
});

test('requests no token with given credentials, and uses no own ones', async (t) => {
  const { registry, open } = await openRegistryHarness(t);
  registry.intercept = (_, response) => {
    response.setHeader('www-authenticate', `Bearer realm="http://${registry.host}/token"`);
    respondWithError(response, 401, 'UNAUTHORIZED', 'expired');
    return true;
  };
  const origin = `http://${registry.host}`;
  const env = { CLAIR_REGISTRY_USERNAME: 'me', CLAIR_REGISTRY_PASSWORD: 'own' };
  const refused = isErrorWith(
    'registry-refused',
    /^401 from the manifest endpoint of .*: expired; the credentials do not grant access$/,
  );
  await assert.rejects(open(undefined, { env, access: { origin, authorization: 'Bearer x' } }), refused);
  assert.deepEqual(
    registry.requests.map(({ url, headers }) => [url, headers.authorization]),
    [['/v2/app/manifests/latest', 'Bearer x']],
  );
  registry.requests.length = 0;
  await assert.rejects(open(undefined, { env, access: { origin } }), { code: 'registry-refused' });
  assert.ok(registry.requests.every(({ headers }) => headers.authorization === undefined));
});

test('sends the credentials of a file only to their registry, and only for their repositories', async (t) => {
  const { registry, open } = await openRegistryHarness(t);
  const auth = Buffer.from('b:secret').toString('base64');
  const file = join(temporaryDirectory(t), 'b.json');
  const sentWith = async (names: readonly string[], challenge: string): Promise<unknown[]> => {
    writeFileSync(file, JSON.stringify({ auths: Object.fromEntries(names.map((name) => [name, { auth }])) }));
    registry.requests.length = 0;
    registry.intercept = (_, response) => {
      response.setHeader('www-authenticate', challenge);
      respondWithError(response, 401, 'UNAUTHORIZED', 'denied');
      return true;
    };
    await assert.rejects(open(undefined, { env: { REGISTRY_AUTH_FILE: file } }));
    const sent = registry.requests.flatMap(({ headers }) => headers.authorization ?? []);
    return [...new Set(sent)];
  };
  const { host } = registry;
  const others = ['b.example', `${host}/b`, `${host}/app2`, 'localhost'];
  for (const challenge of ['Basic realm="x"', `Bearer realm="http://${host}/token",service="b.example"`]) {
    assert.deepEqual(await sentWith(others, challenge), [], challenge);
    assert.deepEqual(await sentWith([...others, `${host}/app`], challenge), [`Basic ${auth}`], challenge);
  }
});

test('uses the given scheme only', async (t) => {
  const { registry, open } = await openRegistryHarness(t);
  const access = { origin: `https://${registry.host}`, authorization };
  await assert.rejects(open(undefined, { access }), { code: 'registry-unavailable' });
  assert.deepEqual(registry.requests, []);
});
