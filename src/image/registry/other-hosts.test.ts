import assert from 'node:assert/strict';
import { setGlobalProxyFromEnv } from 'node:http';
import { type TestContext, test } from 'node:test';
import { serveHttp } from '../../testing/http-server.ts';
import { respondWithError } from '../../testing/memory-registry.ts';
import {
  isErrorWith,
  isLargeBlobRequest,
  openRegistryHarness,
  type RegistryHarness,
  registryImage,
  wantedFiles,
} from '../../testing/registry-harness.ts';
import { publicOtherHosts } from './other-hosts.ts';

/** Paths that an internal host beside the registry was asked for. */
type Requested = (string | undefined)[];

async function internalHost(context: TestContext, requested: Requested): Promise<string> {
  return await serveHttp(context, (request, response) => {
    requested.push(request.url);
    if (request.url?.includes('refused')) respondWithError(response, 403, 'DENIED', 'internal secret');
    else if (request.url?.includes('token')) response.end('{"token":"t"}');
    else response.end(registryImage.layers[1]?.bytes);
  });
}

/** Makes a registry redirect the download of its large layer. */
function redirectBlob({ registry }: RegistryHarness, location: string): void {
  registry.intercept = (request, response) => {
    if (!isLargeBlobRequest(request)) return false;
    response.writeHead(307, { location }).end();
    return true;
  };
}

const refusal = isErrorWith(
  'registry-refused',
  /it leads to \S+, which has no address, or none on the public/,
);

test('requests no internal host that a redirect names, in any notation', async (context) => {
  const harness = await openRegistryHarness(context);
  const requested: Requested = [];
  const { port } = new URL(await internalHost(context, requested));
  const connectElsewhere = publicOtherHosts([], {});
  for (const host of ['127.0.0.1', 'localhost', '2130706433', '[::ffff:127.0.0.1]', '0.0.0.0']) {
    redirectBlob(harness, `http://${host}:${port}/meta-data`);
    await assert.rejects(harness.read(undefined, { connectElsewhere }), refusal, host);
  }
  redirectBlob(harness, 'http://no-such-host.invalid/meta-data');
  await assert.rejects(harness.read(undefined, { connectElsewhere }), refusal);
  assert.deepEqual(requested, []);
});

test('requests no internal host that is named as a token endpoint', async (context) => {
  const { registry, open } = await openRegistryHarness(context);
  const requested: Requested = [];
  const internal = await internalHost(context, requested);
  registry.intercept = (_, response) => {
    response.setHeader('www-authenticate', `Bearer realm="${internal}/admin?action=delete"`);
    respondWithError(response, 401, 'UNAUTHORIZED', 'token needed');
    return true;
  };
  await assert.rejects(open(undefined, { connectElsewhere: publicOtherHosts([], {}) }), refusal);
  assert.deepEqual(requested, []);
});

test('requests hosts in listed networks, and the registry itself in any network', async (context) => {
  const harness = await openRegistryHarness(context);
  const requested: Requested = [];
  const internal = await internalHost(context, requested);
  redirectBlob(harness, `${internal}/blob`);
  const connectElsewhere = publicOtherHosts(['127.0.0.0/8'], {});
  assert.deepEqual(await harness.read(undefined, { connectElsewhere }), wantedFiles);
  assert.deepEqual(requested, ['/blob']);
});

test('checks the address of a host that is reached without the proxy', async (context) => {
  const harness = await openRegistryHarness(context);
  const requested: Requested = [];
  const { port } = new URL(await internalHost(context, requested));
  const env = { http_proxy: 'http://proxy.invalid:1', no_proxy: '127.0.0.1,localhost' };
  const connectElsewhere = publicOtherHosts([], env);
  redirectBlob(harness, `http://localhost:${port}/blob`);
  await assert.rejects(harness.read(undefined, { connectElsewhere }), refusal);
  assert.deepEqual(requested, []);
});

test('reaches a name through the proxy, whose own address is not checked', async (context) => {
  const harness = await openRegistryHarness(context);
  const requested: Requested = [];
  const proxy = await internalHost(context, requested);
  redirectBlob(harness, 'http://blobs.example/blob');
  const { port } = new URL(proxy);
  const env = { http_proxy: `http://localhost:${port}`, no_proxy: '127.0.0.1' };
  // The proxies of a process are global. This keeps those from before the test.
  context.after(setGlobalProxyFromEnv(env));
  const connectElsewhere = publicOtherHosts([], env);
  assert.deepEqual(await harness.read(undefined, { env, connectElsewhere }), wantedFiles);
  assert.deepEqual(requested, ['http://blobs.example/blob']);
});

test('quotes the text of the registry itself only, also from its token endpoint', async (context) => {
  const harness = await openRegistryHarness(context);
  const internal = await internalHost(context, []);
  redirectBlob(harness, `${internal}/refused`);
  await assert.rejects(harness.read(), isErrorWith('registry-refused', /403 from 127\S+, where .* leads$/));
  harness.registry.intercept = (_, response) => {
    response.setHeader('www-authenticate', `Bearer realm="${internal}/refused"`);
    respondWithError(response, 401, 'UNAUTHORIZED', 'token needed');
    return true;
  };
  await assert.rejects(
    harness.open(),
    (error: Error) => /^403 from the token endpoint/.test(error.message) && !/secret/.test(error.message),
  );
});
