import assert from 'node:assert/strict';
import type { IncomingMessage, RequestListener } from 'node:http';
import { type TestContext, test } from 'node:test';
import { serveHttp, serveSocket } from '../../testing/http-server.ts';
import { collectAll } from '../../testing/streams.ts';
import { type HttpRequest, httpRequest, readTruncatedBody } from './http-client.ts';
import { HttpError, NoResponseError } from './http-rules.ts';

/** A server that records its requests, and responds to all of them in one way. */
async function recordingServer(context: TestContext, handler: RequestListener) {
  const requests: IncomingMessage[] = [];
  const url = await serveHttp(context, (request, response) => {
    requests.push(request);
    handler(request, response);
  });
  return { url, requests };
}

async function textOf(url: string, request: HttpRequest = {}): Promise<string> {
  const { body } = await httpRequest(new URL(url), request);
  return Buffer.concat(await collectAll(body)).toString();
}

/** Two origins, of which the first redirects to the second. */
async function redirection(context: TestContext) {
  const other = await recordingServer(context, (_, response) => response.end('other'));
  const first = await recordingServer(context, (_, response) => {
    response.writeHead(307, { location: other.url }).end();
  });
  return { first, other };
}

const secrets = {
  Authorization: 'Bearer secret',
  COOKIE: 'id=secret',
  'proxy-authorization': 'Basic secret',
};

test('sends no credentials to another origin when a redirect leads there, whichever set they are in', async (context) => {
  for (const isBulk of [false, true])
    for (const sets of [
      { headers: { ...secrets, 'x-plain': '1' } },
      { originHeaders: { ...secrets, 'x-mine': '1' } },
    ]) {
      const { first, other } = await redirection(context);
      assert.equal(await textOf(first.url.replace('//', '//me:secret@'), { ...sets, isBulk }), 'other');
      const [sent, redirected] = [first, other].map(({ requests: [request] }) => request?.headers);
      assert.match(sent?.authorization ?? '', /secret|Basic/);
      assert.equal(sent?.cookie, 'id=secret');
      assert.doesNotMatch(JSON.stringify(redirected), /secret|authorization|cookie|x-mine/);
      assert.equal(redirected?.['x-plain'], 'headers' in sets ? '1' : undefined);
    }
});

test('counts another port and another scheme as another origin', async (context) => {
  const { first } = await redirection(context);
  const { isCrossOrigin, url, close } = await httpRequest(new URL(first.url));
  close();
  assert.equal(isCrossOrigin, true);
  assert.notEqual(url.port, new URL(first.url).port);
});

test('sends a body nowhere else when the server redirects', async (context) => {
  const { first, other } = await redirection(context);
  const response = await httpRequest(new URL(first.url), { body: 'secret' });
  response.close();
  assert.deepEqual([response.status, first.requests[0]?.method, other.requests.length], [307, 'POST', 0]);
});

test('returns a redirect as it is when the caller follows none', async (context) => {
  const { first, other } = await redirection(context);
  const response = await httpRequest(new URL(first.url), { redirect: 'manual' });
  response.close();
  assert.deepEqual([response.status, response.isCrossOrigin, other.requests.length], [307, false, 0]);
});

test('connects to no URL of a redirect that the caller refuses', async (context) => {
  for (const isBulk of [false, true]) {
    const { first, other } = await redirection(context);
    const connect = (url: URL) => {
      if (url.origin === other.url) throw new HttpError('refused');
      return {};
    };
    await assert.rejects(httpRequest(new URL(first.url), { connect, isBulk }), { message: 'refused' });
    assert.equal(other.requests.length, 0);
  }
});

test('states the URL and the cause when no response comes', async (context) => {
  const away = await serveHttp(context, ({ socket }) => socket.destroy());
  const url = await serveHttp(context, (_, response) => response.writeHead(302, { location: away }).end());
  await assert.rejects(httpRequest(new URL(url)), (error) => {
    assert.ok(error instanceof NoResponseError);
    assert.deepEqual([error.url.origin, error.code], [away, 'ECONNRESET']);
    return true;
  });
});

test('requests over a socket of the file system', async (context) => {
  const path = await serveSocket(context, ({ url, headers }, response) =>
    response.end(`${headers.host}${url}`),
  );
  const connect = () => ({ socketPath: path, agent: false as const });
  assert.equal(await textOf('http://daemon/info?a=b', { connect }), 'daemon/info?a=b');
});

test('sends header fields in their order and spelling, and none that is undefined', async (context) => {
  const { url, requests } = await recordingServer(context, (_, response) => response.end());
  const headers = { 'X-B': '1', Accept: '*/*', Connection: undefined, 'Accept-Encoding': 'gzip' };
  await textOf(url, { headers, connect: () => ({ agent: false }) });
  const names = requests[0]?.rawHeaders.filter((_, i) => i % 2 === 0);
  assert.deepEqual(names, ['Host', 'X-B', 'Accept', 'Accept-Encoding']);
});

test('ends a response when it takes longer in total than it may', async (context) => {
  const url = await serveHttp(context, (_, response) => {
    const timer = setInterval(() => response.write('x'), 5);
    response.on('close', () => {
      clearInterval(timer);
    });
  });
  await assert.rejects(textOf(url, { totalMs: 100 }), { name: 'TimeoutError' });
});

test('reads the start of a body when it is long, and what came when it breaks off', async (context) => {
  const long = await serveHttp(context, (_, response) => response.end(Buffer.alloc(1_000_000)));
  const start = await readTruncatedBody(await httpRequest(new URL(long)), 10);
  assert.ok(start.length > 10 && start.length < 1_000_000);
  const cut = await serveHttp(context, (_, response) => {
    response.writeHead(500).write('half', () => response.destroy());
  });
  assert.equal((await readTruncatedBody(await httpRequest(new URL(cut)), 10)).toString(), 'half');
});
