import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { limits } from '../../core/limits.ts';
import { serveHttp } from '../../testing/http-server.ts';
import { buildImage, sha256 } from '../../testing/image-builder.ts';
import { type MemoryRegistry, respondWithError } from '../../testing/memory-registry.ts';
import {
  isErrorWith,
  isLargeBlobRequest,
  largeBlobDigest,
  manifestType,
  openRegistryHarness,
  registryImage,
  wantedFiles,
} from '../../testing/registry-harness.ts';
import { tar } from '../../testing/tar-writer.ts';
import { openRepository } from './open-registry-image.ts';

test('resumes a download when it breaks off, also when the registry starts at the beginning again', async (context) => {
  const { registry, read } = await openRegistryHarness(context);
  const bytes = Buffer.from(registryImage.layers[1]?.bytes ?? []);
  for (const canResume of [true, false]) {
    const ranges: (string | undefined)[] = [];
    registry.intercept = (request, response) => {
      if (!isLargeBlobRequest(request)) return false;
      const { range } = request.headers;
      ranges.push(range);
      const from = canResume ? Number(/\d+/.exec(range ?? '0')?.[0]) : 0;
      const until = ranges.length < 3 ? 700_000 * ranges.length : bytes.length;
      response.writeHead(from > 0 ? 206 : 200, {
        'content-length': bytes.length - from,
        ...(from > 0 && { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` }),
      });
      response.write(bytes.subarray(from, until), () => {
        if (until < bytes.length) response.destroy();
        else response.end();
      });
      return true;
    };
    assert.deepEqual(await read(), wantedFiles);
    assert.deepEqual([ranges.length, ranges[0]], [3, undefined]);
    assert.match(ranges[2] ?? '', /^bytes=\d+-$/);
  }
});

test('gives up a download when it breaks off repeatedly', async (context) => {
  const { registry, read } = await openRegistryHarness(context);
  let requests = 0;
  registry.intercept = (request, response) => {
    if (!isLargeBlobRequest(request)) return false;
    requests++;
    response.writeHead(200, { 'content-length': registryImage.layers[1]?.bytes.length });
    response.write('x', () => response.destroy());
    return true;
  };
  await assert.rejects(read(), isErrorWith('registry-unavailable', /failed repeatedly after \d+ bytes/));
  assert.equal(requests, limits.httpAttempts);
});

test('refuses a blob when its digest or its size is wrong', async (context) => {
  const { registry, read } = await openRegistryHarness(context);
  const bytes = Buffer.from(registryImage.layers[1]?.bytes ?? []);
  bytes[bytes.length - 9] = 255 - (bytes[bytes.length - 9] ?? 0);
  registry.blobs.set(largeBlobDigest, bytes);
  await assert.rejects(read(), isErrorWith('target-corrupt', /its digest is sha256:\w+, not|cannot be read/));
  registry.blobs.set(
    largeBlobDigest,
    Buffer.concat([registryImage.layers[1]?.bytes ?? Buffer.alloc(0), Buffer.alloc(10)]),
  );
  await assert.rejects(read(), isErrorWith('target-corrupt', /more than the \d+ bytes in its descriptor/));
  registry.blobs.set(largeBlobDigest, (registryImage.layers[1]?.bytes ?? Buffer.alloc(0)).subarray(0, 1000));
  await assert.rejects(read(), isErrorWith('registry-unavailable', /the connection ended after 1000 of/));
});

test('refuses a range that was not requested', async (context) => {
  const { registry, read } = await openRegistryHarness(context);
  registry.intercept = (request, response) => {
    if (!isLargeBlobRequest(request)) return false;
    response.writeHead(206, { 'content-range': 'bytes 5-9/10', 'content-length': 5 });
    response.end('12345');
    return true;
  };
  await assert.rejects(
    read(),
    isErrorWith('target-corrupt', /a range that does not start at the requested offset 0/),
  );
});

test('refuses a manifest when its digest is not the requested one or not the one in the header', async (context) => {
  const { registry, open } = await openRegistryHarness(context);
  const other = buildImage({ steps: [{ tar: tar([{ path: 'x', content: '' }]) }] });
  registry.manifests.set(registryImage.manifest.digest, { type: manifestType, bytes: other.manifest.bytes });
  await assert.rejects(
    open(`${registry.host}/app@${registryImage.manifest.digest}`),
    isErrorWith(
      'target-corrupt',
      new RegExp(`another manifest: ${other.manifest.digest} instead of ${registryImage.manifest.digest}`),
    ),
  );
  registry.intercept = (_, response) => {
    response.writeHead(200, { 'content-type': manifestType, 'docker-content-digest': sha256('lie') });
    response.end(registryImage.manifest.bytes);
    return true;
  };
  await assert.rejects(open(), isErrorWith('target-corrupt', /returned another manifest/));
});

test('reports the endpoint and the message of the registry, without control characters', async (context) => {
  const { registry, open, read } = await openRegistryHarness(context);
  await assert.rejects(
    open(`${registry.host}/app:none`),
    isErrorWith(
      'target-not-found',
      /^404 from the manifest endpoint of 127\.0\.0\.1:\d+\/app for none: none unknown$/,
    ),
  );
  registry.intercept = (request, response) => {
    if (isLargeBlobRequest(request))
      respondWithError(response, 403, 'DENIED', `not \u001b[31mfor\u009b you\n\u202e ${'x'.repeat(1000)}`);
    return isLargeBlobRequest(request);
  };
  await assert.rejects(read(), (error: Error) => {
    assert.match(
      error.message,
      /403 from the blob endpoint of 127\.0\.0\.1:\d+\/app for sha256:\w+: not \[31mfor you x{200,300}…; no credentials were found/,
    );
    return true;
  });
});

test('retries when a server is busy, unless Retry-After is too long, and only a limited number of times', async (context) => {
  const { registry, sleeps, open } = await openRegistryHarness(context);
  let refusals = 2;
  let after = '7';
  registry.intercept = (_, response) => {
    if (refusals-- <= 0) return false;
    response.writeHead(429, { 'retry-after': after });
    response.end('{"errors":[{"code":"TOOMANYREQUESTS","message":"slow down"}]}');
    return true;
  };
  await open();
  assert.deepEqual(sleeps.splice(0), [7000, 7000]);
  refusals = 1;
  after = '3600';
  await assert.rejects(
    open(),
    isErrorWith('registry-unavailable', /429 from .*: slow down; retry after 3600 s/),
  );
  refusals = Number.POSITIVE_INFINITY;
  after = '';
  await assert.rejects(open(), isErrorWith('registry-unavailable', /429/));
  assert.deepEqual(sleeps, [500, 1000]);
});

/** Responds like a registry whose tokens are valid for `uses` requests. */
function tokenRegistry(registry: MemoryRegistry, uses: number): { tokens: number } {
  const state = { tokens: 0 };
  let left = 0;
  registry.intercept = (request: IncomingMessage, response: ServerResponse) => {
    const { authorization } = request.headers;
    if (request.url?.startsWith('/token')) {
      const expected = `Basic ${Buffer.from('me:secret').toString('base64')}`;
      if (authorization !== expected)
        respondWithError(response, 401, 'UNAUTHORIZED', 'incorrect username or password');
      else {
        state.tokens++;
        left = uses;
        response.end(JSON.stringify({ access_token: `t${state.tokens}`, expires_in: 300 }));
      }
      return true;
    }
    if (authorization === `Bearer t${state.tokens}` && left-- > 0) return false;
    const challenge = `Bearer realm="http://${registry.host}/token",service="memory"`;
    response.setHeader('www-authenticate', challenge);
    respondWithError(response, 401, 'UNAUTHORIZED', 'authentication required');
    return true;
  };
  return state;
}

test('fetches a token with the credentials, and a new one when it is no longer valid', async (context) => {
  const { registry, read } = await openRegistryHarness(context);
  const state = tokenRegistry(registry, 2);
  const env = { CLAIR_REGISTRY_USERNAME: 'me', CLAIR_REGISTRY_PASSWORD: 'secret' };
  assert.deepEqual(await read(undefined, { env }), wantedFiles);
  assert.equal(state.tokens, 2);
  const wrong = { ...env, CLAIR_REGISTRY_PASSWORD: 'hidden' };
  await assert.rejects(
    read(undefined, { env: wrong }),
    (error: Error) =>
      /^401 from the token endpoint http:.*\/token for 127.*: incorrect username or password; the credentials do not grant/.test(
        error.message,
      ) && !error.message.includes('hidden'),
  );
  await assert.rejects(
    read(),
    isErrorWith(
      'registry-refused',
      /no credentials were found for it \(CLAIR_REGISTRY_USERNAME.*\/nowhere\/\.docker\/config\.json: no such file\)/,
    ),
  );
});

test('sends no credentials when another origin redirects back to the registry', async (context) => {
  const { registry, read } = await openRegistryHarness(context);
  tokenRegistry(registry, 100);
  const back: (string | undefined)[] = [];
  const elsewhere = await serveHttp(context, (_, response) => {
    response.writeHead(302, { location: `http://${registry.host}/chosen-by-the-other` }).end();
  });
  const { intercept } = registry;
  registry.intercept = (request, response) => {
    if (request.url === '/chosen-by-the-other') {
      back.push(request.headers.authorization);
      respondWithError(response, 401, 'DENIED', 'give me credentials');
      return true;
    }
    if (intercept(request, response)) return true;
    if (!isLargeBlobRequest(request)) return false;
    response.writeHead(307, { location: elsewhere }).end();
    return true;
  };
  const env = { CLAIR_REGISTRY_USERNAME: 'me', CLAIR_REGISTRY_PASSWORD: 'secret' };
  await assert.rejects(read(undefined, { env }), { code: 'registry-refused' });
  assert.deepEqual(back, [undefined]);
});

test('sends nothing that is meant for the registry to another origin', async (context) => {
  const { registry, read } = await openRegistryHarness(context);
  tokenRegistry(registry, 100);
  const seen: (string | undefined)[] = [];
  const elsewhere = await serveHttp(context, (request, response) => {
    seen.push(request.headers.authorization);
    response.setHeader('www-authenticate', 'Basic realm="phishing"');
    if (request.url?.includes('refused')) respondWithError(response, 401, 'DENIED', 'expired');
    else response.end(registryImage.layers[1]?.bytes);
  });
  const { intercept } = registry;
  let path = '/bucket/blob?signature=1';
  registry.intercept = (request, response) => {
    if (intercept(request, response)) return true;
    if (!isLargeBlobRequest(request)) return false;
    response.writeHead(307, { location: `${elsewhere}${path}` });
    response.end();
    return true;
  };
  const env = { CLAIR_REGISTRY_USERNAME: 'me', CLAIR_REGISTRY_PASSWORD: 'secret' };
  assert.deepEqual(await read(undefined, { env }), wantedFiles);
  assert.deepEqual(seen, [undefined]);
  path = '/refused';
  await assert.rejects(
    read(undefined, { env }),
    isErrorWith('registry-refused', /401 from 127\.0\.0\.1:\d+, where the blob endpoint of .* leads$/),
  );
  assert.deepEqual(
    seen,
    [undefined, undefined],
    'another origin gets no credentials, even when it sends a challenge',
  );
});

test('names the step when a registry is silent, and does not request it again', async (context) => {
  const { registry, open } = await openRegistryHarness(context);
  let requests = 0;
  registry.intercept = () => {
    requests++;
    return true;
  };
  await assert.rejects(
    open(undefined, { idleMs: 200 }),
    isErrorWith(
      'limit-exceeded',
      /^no response from the manifest endpoint of 127.* for latest: nothing received for 0\.2 s$/,
    ),
  );
  assert.equal(requests, 1);
});

test('tries plain HTTP on loopback for a request that learns late that there is no TLS', async (context) => {
  const answered = Promise.withResolvers<undefined>();
  let attempts = 0;
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (bytes: Buffer) => {
      const isTls = bytes[0] === 0x16;
      const answer = (): void => {
        socket.end(
          isTls ? 'HTTP/1.1 400 Bad Request\r\n\r\n' : 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok',
        );
      };
      // The second request has tried TLS, but gets no response until the first one has succeeded.
      if (isTls && ++attempts === 2) void answered.promise.then(answer);
      else answer();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const repository = openRepository(
    { registry: `127.0.0.1:${port}`, repository: 'app' },
    { env: { HOME: '/nowhere' } },
  );
  const fetchBlob = async (): Promise<number> => (await repository.fetchBlob(sha256('ok'), 0)).status;
  const first = fetchBlob();
  const second = fetchBlob();
  assert.equal(await first, 200);
  answered.resolve(undefined);
  assert.equal(await second, 200);
});
