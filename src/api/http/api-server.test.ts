import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { suite, type TestContext, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { limits } from '../../kit/limits.ts';
import { accessByTokens } from './access.ts';
import { type ApiServer, type ApiServerRoom, serveApi } from './api-server.ts';
import { type ApiAnswer, type ApiRequest, type Route, WireError } from './exchange.ts';
import { routerOf } from './router.ts';

type Handle = (request: ApiRequest) => Promise<ApiAnswer>;

interface Running {
  readonly server: ApiServer;
  readonly url: string;
  readonly errors: unknown[];
  /** What was told of answers, without the time. */
  readonly answered: (readonly [route: string, status: number])[];
}

/** A server with one route, `GET /v1/layers/:name` if it is not said otherwise. */
async function serving(
  context: TestContext,
  handle: Handle,
  change: Partial<ApiServerRoom> & { readonly route?: Partial<Route> } = {},
): Promise<Running> {
  const route = { name: 'v1/test', method: 'GET', path: '/layers/:name', ...change.route, handle };
  const errors: unknown[] = [];
  const answered: (readonly [string, number])[] = [];
  const server = await serveApi(
    'the API',
    { host: '127.0.0.1', port: 0 },
    {
      routers: [routerOf('/v1', [route])],
      access: accessByTokens([]),
      timeoutMs: 60_000,
      tls: undefined,
      onError: (error) => errors.push(error),
      onAnswered: (name, status) => answered.push([name, status]),
      ...change,
    },
  );
  context.after(() => server.stop(0));
  return { server, url: `http://127.0.0.1:${server.port}`, errors, answered };
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Asks as `curl` does: what comes is what the server sent. */
async function ask(
  url: string,
  options: { method?: string; headers?: object; body?: string | Buffer } = {},
): Promise<Answer> {
  const request = httpRequest(url, { agent: false, method: options.method, headers: { ...options.headers } });
  request.end(options.body);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const body = Buffer.concat(await response.toArray());
  return { status: response.statusCode ?? 0, headers: response.headers, body };
}

const ok: Handle = async ({ params }) => ({ status: 200, body: { Layer: { Name: params['name'] } } });

suite('answers', () => {
  test('JSON comes with the headers of Clair', async (context) => {
    const { url, answered } = await serving(context, ok);
    const { status, headers, body } = await ask(`${url}/v1/layers/a%2F%3Cb%3E?features`);
    assert.equal(status, 200);
    assert.equal(body.toString(), '{"Layer":{"Name":"a/\\u003cb\\u003e"}}\n');
    assert.equal(headers['server'], 'clair');
    assert.equal(headers['content-type'], 'application/json;charset=utf-8');
    assert.equal(headers['content-length'], String(body.length));
    assert.equal(headers['content-encoding'], undefined);
    assert.deepEqual(answered, [['v1/test', 200]]);
  });

  test('gzip is spoken with whoever names it, in whatever way', async (context) => {
    const { url } = await serving(context, ok);
    const { headers, body } = await ask(`${url}/v1/layers/a`, { headers: { 'Accept-Encoding': 'gzip;q=0' } });
    assert.equal(headers['content-encoding'], 'gzip');
    assert.equal(gunzipSync(body).toString(), '{"Layer":{"Name":"a"}}\n');
  });

  test('an answer without content has no content type and is not compressed', async (context) => {
    const { url } = await serving(context, async () => ({ status: 200 }));
    const { headers, body } = await ask(`${url}/v1/layers/a`, { headers: { 'Accept-Encoding': 'gzip' } });
    assert.deepEqual([headers['content-type'], headers['content-encoding']], [undefined, undefined]);
    assert.equal(headers['content-length'], '0');
    assert.equal(body.length, 0);
  });

  test('what no route answers is answered as Go does, and not counted', async (context) => {
    const { url, answered } = await serving(context, ok);
    const head = await ask(`${url}/v1/layers/a`, { method: 'HEAD', headers: { 'Accept-Encoding': 'gzip' } });
    assert.deepEqual([head.status, head.headers['content-length'], head.body.length], [405, '19', 0]);
    const lost = await ask(`${url}/v2/layers/a`, { headers: { 'Accept-Encoding': 'gzip' } });
    assert.deepEqual([lost.status, lost.body.toString()], [404, '404 page not found\n']);
    assert.equal(lost.headers['x-content-type-options'], 'nosniff');
    const moved = await ask(`${url}/v1/layers/a/`);
    assert.equal(moved.body.toString(), '<a href="/v1/layers/a">Moved Permanently</a>.\n\n');
    assert.equal(moved.headers['content-type'], 'text/html; charset=utf-8');
    assert.deepEqual(answered, []);
  });

  test('an answer that is no JSON says so', async (context) => {
    const text = { status: 200, contentType: 'text/plain; version=0.0.4', text: 'a 1\n' };
    const { url } = await serving(context, async () => text);
    const { headers, body } = await ask(`${url}/v1/layers/a`);
    assert.deepEqual([headers['content-type'], body.toString()], [text.contentType, text.text]);
  });
});

suite('failures', () => {
  test('a failure is told with its status', async (context) => {
    const { url, answered, errors } = await serving(context, () => {
      throw new WireError(503, 'too busy', { retryAfterSeconds: 7 });
    });
    const { status, headers, body } = await ask(`${url}/v1/layers/a`);
    assert.deepEqual([status, headers['retry-after']], [503, '7']);
    assert.equal(body.toString(), '{"Error":{"Message":"too busy"}}\n');
    assert.deepEqual([answered, errors], [[['v1/test', 503]], []]);
  });

  test('of a bug the client learns nothing', async (context) => {
    const bug = new TypeError('secret');
    const { url, errors } = await serving(context, () => Promise.reject(bug));
    const { status, body } = await ask(`${url}/v1/layers/a`);
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
  test('are written as they come', async (context) => {
    const { url } = await serving(context, async () => ({ status: 200, stream: pieces() }));
    const { headers, body } = await ask(`${url}/v1/layers/a`);
    assert.equal(headers['content-type'], 'application/json;charset=utf-8');
    assert.equal(body.toString(), '{"a":1}\n');
    const packed = await ask(`${url}/v1/layers/a`, { headers: { 'Accept-Encoding': 'gzip' } });
    assert.equal(gunzipSync(packed.body).toString(), '{"a":1}\n');
  });

  test('that fail before the first piece give a status, later they break off', async (context) => {
    const bug = new Error('no row');
    async function* failing(after: number): AsyncIterable<string> {
      for (let piece = 0; piece < after; piece++) yield 'x';
      throw bug;
    }
    const { url, errors } = await serving(context, async ({ params }) => ({
      status: 200,
      stream: failing(Number(params['name'])),
    }));
    assert.equal((await ask(`${url}/v1/layers/0`)).status, 500);
    await assert.rejects(ask(`${url}/v1/layers/1`), { code: 'ECONNRESET' });
    assert.deepEqual(errors, [bug, bug]);
  });

  test('are made no faster than the client takes them', async (context) => {
    let made = 0;
    async function* endless(): AsyncIterable<string> {
      for (; ; made++) yield 'x'.repeat(1_048_576);
    }
    const { server, url } = await serving(context, async ({ params }) =>
      params['name'] === 'all' ? { status: 200, stream: endless() } : { status: 200 },
    );
    const socket = connect(server.port, '127.0.0.1');
    socket.write('GET /v1/layers/all HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await once(socket, 'readable');
    for (let i = 0; i < 100; i++) assert.equal((await ask(`${url}/v1/layers/a`)).status, 200);
    // What the buffers of the system hold, and little more.
    assert.ok(made < 20, `${made} MiB made`);
    socket.destroy();
  });

  test('end when the client goes away, which is no bug', async (context) => {
    const ended = Promise.withResolvers<undefined>();
    async function* endless(): AsyncIterable<string> {
      try {
        for (;;) yield 'x'.repeat(65_536);
      } finally {
        ended.resolve(undefined);
      }
    }
    const { server, errors } = await serving(context, async () => ({ status: 200, stream: endless() }));
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

  test('of a body the first MiB is read', async (context) => {
    const { url } = await serving(context, echo, { route: { method: 'POST' } });
    const bodies = ['', 'x', `${'x'.repeat(limits.requestBodyBytes)}${'y'.repeat(2_000_000)}`];
    const read: string[] = [];
    for (const body of bodies)
      read.push((await ask(`${url}/v1/layers/a`, { method: 'POST', body })).body.toString());
    assert.deepEqual(read, ['0 ', '1 x', `${limits.requestBodyBytes} x`]);
  });

  test('that do not arrive are not waited for', async (context) => {
    const arrival = { headersMs: 20, requestMs: 40 };
    const { server } = await serving(context, echo, { arrival, route: { method: 'POST' } });
    for (const begin of [
      'POST /v1/layers/a HTTP/1.1\r\nHos',
      'POST /v1/layers/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{',
    ]) {
      const socket = connect(server.port, '127.0.0.1');
      socket.write(begin);
      const received = Buffer.concat(await socket.toArray()).toString();
      assert.match(received, /^HTTP\/1\.1 408 Request Timeout\r\n/);
    }
  });
});

suite('requests that are given up', () => {
  test('that take too long are answered and given up', async (context) => {
    const told = Promise.withResolvers<AbortSignal>();
    const waiting: Handle = ({ signal }) => {
      told.resolve(signal);
      return new Promise(() => undefined);
    };
    const { url, answered } = await serving(context, waiting, { timeoutMs: 20 });
    const { status, headers, body } = await ask(`${url}/v1/layers/a`, {
      headers: { 'Accept-Encoding': 'gzip' },
    });
    assert.equal(status, 503);
    assert.equal(headers['content-type'], 'text/plain; charset=utf-8');
    assert.equal(
      body.toString(),
      '{"Error":{"Message":"Clair failed to respond within the configured timeout window.","Type":"Timeout"}}',
    );
    assert.ok((await told.promise).aborted);
    assert.deepEqual(answered, [['v1/test', 503]]);
  });

  test('whose stream does not begin in time are answered too', async (context) => {
    const stream: AsyncIterable<string> = {
      [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }),
    };
    const { url } = await serving(context, async () => ({ status: 200, stream }), { timeoutMs: 20 });
    assert.equal((await ask(`${url}/v1/layers/a`)).status, 503);
  });
});

suite('clients that go away', () => {
  test('leave requests that are given up', async (context) => {
    const begun = Promise.withResolvers<undefined>();
    const gone = Promise.withResolvers<undefined>();
    const waiting: Handle = async ({ signal }) => {
      begun.resolve(undefined);
      await once(signal, 'abort');
      gone.resolve(undefined);
      throw signal.reason as Error;
    };
    const { server, answered, errors } = await serving(context, waiting);
    const socket = connect(server.port, '127.0.0.1');
    socket.write('GET /v1/layers/a HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await begun.promise;
    socket.destroy();
    await gone.promise;
    await server.stop();
    assert.deepEqual([answered, errors], [[['v1/test', 499]], []]);
  });

  test('in the middle of a body are no bug', async (context) => {
    const begun = Promise.withResolvers<undefined>();
    const reading: Handle = async (request) => {
      begun.resolve(undefined);
      return { status: 200, text: (await request.body()).toString() };
    };
    const { server, answered, errors } = await serving(context, reading, { route: { method: 'POST' } });
    const socket = connect(server.port, '127.0.0.1');
    socket.write('POST /v1/layers/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n{');
    await begun.promise;
    socket.destroy();
    await server.stop();
    assert.deepEqual([answered, errors], [[['v1/test', 499]], []]);
  });
});

suite('the end', () => {
  test('waits for requests under way and takes no more', async (context) => {
    const begun = Promise.withResolvers<undefined>();
    const release = Promise.withResolvers<undefined>();
    const { server, url } = await serving(context, async () => {
      begun.resolve(undefined);
      await release.promise;
      return { status: 200, text: 'done' };
    });
    const socket = connect(server.port, '127.0.0.1');
    socket.write('GET /v1/layers/a HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await begun.promise;
    const stopped = server.stop();
    await assert.rejects(ask(`${url}/v1/layers/b`), { code: 'ECONNREFUSED' });
    release.resolve(undefined);
    const received = Buffer.concat(await socket.toArray()).toString();
    assert.match(received, /\r\nConnection: close\r\n(?:.+\r\n)*\r\ndone$/);
    await stopped;
    await server.stop();
  });

  test('comes also where a request does not', async (context) => {
    const begun = Promise.withResolvers<AbortSignal>();
    const { server, url } = await serving(context, ({ signal }) => {
      begun.resolve(signal);
      return new Promise(() => undefined);
    });
    const answer = assert.rejects(ask(`${url}/v1/layers/a`), { code: 'ECONNRESET' });
    const signal = await begun.promise;
    await server.stop(1);
    await answer;
    if (!signal.aborted) await once(signal, 'abort');
  });

  test('a port that is taken is told of', async (context) => {
    const { server } = await serving(context, ok);
    const room = {
      routers: [],
      access: accessByTokens([]),
      timeoutMs: 1,
      tls: undefined,
      onError: () => undefined,
      onAnswered: () => undefined,
    };
    await assert.rejects(serveApi('the API', { host: '127.0.0.1', port: server.port }, room), {
      code: 'usage',
      message:
        /^the API cannot listen on 127\.0\.0\.1, port \d+: another program listens there already \(EADDRINUSE\)$/,
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

  test('are asked for before anything is told', async (context) => {
    const { url } = await serving(context, ok, { access });
    for (const options of [{}, as('x'), as(''), { headers: { Authorization: 'Basic cjpy' } }]) {
      const { status, headers, body } = await ask(`${url}/v1/nowhere`, options);
      assert.deepEqual([status, headers['www-authenticate']], [401, 'Bearer']);
      assert.equal(body.toString(), '{"Error":{"Message":"a valid token is required"}}\n');
    }
    assert.equal((await ask(`${url}/v1/nowhere`, as('r'))).status, 404);
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
      const { url } = await serving(context, ok, { access, route });
      for (const [token, status] of Object.entries(statuses))
        assert.equal(
          (await ask(`${url}/v1/layers/a`, { method: route.method ?? '', ...as(token) })).status,
          status,
        );
    });

  test('are never written down themselves', () => {
    for (const entry of ['scan:secret', 'secret', `root:${sumOf('a')}`, `read:${sumOf('a')}0`])
      assert.throws(
        () => accessByTokens([entry]),
        ({ code, message }: Error & { code: unknown }) =>
          code === 'config-invalid' && !message.includes(entry),
      );
  });
});
