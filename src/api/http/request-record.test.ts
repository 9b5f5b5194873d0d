import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { startApiServer } from '../../testing/api-server.ts';
import { accessByTokens } from './access.ts';
import type { RequestRecord } from './request-record.ts';
import { type ApiRequest, type ApiResponse, type Route, WireError } from './route.ts';
import { routerOf } from './router.ts';

const sumOf = (token: string): string => createHash('sha256').update(token).digest('hex');
const as = (token: string): { headers: Record<string, string> } => ({
  headers: { Authorization: `Bearer ${token}` },
});

/** Without it, `fetch` requests gzip. */
const identity = { 'Accept-Encoding': 'identity' };

/** Starts a server with two routes below `/v1`, and yields the records of its requests. */
async function startServer(
  t: TestContext,
  handle: (request: ApiRequest) => Promise<ApiResponse>,
  { tokens = [], ...change }: { tokens?: string[] } & Partial<Route> = {},
) {
  const records: RequestRecord[] = [];
  let waiting: (() => void) | undefined;
  const routes = ['GET', 'DELETE'].map((method) => ({
    name: `v1/${method.toLowerCase()}`,
    method,
    path: '/layers/:name',
    ...change,
    handle,
  }));
  const server = await startApiServer(t, {
    routers: () => [routerOf('/v1', routes)],
    access: accessByTokens(tokens),
    onError: () => undefined,
    onRequest: (record) => {
      records.push(record);
      waiting?.();
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}`,
    port: server.port,
    next: async (): Promise<RequestRecord> => {
      if (records.length === 0)
        await new Promise<void>((resolve) => {
          waiting = resolve;
        });
      return records.shift() ?? assert.fail('there is no record');
    },
  };
}

const ok = async (): Promise<ApiResponse> => ({ status: 200, text: 'four' });

test('records a request with route, status, bytes, client and ids, but without its query', async (t) => {
  const { url, next } = await startServer(t, ok);
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  await fetch(`${url}/v1/layers/a?page=secret`, {
    headers: { ...identity, traceparent: `00-${traceId}-b7ad6b7169203331-01`, 'X-Request-Id': 'r-1' },
  });
  const { ms, ...record } = await next();
  assert.ok(ms >= 0);
  assert.deepEqual(record, {
    protocol: 'HTTP',
    method: 'GET',
    path: '/v1/layers/a',
    route: 'v1/get',
    status: 200,
    isSuccess: true,
    bytes: 4,
    client: '127.0.0.1',
    traceId,
    requestId: 'r-1',
    token: undefined,
    refused: undefined,
    isChange: false,
    details: {},
  });
});

test('records a deletion as a change only if there was something to delete', async (t) => {
  for (const [response, isChange] of [
    [{ status: 204 }, true],
    [{ status: 204, isUnchanged: true }, false],
  ] as const) {
    const { url, next } = await startServer(t, async () => response);
    await fetch(`${url}/v1/layers/a`, { method: 'DELETE' });
    assert.equal((await next()).isChange, isChange);
  }
});

test('omits malformed ids, and truncates a path that matches no route', async (t) => {
  const { url, next } = await startServer(t, ok);
  const headers = { traceparent: 'nonsense', 'X-Request-Id': 'a b\tc' };
  await fetch(`${url}/${'x'.repeat(5000)}`, { headers });
  const { path, route, status, traceId, requestId } = await next();
  assert.deepEqual(
    [path.length, route, status, traceId, requestId],
    [1001, undefined, 404, undefined, undefined],
  );
});

test('records the name of a token and the reason of a refusal, but not the token', async (t) => {
  const tokens = [`read:${sumOf('hidden-r')}:reader`, `admin:${sumOf('hidden-a')}`];
  const { url, next } = await startServer(t, ok, { tokens });
  const outcomeOf = async (method: string, options: object): Promise<unknown[]> => {
    await fetch(`${url}/v1/layers/a`, { method, ...options });
    const record = await next();
    assert.doesNotMatch(JSON.stringify(record), /hidden/);
    return [record.status, record.token, record.refused, record.isChange];
  };
  assert.deepEqual(await outcomeOf('GET', as('hidden-r')), [200, 'reader', undefined, false]);
  assert.deepEqual(await outcomeOf('DELETE', as('hidden-r')), [
    403,
    'reader',
    'the scope admin is required',
    true,
  ]);
  const unnamed = `admin:${sumOf('hidden-a').slice(0, 8)}`;
  assert.deepEqual(await outcomeOf('DELETE', as('hidden-a')), [200, unnamed, undefined, true]);
  assert.deepEqual(await outcomeOf('GET', as('hidden-x')), [401, undefined, 'unknown token', false]);
  assert.deepEqual(await outcomeOf('GET', {}), [401, undefined, 'no bearer token', false]);
});

test('records the details of a route, also when it refuses the request', async (t) => {
  const { url, next } = await startServer(t, async ({ params, addLogDetails }) => {
    addLogDetails({ layer: params['name'] ?? '' });
    addLogDetails({ namespace: 'debian:12' });
    throw new WireError(404, 'the resource cannot be found');
  });
  await fetch(`${url}/v1/layers/a`, { method: 'DELETE', headers: identity });
  const { status, isSuccess, bytes, details } = await next();
  assert.deepEqual([status, isSuccess, bytes], [404, false, 53]);
  assert.deepEqual(details, { layer: 'a', namespace: 'debian:12' });
});

test('records the sent bytes of a stream, compressed or not', async (t) => {
  const { url, next } = await startServer(t, async () => ({
    status: 200,
    stream: (async function* () {
      for (let i = 0; i < 10; i++) yield 'ä'.repeat(1000);
    })(),
  }));
  const plain = await fetch(`${url}/v1/layers/a`, { headers: identity });
  assert.equal((await plain.arrayBuffer()).byteLength, 20_000);
  const { status, bytes: sent } = await next();
  assert.deepEqual([status, sent], [200, 20_000]);
  await (await fetch(`${url}/v1/layers/a`, { headers: { 'Accept-Encoding': 'gzip' } })).arrayBuffer();
  const { bytes = 0 } = await next();
  assert.ok(bytes > 0 && bytes < 1000, String(bytes));
});

test('records 499 and the address of the client when the client disconnects', async (t) => {
  const begun = Promise.withResolvers<undefined>();
  const { port, next } = await startServer(t, () => {
    begun.resolve(undefined);
    return new Promise(() => undefined);
  });
  const socket = connect(port, '127.0.0.1');
  socket.write('GET /v1/layers/a HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await begun.promise;
  socket.destroy();
  await once(socket, 'close');
  const { status, isSuccess, client } = await next();
  assert.deepEqual([status, isSuccess, client], [499, false, '127.0.0.1']);
});
