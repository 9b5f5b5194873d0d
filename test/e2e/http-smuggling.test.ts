import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { temporaryDirectory } from '../../src/testing/store-engines.ts';
import { runServer } from './serve-process.ts';

const second = 'GET /v1/namespaces HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n';
const head = 'POST /v1/layers HTTP/1.1\r\nHost: 127.0.0.1\r\n';
const chunked = `0\r\n\r\n${second}`;

/** Requests whose length a proxy may read differently (RFC 9112, section 6.3): each may hide a second one. */
const ambiguous: Readonly<Record<string, string>> = {
  'a length and a transfer coding': `${head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n${chunked}`,
  'a transfer coding and a length': `${head}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n${chunked}`,
  'two lengths': `${head}Content-Length: 0\r\nContent-Length: ${second.length}\r\n\r\n${second}`,
  'a list of lengths': `${head}Content-Length: 0, ${second.length}\r\n\r\n${second}`,
  'a length with a sign': `${head}Content-Length: +0\r\n\r\n${second}`,
  'a negative length': `${head}Content-Length: -1\r\n\r\n${second}`,
  'a hexadecimal length': `${head}Content-Length: 0x0\r\n\r\n${second}`,
  'an unknown transfer coding': `${head}Transfer-Encoding: xchunked\r\n\r\n${chunked}`,
  'chunked, and not as the last coding': `${head}Transfer-Encoding: chunked, identity\r\n\r\n${chunked}`,
  'a blank before the colon': `${head}Transfer-Encoding : chunked\r\n\r\n${chunked}`,
  'a chunk of no size': `${head}Transfer-Encoding: chunked\r\n\r\nx\r\n${second}`,
  'a chunk with a sign': `${head}Transfer-Encoding: chunked\r\n\r\n+0\r\n\r\n${second}`,
  'a NUL in a header line': `${head}X: a\0b\r\n\r\n${second}`,
  'a carriage return in a header line': `${head}X: a\rb\r\n\r\n${second}`,
  'no version': `GET /v1/namespaces\r\n\r\n${second}`,
  'a blank in the address': `GET /v1/name spaces HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n${second}`,
  'header lines of 20 kB': `${head}X: ${'x'.repeat(20_000)}\r\n\r\n${second}`,
  'an address of 40 kB': `GET /${'x'.repeat(40_000)} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n${second}`,
};

test('answers an ambiguous request with one error and closes, so that it cannot hide a second one', async (t) => {
  const port = await startServer(t);
  for (const [form, bytes] of Object.entries(ambiguous)) {
    const answer = await send(port, bytes);
    const statuses = Array.from(answer.matchAll(/HTTP\/1\.1 (\d+)/g), ([, status]) => status);
    assert.equal(statuses.length, 1, `${form}: ${answer}`);
    assert.match(statuses[0] ?? '', /^4\d\d$/, form);
  }
});

test('answers pipelined requests in order, each once', async (t) => {
  const port = await startServer(t);
  const names = Array.from({ length: 200 }, (_, i) => `layer-${i}`);
  const requests = names.map((name) => `GET /v1/layers/${name} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
  const answer = await send(port, `${requests.join('')}GET /v1 HTTP/1.0\r\n\r\n`);
  assert.equal(answer.match(/HTTP\/1\.1 404/g)?.length, 201);
});

test('supports no other protocol and no forwarding, whatever methods and URLs request', async (t) => {
  const port = await startServer(t);
  const requests = [
    'TRACE /v1/namespaces HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Secret: echoed\r\n\r\n',
    'CONNECT 127.0.0.1:80 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n',
    'GET http://elsewhere.test/v1/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n',
    'GET //elsewhere.test/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n',
    'GET /v1/layers/%0d%0aSet-Cookie:%20a=b HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n',
    'GET /v1/namespaces/%0d%0aSet-Cookie:%20a=b/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n',
    'OPTIONS /v1/layers HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://elsewhere.test\r\n\r\n',
    'GET /v1/layers/../../../etc/passwd HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n',
    'GET /v1/namespaces HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n',
  ];
  for (const bytes of requests) {
    const answer = await send(port, bytes);
    const [heading = ''] = answer.split('\r\n\r\n');
    assert.doesNotMatch(
      heading,
      /HTTP\/1\.1 101|^Set-Cookie|^Access-Control|^Location: (?:\w+:)?\/\//im,
      bytes,
    );
    assert.doesNotMatch(answer, /echoed|root:/, bytes);
  }
});

async function startServer(t: TestContext): Promise<number> {
  const server = await runServer(t, ['serve'], {
    CLAIR_DATABASE_OPTIONS_PATH: join(temporaryDirectory(t), 'clair.db'),
    CLAIR_API_ADDR: '127.0.0.1:0',
    CLAIR_API_HEALTHADDR: '127.0.0.1:0',
    CLAIR_UPDATER_INTERVAL: '0',
  });
  return server.ports.api;
}

/** Sends bytes and ends the connection. Returns the complete response. */
async function send(port: number, bytes: string): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => undefined);
  socket.end(bytes, 'latin1');
  return await text(socket).catch(() => '');
}
