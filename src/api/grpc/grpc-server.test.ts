import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { type ClientHttp2Stream, connect, type IncomingHttpHeaders } from 'node:http2';
import { type RequestOptions, request } from 'node:https';
import { suite, type TestContext, test } from 'node:test';
import type { ConnectionOptions } from 'node:tls';
import { status } from '@grpc/grpc-js';
import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { startApiServer } from '../../testing/api-server.ts';
import { testAuthority } from '../../testing/certificates.ts';
import { type GrpcTestClient, grpcClient, tlsCredentials } from '../../testing/grpc-client.ts';
import { accessByTokens } from '../http/access.ts';
import type { ApiServer } from '../http/api-server.ts';
import { routerOf } from '../http/router.ts';
import { readTls, type TlsSettings } from '../http/tls.ts';
import { RpcError } from '../http/v3/errors.ts';
import type { V3Methods } from '../http/v3/methods.ts';
import { grpcServer } from './grpc-server.ts';
import { loadProtos } from './protos.ts';

const protos = await loadProtos();
const ancestries = protos.service('coreos.clair.AncestryService');
const statuses = protos.service('coreos.clair.StatusService');
const health = protos.service('grpc.health.v1.Health');

interface RunningServer {
  readonly server: ApiServer;
  readonly client: GrpcTestClient;
  readonly errors: unknown[];
  readonly responses: (readonly [route: string, status: number])[];
}

interface Change {
  readonly methods?: Partial<V3Methods>;
  readonly tokens?: readonly string[];
  readonly timeoutMs?: number;
  readonly requestMs?: number;
  readonly tls?: TlsSettings;
}

/** Starts a server with a route `/who` over HTTP/1.1 and these methods over gRPC, and connects a client. */
async function startServer(context: TestContext, change: Change = {}): Promise<RunningServer> {
  const unexpected = (): never => assert.fail('this method is not called');
  const methods: V3Methods = {
    GetAncestry: unexpected,
    PostAncestry: unexpected,
    GetStatus: async () => ({ status: { last_update_time: '2026-01-02T03:04:05.678Z' } }),
    GetNotification: unexpected,
    MarkNotificationAsRead: unexpected,
    ...change.methods,
  };
  const errors: unknown[] = [];
  const responses: (readonly [string, number])[] = [];
  const shared = {
    access: accessByTokens(change.tokens ?? []),
    timeoutMs: change.timeoutMs ?? 60_000,
    onError: (error: unknown) => errors.push(error),
    onResponse: (route: string, code: number) => responses.push([route, code]),
  };
  const who = { name: 'who', method: 'GET', path: '/who', handle: async () => ({ status: 200, text: 'us' }) };
  const server = await startApiServer(context, {
    ...shared,
    routers: () => [routerOf('', [who])],
    tls: change.tls && readTls(change.tls),
    http2: await grpcServer({
      ...shared,
      methods: () => methods,
      ...(change.requestMs !== undefined && { requestMs: change.requestMs }),
    }),
  });
  return { server, client: grpcClient(context, server.port), errors, responses };
}

suite('calls', () => {
  test('receive a message and return one', async (context) => {
    const requests: object[] = [];
    const { client, responses } = await startServer(context, {
      methods: {
        async PostAncestry(message) {
          requests.push(message);
          return {};
        },
      },
    });
    assert.deepEqual(await client.call(statuses, 'GetStatus', {}), {
      status: { detectors: [], last_update_time: { seconds: 1_767_323_045, nanos: 678_000_000 } },
    });
    const layers = [{ hash: 'h0', path: '/a', headers: { A: 'b' } }];
    await client.call(ancestries, 'PostAncestry', { ancestry_name: 'shop', layers });
    assert.deepEqual(requests, [{ ancestry_name: 'shop', format: '', layers }]);
    assert.deepEqual(responses, [
      ['v3/getStatus', 200],
      ['v3/postAncestry', 200],
    ]);
  });

  test('return the error of a method, but no details of an internal error', async (context) => {
    const bug = new TypeError('secret');
    const { client, errors, responses } = await startServer(context, {
      methods: {
        GetAncestry: async ({ ancestry_name: name }) => {
          if (name === 'bug') throw bug;
          throw name === 'busy' ? new ClairError('busy', 'too many') : new RpcError('not-found', 'no such');
        },
      },
    });
    const get = (name: string): Promise<object> =>
      client.call(ancestries, 'GetAncestry', { ancestry_name: name });
    await assert.rejects(get('nope'), { code: status.NOT_FOUND, details: 'no such' });
    await assert.rejects(get('busy'), { code: status.UNAVAILABLE, details: 'too many' });
    await assert.rejects(get('bug'), { code: status.INTERNAL, details: 'internal server error' });
    assert.deepEqual(errors, [bug]);
    assert.deepEqual(
      responses.map(([, code]) => code),
      [404, 503, 500],
    );
  });
});

suite('failed calls', () => {
  test('report the cause when the database fails and the code is UNAVAILABLE', async (context) => {
    const failure = new ClairError('store-unusable', 'the database is away');
    const methods = { GetStatus: () => Promise.reject(failure) };
    const { client, errors } = await startServer(context, { methods });
    await assert.rejects(client.call(statuses, 'GetStatus', {}), { code: status.UNAVAILABLE });
    assert.deepEqual(errors, [failure]);
  });

  test('are refused when a web page of another origin sends them', async (context) => {
    const { client } = await startServer(context);
    const call = (metadata: Readonly<Record<string, string>>): Promise<object> =>
      client.call(statuses, 'GetStatus', {}, { metadata });
    await assert.rejects(call({ origin: 'http://evil.test' }), { code: status.PERMISSION_DENIED });
    await assert.rejects(call({ 'sec-fetch-site': 'cross-site' }), { code: status.PERMISSION_DENIED });
    await call({ 'sec-fetch-site': 'same-origin' });
  });

  test('are refused when they exceed the body limit of HTTP', async (context) => {
    const { client } = await startServer(context);
    const name = 'x'.repeat(limits.requestBodyBytes);
    await assert.rejects(client.call(ancestries, 'GetAncestry', { ancestry_name: name }), {
      code: status.RESOURCE_EXHAUSTED,
    });
  });
});

interface BlockedMethod {
  readonly methods: Partial<V3Methods>;
  readonly begun: Promise<unknown>;
  readonly reason: Promise<unknown>;
}

/** A method that settles only when its signal is aborted. */
function blockedMethod(): BlockedMethod {
  const begun = Promise.withResolvers<undefined>();
  const ended = Promise.withResolvers<unknown>();
  const GetAncestry: V3Methods['GetAncestry'] = async (_, signal) => {
    begun.resolve(undefined);
    await once(signal, 'abort');
    ended.resolve(signal.reason instanceof RpcError ? signal.reason.code : signal.reason);
    throw signal.reason as Error;
  };
  return { methods: { GetAncestry }, begun: begun.promise, reason: ended.promise };
}

/** Starts a raw call of `GetAncestry`, without sending its message. */
function beginCall(context: TestContext, port: number): ClientHttp2Stream {
  const session = connect(`http://127.0.0.1:${port}`);
  context.after(() => {
    session.destroy();
  });
  // The server closes them at its end.
  session.on('error', () => undefined);
  const call = session.request({
    ':method': 'POST',
    ':path': '/coreos.clair.AncestryService/GetAncestry',
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  return call.on('error', () => undefined);
}

suite('calls are cancelled', () => {
  test('when their deadline passes', async (context) => {
    const { methods, begun, reason } = blockedMethod();
    const { client, errors } = await startServer(context, { methods });
    const call = { hasBegun: false };
    void begun.then(() => {
      call.hasBegun = true;
    });
    // On a busy machine, a call may miss its deadline before it reaches the server.
    for (let ms = 100; !call.hasBegun; ms *= 2)
      await assert.rejects(client.call(ancestries, 'GetAncestry', {}, { deadline: Date.now() + ms }), {
        code: status.DEADLINE_EXCEEDED,
      });
    assert.equal(await reason, 'cancelled');
    assert.deepEqual(errors, []);
  });

  test('when the client cancels them', async (context) => {
    const { methods, begun, reason } = blockedMethod();
    const { client, errors, server, responses } = await startServer(context, { methods });
    const cancel = new AbortController();
    const refused = assert.rejects(client.call(ancestries, 'GetAncestry', {}, { signal: cancel.signal }), {
      code: status.CANCELLED,
    });
    await begun;
    cancel.abort();
    await refused;
    assert.equal(await reason, 'cancelled');
    await server.stop();
    assert.deepEqual([errors, responses], [[], [['v3/getAncestry', 499]]]);
  });

  test('when the client disconnects', async (context) => {
    const { methods, begun, reason } = blockedMethod();
    const { server } = await startServer(context, { methods });
    const call = beginCall(context, server.port);
    // An empty message in gRPC framing: not compressed, and of length 0.
    call.end(Buffer.alloc(5));
    await begun;
    call.session?.destroy();
    assert.equal(await reason, 'cancelled');
  });
});

suite('calls are ended by the server', () => {
  test('when they take longer than the server allows', async (context) => {
    const { methods } = blockedMethod();
    const { client } = await startServer(context, { methods, timeoutMs: 20 });
    await assert.rejects(client.call(ancestries, 'GetAncestry', {}), {
      code: status.DEADLINE_EXCEEDED,
      details: 'the call takes longer than the server allows',
    });
  });

  test('when their request does not arrive', async (context) => {
    const { server } = await startServer(context, { requestMs: 20 });
    const call = beginCall(context, server.port);
    const [headers] = (await once(call.resume(), 'response')) as [IncomingHttpHeaders];
    assert.equal(headers['grpc-status'], `${status.DEADLINE_EXCEEDED}`);
    assert.equal(decodeURIComponent(String(headers['grpc-message'])), 'the request did not arrive in time');
  });

  test('when the server stops and the grace period is over', async (context) => {
    const { methods, begun, reason } = blockedMethod();
    const { client, server } = await startServer(context, { methods });
    const refused = assert.rejects(client.call(ancestries, 'GetAncestry', {}));
    await begun;
    await server.stop(10);
    assert.equal(await reason, 'cancelled');
    await refused;
  });

  test('not when the server stops and the call ends within the grace period', async (context) => {
    const begun = Promise.withResolvers<undefined>();
    const go = Promise.withResolvers<undefined>();
    const { client, server } = await startServer(context, {
      methods: {
        async GetStatus() {
          begun.resolve(undefined);
          await go.promise;
          return {};
        },
      },
    });
    const pending = client.call(statuses, 'GetStatus', {});
    await begun.promise;
    const stopped = server.stop();
    go.resolve(undefined);
    assert.deepEqual(await pending, { status: null });
    await stopped;
  });
});

suite('access', () => {
  const sum = (token: string): string => createHash('sha256').update(token).digest('hex');
  const tokens = [`read:${sum('reader')}`, `scan:${sum('scanner')}`];
  const bearing = (token: string) => ({ metadata: { authorization: `Bearer ${token}` } });

  test('needs a token with a sufficient scope', async (context) => {
    const received: object[] = [];
    const { client } = await startServer(context, {
      tokens,
      methods: {
        async PostAncestry(message) {
          received.push(message);
          return {};
        },
      },
    });
    await assert.rejects(client.call(statuses, 'GetStatus', {}), { code: status.UNAUTHENTICATED });
    await assert.rejects(client.call(statuses, 'GetStatus', {}, bearing('wrong')), {
      code: status.UNAUTHENTICATED,
      details: 'a valid token is required',
    });
    await client.call(statuses, 'GetStatus', {}, bearing('reader'));
    await assert.rejects(client.call(ancestries, 'PostAncestry', {}, bearing('reader')), {
      code: status.PERMISSION_DENIED,
      details: 'this token does not allow it: scan is required',
    });
    assert.deepEqual(received, []);
    await client.call(ancestries, 'PostAncestry', {}, bearing('scanner'));
    assert.equal(received.length, 1);
  });

  test('needs no token for health checks', async (context) => {
    const { client } = await startServer(context, { tokens });
    assert.deepEqual(await client.call(health, 'Check', {}), { status: 'SERVING' });
  });
});

test('reports the health of the server and of each service, and of no unknown service', async (context) => {
  const { client } = await startServer(context);
  for (const service of ['', 'coreos.clair.AncestryService', 'coreos.clair.NotificationService'])
    assert.deepEqual(await client.call(health, 'Check', { service }), { status: 'SERVING' });
  await assert.rejects(client.call(health, 'Check', { service: 'nope' }), { code: status.NOT_FOUND });
});

suite('TLS', () => {
  /** Sends a request over HTTP/1.1 with these ALPN protocols. */
  async function who(
    port: number,
    options: RequestOptions & Pick<ConnectionOptions, 'ALPNProtocols'>,
  ): Promise<string> {
    const outgoing = request({ host: '127.0.0.1', port, path: '/who', agent: false, ...options });
    outgoing.end();
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    return Buffer.concat(await response.toArray()).toString();
  }

  test('serves both protocols, and HTTP/1.1 when the client offers both', async (context) => {
    const authority = testAuthority(context);
    const { cert, key } = authority.issue('clair.test');
    const { server } = await startServer(context, { tls: { certfile: cert, keyfile: key, cafile: '' } });
    const client = grpcClient(context, server.port, tlsCredentials(authority.cert));
    await client.call(statuses, 'GetStatus', {});
    const ca = readFileSync(authority.cert);
    assert.equal(await who(server.port, { ca }), 'us');
    assert.equal(await who(server.port, { ca, ALPNProtocols: ['h2', 'http/1.1'] }), 'us');
    await assert.rejects(who(server.port, { ca, ALPNProtocols: ['imap'] }));
  });

  test('requires a client certificate over both protocols when an authority is set', async (context) => {
    const authority = testAuthority(context);
    const { cert, key } = authority.issue('clair.test');
    const { server } = await startServer(context, {
      tls: { certfile: cert, keyfile: key, cafile: authority.cert },
    });
    const clientCertificate = authority.issue('client');
    const client = grpcClient(context, server.port, tlsCredentials(authority.cert, clientCertificate));
    await client.call(statuses, 'GetStatus', {});
    const ca = readFileSync(authority.cert);
    assert.equal(
      await who(server.port, {
        ca,
        cert: readFileSync(clientCertificate.cert),
        key: readFileSync(clientCertificate.key),
      }),
      'us',
    );
    const untrusted = testAuthority(context).issue('client');
    for (const credentials of [tlsCredentials(authority.cert), tlsCredentials(authority.cert, untrusted)])
      await assert.rejects(
        grpcClient(context, server.port, credentials).call(
          statuses,
          'GetStatus',
          {},
          { deadline: Date.now() + 5_000 },
        ),
        { code: status.UNAVAILABLE },
      );
  });
});
