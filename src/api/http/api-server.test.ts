import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { suite, type TestContext, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { limits } from '../../core/limits.ts';
import { apiServerDefaults, startApiServer } from '../../testing/api-server.ts';
import { accessByTokens } from './access.ts';
import { type ApiServer, type ApiServerOptions, serveApi } from './api-server.ts';
import { type ApiRequest, type ApiResponse, type Route, WireError } from './route.ts';
import { routerOf } from './router.ts';

type Handle = (request: ApiRequest) => Promise<ApiResponse>;

interface RunningServer {
  readonly server: ApiServer;
  readonly url: string;
  readonly errors: unknown[];
  /** The recorded responses, without their times. */
  readonly responses: (readonly [route: string, status: number])[];
}

/** Starts a server with one route, by default `GET /v1/layers/:name`. */
async function startServer(
  context: TestContext,
  handle: Handle,
  change: Partial<ApiServerOptions> & { readonly route?: Partial<Route> } = {},
): Promise<RunningServer> {
  const route = { name: 'v1/test', method: 'GET', path: '/layers/:name', ...change.route, handle };
  const errors: unknown[] = [];
  const responses: (readonly [string, number])[] = [];
  const server = await startApiServer(context, {
    routers: () => [routerOf('/v1', [route])],
    onError: (error) => errors.push(error),
    onResponse: (name, status) => responses.push([name, status]),
    ...change,
  });
  return { server, url: `http://127.0.0.1:${server.port}`, errors, responses };
}

interface RawHttpResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Sends a request as `curl` does: returns the bytes that the server sent, without decoding. */
async function requestRaw(
  url: string,
  options: { method?: string; headers?: object; body?: string | Buffer } = {},
): Promise<RawHttpResponse> {
  const request = httpRequest(url, { agent: false, method: options.method, headers: { ...options.headers } });
  request.end(options.body);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const body = Buffer.concat(await response.toArray());
  return { status: response.statusCode ?? 0, headers: response.headers, body };
}

const ok: Handle = async ({ params }) => ({ status: 200, body: { Layer: { Name: params['name'] } } });

suite('responses', () => {
  test('have the headers of Clair when they are JSON', async (context) => {
    const { url, responses } = await startServer(context, ok);
    const { status, headers, body } = await requestRaw(`${url}/v1/layers/a%2F%3Cb%3E?features`);
    assert.equal(status, 200);
    assert.equal(body.toString(), '{"Layer":{"Name":"a/\\u003cb\\u003e"}}\n');
    assert.equal(headers['server'], 'clair');
    assert.equal(headers['content-type'], 'application/json;charset=utf-8');
    assert.equal(headers['content-length'], String(body.length));
    assert.equal(headers['content-encoding'], undefined);
    assert.deepEqual(responses, [['v1/test', 200]]);
  });

  test('are compressed when Accept-Encoding names gzip in any way', async (context) => {
    const { url } = await startServer(context, ok);
    const { headers, body } = await requestRaw(`${url}/v1/layers/a`, {
      headers: { 'Accept-Encoding': 'gzip;q=0' },
    });
    assert.equal(headers['content-encoding'], 'gzip');
    assert.equal(gunzipSync(body).toString(), '{"Layer":{"Name":"a"}}\n');
  });

  test('have no content type and no compression when they are empty', async (context) => {
    const { url } = await startServer(context, async () => ({ status: 200 }));
    const { headers, body } = await requestRaw(`${url}/v1/layers/a`, {
      headers: { 'Accept-Encoding': 'gzip' },
    });
    assert.deepEqual([headers['content-type'], headers['content-encoding']], [undefined, undefined]);
    assert.equal(headers['content-length'], '0');
    assert.equal(body.length, 0);
  });

  test('are those of Go, and not recorded, when no route matches', async (context) => {
    const { url, responses } = await startServer(context, ok);
    const head = await requestRaw(`${url}/v1/layers/a`, {
      method: 'HEAD',
      headers: { 'Accept-Encoding': 'gzip' },
    });
    assert.deepEqual([head.status, head.headers['content-length'], head.body.length], [405, '19', 0]);
    const missing = await requestRaw(`${url}/v2/layers/a`, { headers: { 'Accept-Encoding': 'gzip' } });
    assert.deepEqual([missing.status, missing.body.toString()], [404, '404 page not found\n']);
    assert.equal(missing.headers['x-content-type-options'], 'nosniff');
    const moved = await requestRaw(`${url}/v1/layers/a/`);
    assert.equal(moved.body.toString(), '<a href="/v1/layers/a">Moved Permanently</a>.\n\n');
    assert.equal(moved.headers['content-type'], 'text/html; charset=utf-8');
    assert.deepEqual(responses, []);
  });

  test('have their own content type when they are not JSON', async (context) => {
    const text = { status: 200, contentType: 'text/plain; version=0.0.4', text: 'a 1\n' };
    const { url } = await startServer(context, async () => text);
    const { headers, body } = await requestRaw(`${url}/v1/layers/a`);
    assert.deepEqual([headers['content-type'], body.toString()], [text.contentType, text.text]);
  });
});

suite('error responses', () => {
  test('have the status and the message when a route throws a WireError', async (context) => {
    const { url, responses, errors } = await startServer(context, () => {
      throw new WireError(503, 'too busy', { retryAfterSeconds: 7 });
    });
    const { status, headers, body } = await requestRaw(`${url}/v1/layers/a`);
    assert.deepEqual([status, headers['retry-after']], [503, '7']);
    assert.equal(body.toString(), '{"Error":{"Message":"too busy"}}\n');
    assert.deepEqual([responses, errors], [[['v1/test', 503]], []]);
  });

  test('have no details when a route throws an internal error', async (context) => {
    const bug = new TypeError('secret');
    const { url, errors } = await startServer(context, () => Promise.reject(bug));
    const { status, body } = await requestRaw(`${url}/v1/layers/a`);
    assert.equal(status, 500);
    assert.equal(body.toString(), '{"Error":{"Message":"internal server error"}}\n');
    assert.deepEqual(errors, [bug]);
  });
});

async function* pieces(): AsyncIterable<string> {
  yield '{"a":';
  yield '1}\n';
}

suite('streams', () => {
  test('are written chunk by chunk', async (context) => {
    const { url } = await startServer(context, async () => ({ status: 200, stream: pieces() }));
    const { headers, body } = await requestRaw(`${url}/v1/layers/a`);
    assert.equal(headers['content-type'], 'application/json;charset=utf-8');
    assert.equal(body.toString(), '{"a":1}\n');
    const packed = await requestRaw(`${url}/v1/layers/a`, { headers: { 'Accept-Encoding': 'gzip' } });
    assert.equal(gunzipSync(packed.body).toString(), '{"a":1}\n');
  });

  test('give a status when they fail before the first chunk, and end abruptly later', async (context) => {
    const bug = new Error('no row');
    async function* failing(after: number): AsyncIterable<string> {
      for (let piece = 0; piece < after; piece++) yield 'x';
      throw bug;
    }
    const { url, errors } = await startServer(context, async ({ params }) => ({
      status: 200,
      stream: failing(Number(params['name'])),
    }));
    assert.equal((await requestRaw(`${url}/v1/layers/0`)).status, 500);
    await assert.rejects(requestRaw(`${url}/v1/layers/1`), { code: 'ECONNRESET' });
    assert.deepEqual(errors, [bug, bug]);
  });

  test('are read no faster than the client reads', async (context) => {
    let made = 0;
    async function* endless(): AsyncIterable<string> {
      for (; ; made++) yield 'x'.repeat(1_048_576);
    }
    const { server, url } = await startServer(context, async ({ params }) =>
      params['name'] === 'all' ? { status: 200, stream: endless() } : { status: 200 },
    );
    const socket = connect(server.port, '127.0.0.1');
    socket.write('GET /v1/layers/all HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await once(socket, 'readable');
    for (let i = 0; i < 100; i++) assert.equal((await requestRaw(`${url}/v1/layers/a`)).status, 200);
    // The size of the socket buffers, and little more.
    assert.ok(made < 20, `${made} MiB made`);
    socket.destroy();
  });

  test('end without an internal error when the client disconnects', async (context) => {
    const ended = Promise.withResolvers<undefined>();
    async function* endless(): AsyncIterable<string> {
      try {
        for (;;) yield 'x'.repeat(65_536);
      } finally {
        ended.resolve(undefined);
      }
    }
    const { server, errors } = await startServer(context, async () => ({ status: 200, stream: endless() }));
    const socket = connect(server.port, '127.0.0.1');
    socket.write('GET /v1/layers/a HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await once(socket, 'data');
    socket.destroy();
    await ended.promise;
    await server.stop();
    assert.deepEqual(errors, []);
  });
});

suite('requests', () => {
  const echo: Handle = async (request) => {
    const body = await request.body();
    return { status: 200, text: `${body.length} ${body.subarray(-1).toString()}` };
  };

  test('have at most 1 MiB of their body read', async (context) => {
    const { url } = await startServer(context, echo, { route: { method: 'POST' } });
    const bodies = ['', 'x', `${'x'.repeat(limits.requestBodyBytes)}${'y'.repeat(2_000_000)}`];
    const read: string[] = [];
    for (const body of bodies)
      read.push((await requestRaw(`${url}/v1/layers/a`, { method: 'POST', body })).body.toString());
    assert.deepEqual(read, ['0 ', '1 x', `${limits.requestBodyBytes} x`]);
  });

  test('get 408 when they do not arrive in time', async (context) => {
    const requestTimeouts = { headersMs: 20, requestMs: 40 };
    const { server } = await startServer(context, echo, { requestTimeouts, route: { method: 'POST' } });
    for (const beginning of [
      'POST /v1/layers/a HTTP/1.1\r\nHos',
      'POST /v1/layers/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{',
    ]) {
      const socket = connect(server.port, '127.0.0.1');
      socket.write(beginning);
      const received = Buffer.concat(await socket.toArray()).toString();
      assert.match(received, /^HTTP\/1\.1 408 Request Timeout\r\n/);
    }
  });
});

suite('requests over the time limit', () => {
  test('get 503 and are aborted when they take too long', async (context) => {
    const seenSignal = Promise.withResolvers<AbortSignal>();
    const waiting: Handle = ({ signal }) => {
      seenSignal.resolve(signal);
      return new Promise(() => undefined);
    };
    const { url, responses } = await startServer(context, waiting, { timeoutMs: 20 });
    const { status, headers, body } = await requestRaw(`${url}/v1/layers/a`, {
      headers: { 'Accept-Encoding': 'gzip' },
    });
    assert.equal(status, 503);
    assert.equal(headers['content-type'], 'text/plain; charset=utf-8');
    assert.equal(
      body.toString(),
      '{"Error":{"Message":"Clair failed to respond within the configured timeout window.","Type":"Timeout"}}',
    );
    assert.ok((await seenSignal.promise).aborted);
    assert.deepEqual(responses, [['v1/test', 503]]);
  });

  test('get 503 when their stream does not begin in time', async (context) => {
    const stream: AsyncIterable<string> = {
      [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }),
    };
    const { url } = await startServer(context, async () => ({ status: 200, stream }), { timeoutMs: 20 });
    assert.equal((await requestRaw(`${url}/v1/layers/a`)).status, 503);
  });
});

suite('clients that disconnect', () => {
  test('abort their request', async (context) => {
    const begun = Promise.withResolvers<undefined>();
    const gone = Promise.withResolvers<undefined>();
    const waiting: Handle = async ({ signal }) => {
      begun.resolve(undefined);
      await once(signal, 'abort');
      gone.resolve(undefined);
      throw signal.reason as Error;
    };
    const { server, responses, errors } = await startServer(context, waiting);
    const socket = connect(server.port, '127.0.0.1');
    socket.write('GET /v1/layers/a HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await begun.promise;
    socket.destroy();
    await gone.promise;
    await server.stop();
    assert.deepEqual([responses, errors], [[['v1/test', 499]], []]);
  });

  test('cause no internal error when the body is incomplete', async (context) => {
    const begun = Promise.withResolvers<undefined>();
    const reading: Handle = async (request) => {
      begun.resolve(undefined);
      return { status: 200, text: (await request.body()).toString() };
    };
    const { server, responses, errors } = await startServer(context, reading, { route: { method: 'POST' } });
    const socket = connect(server.port, '127.0.0.1');
    socket.write('POST /v1/layers/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n{');
    await begun.promise;
    socket.destroy();
    await server.stop();
    assert.deepEqual([responses, errors], [[['v1/test', 499]], []]);
  });
});

suite('shutdown', () => {
  test('waits for running requests and accepts no more', async (context) => {
    const begun = Promise.withResolvers<undefined>();
    const release = Promise.withResolvers<undefined>();
    const { server, url } = await startServer(context, async () => {
      begun.resolve(undefined);
      await release.promise;
      return { status: 200, text: 'done' };
    });
    const socket = connect(server.port, '127.0.0.1');
    socket.write('GET /v1/layers/a HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await begun.promise;
    const stopped = server.stop();
    await assert.rejects(requestRaw(`${url}/v1/layers/b`), { code: 'ECONNREFUSED' });
    release.resolve(undefined);
    const received = Buffer.concat(await socket.toArray()).toString();
    assert.match(received, /\r\nConnection: close\r\n(?:.+\r\n)*\r\ndone$/);
    await stopped;
    await server.stop();
  });

  test('responds with 503 to a request that does not end in time', async (context) => {
    const begun = Promise.withResolvers<AbortSignal>();
    const waiting: Handle = ({ signal }) => {
      begun.resolve(signal);
      return new Promise(() => undefined);
    };
    const { server, url, responses, errors } = await startServer(context, waiting, {
      route: { method: 'POST' },
    });
    const pending = requestRaw(`${url}/v1/layers/a`, { method: 'POST', body: '{}' });
    const signal = await begun.promise;
    await server.stop(1);
    const { status, headers, body } = await pending;
    assert.deepEqual([status, headers['retry-after'], headers['connection']], [503, '5', 'close']);
    assert.equal(body.toString(), '{"Error":{"Message":"the server is stopping"}}\n');
    assert.deepEqual([signal.aborted, responses, errors], [true, [['v1/test', 503]], []]);
  });

  test('throws an error when the port is in use', async (context) => {
    const { server } = await startServer(context, ok);
    const options = { ...apiServerDefaults, routers: () => [] };
    await assert.rejects(serveApi('the API', { host: '127.0.0.1', port: server.port }, options), {
      code: 'usage',
      message: /^the API cannot listen on 127\.0\.0\.1, port \d+: Address already in use \(EADDRINUSE\)$/,
    });
  });
});

suite('tokens', () => {
  const sumOf = (token: string): string => createHash('sha256').update(token).digest('hex');
  const access = accessByTokens([
    `read:${sumOf('r')}`,
    `scan:${sumOf('s')}`,
    `admin:${sumOf('a').toUpperCase()}`,
  ]);
  const as = (token: string): object => ({ headers: { Authorization: `Bearer ${token}` } });

  test('are checked before anything else', async (context) => {
    const { url } = await startServer(context, ok, { access });
    for (const options of [{}, as('x'), as(''), { headers: { Authorization: 'Basic cjpy' } }]) {
      const { status, headers, body } = await requestRaw(`${url}/v1/nowhere`, options);
      assert.deepEqual([status, headers['www-authenticate']], [401, 'Bearer']);
      assert.equal(body.toString(), '{"Error":{"Message":"a valid token is required"}}\n');
    }
    assert.equal((await requestRaw(`${url}/v1/nowhere`, as('r'))).status, 404);
  });

  const cases: readonly (readonly [route: Partial<Route>, statuses: Readonly<Record<string, number>>])[] = [
    [{ method: 'GET' }, { r: 200, s: 200, a: 200 }],
    [
      { method: 'POST', scope: 'scan' },
      { r: 403, s: 200, a: 200 },
    ],
    [{ method: 'DELETE' }, { r: 403, s: 403, a: 200 }],
  ];
  for (const [route, statuses] of cases)
    test(`allow ${route.method ?? ''} by their scope`, async (context) => {
      const { url } = await startServer(context, ok, { access, route });
      for (const [token, status] of Object.entries(statuses))
        assert.equal(
          (await requestRaw(`${url}/v1/layers/a`, { method: route.method ?? '', ...as(token) })).status,
          status,
        );
    });
});
