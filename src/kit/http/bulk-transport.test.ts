import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { testAuthority } from '../../testing/certificates.ts';
import { serveHttp } from '../../testing/http-server.ts';
import { type BulkRequest, sendBulkRequest } from './bulk-transport.ts';

const content = Buffer.alloc(5 * 1024 * 1024 + 12_345);
for (let at = 0; at < content.length; at += 4)
  content.writeUInt32LE((at * 2_654_435_761) % 2 ** 32, Math.min(at, content.length - 4));

const plain = { headers: {}, signal: new AbortController().signal, connection: {} };

/** Reads the whole body. Yields to the event loop after each piece, so that the socket continues. */
async function read(url: string, request: Partial<BulkRequest> = {}): Promise<Buffer> {
  const { body } = await sendBulkRequest(new URL(url), { ...plain, ...request });
  const pieces: Buffer[] = [];
  for await (const piece of body) {
    await new Promise(setImmediate);
    pieces.push(Buffer.from(piece));
  }
  return Buffer.concat(pieces);
}

function hash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Sends the content with its length, in pieces of many sizes. */
function sending(bytes: Uint8Array): RequestListener {
  return (_, response) => {
    response.writeHead(200, { 'content-length': bytes.length });
    const send = (at: number, size: number): void => {
      if (at >= bytes.length) response.end();
      else
        response.write(bytes.subarray(at, at + size), () => {
          send(at + size, (size * 7) % 400_009 || 1);
        });
    };
    send(0, 10);
  };
}

test('returns the whole body, whatever its length', async (context) => {
  for (const length of [0, 1, 1000, 16 * 1024, 1024 ** 2, 2 * 1024 ** 2, content.length]) {
    const bytes = content.subarray(0, length);
    const got = await read(await serveHttp(context, sending(bytes)));
    assert.deepEqual([got.length, hash(got)], [length, hash(bytes)]);
  }
});

test('yields received bytes before its buffer is full', async (context) => {
  const whole = content.subarray(0, 1024 ** 2);
  const sent: (() => void)[] = [];
  const url = await serveHttp(context, (_, response) => {
    response.writeHead(200, { 'content-length': whole.length });
    // The first piece may arrive with the head. The second is sent after it was read, and the rest after the second was read.
    response.write(whole.subarray(0, 1000));
    sent.push(() => response.write(whole.subarray(1000, 2000)));
    sent.push(() => response.end(whole.subarray(2000)));
  });
  const { body } = await sendBulkRequest(new URL(url), plain);
  const got: Buffer[] = [];
  for await (const piece of body) {
    got.push(Buffer.from(piece));
    if (Buffer.concat(got).length <= 2000) sent.shift()?.();
  }
  assert.equal(hash(Buffer.concat(got)), hash(whole));
});

test('decompresses a body that the server compresses in spite of the request', async (context) => {
  const packed = gzipSync(content);
  const url = await serveHttp(context, (request, response) => {
    assert.equal(request.headers['accept-encoding'], 'identity');
    response.writeHead(200, { 'content-length': packed.length, 'content-encoding': 'gzip' });
    response.end(packed);
  });
  assert.equal(hash(await read(url)), hash(content));
});

test('returns the whole body when its length is unknown', async (context) => {
  const url = await serveHttp(context, (_, response) => {
    response.write(content);
    response.end('the end');
  });
  const got = await read(url);
  assert.equal(hash(got), hash(Buffer.concat([content, Buffer.from('the end')])));
});

test('reads over TLS, and fails when the certificate cannot be verified', async (context) => {
  const authority = testAuthority(context);
  const { cert, key } = authority.issue('localhost');
  const server = createServer({ cert: readFileSync(cert), key: readFileSync(key) }, sending(content));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => server.close());
  const url = `https://localhost:${(server.address() as AddressInfo).port}/`;
  const ca = [readFileSync(authority.cert, 'utf8')];
  assert.equal(hash(await read(url, { connection: { ca } })), hash(content));
  await assert.rejects(read(url), { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
});

test('yields all received bytes before it fails when the connection breaks', async (context) => {
  const url = await serveHttp(context, (_, response) => {
    response.writeHead(200, { 'content-length': content.length });
    response.write(content.subarray(0, 1_500_000), () => response.destroy());
  });
  let got = 0;
  await assert.rejects(async () => {
    const { body } = await sendBulkRequest(new URL(url), plain);
    for await (const piece of body) got += piece.length;
  }, /closed|ECONNRESET/);
  assert.equal(got, 1_500_000);
});

test('fails when the server sends nothing for too long, or the signal aborts', async (context) => {
  const url = await serveHttp(context, (_, response) => {
    response.writeHead(200, { 'content-length': 10 });
    response.write('12345');
  });
  await assert.rejects(read(url, { idleMs: 20 }), { code: 'limit-exceeded', limit: 'idleMs' });
  const stop = new AbortController();
  const { body } = await sendBulkRequest(new URL(url), { ...plain, signal: stop.signal });
  const reading = assert.rejects(async () => {
    for await (const piece of body) if (piece.length > 0) stop.abort(new Error('enough'));
  }, /enough|closed/);
  await reading;
});

test('closes the connection when the reader stops', async (context: TestContext) => {
  const closed = Promise.withResolvers<undefined>();
  const url = await serveHttp(context, (request, response) => {
    request.socket.on('close', () => {
      closed.resolve(undefined);
    });
    sending(content)(request, response);
  });
  const { body } = await sendBulkRequest(new URL(url), plain);
  for await (const piece of body) if (piece.length > 0) break;
  await closed.promise;
});

test('fails when the server stalls for longer than the interval between chunks', async (context) => {
  const url = await serveHttp(context, (_, response) => {
    response.writeHead(200, { 'content-length': 10 });
    response.write('12345');
  });
  await assert.rejects(read(url, { idleMs: 1200 }), { code: 'limit-exceeded', limit: 'idleMs' });
});

test('does not fail when bytes come slowly and the reader is slow', async (context) => {
  const url = await serveHttp(context, (_, response) => {
    response.writeHead(200, { 'content-length': 8 });
    let sent = 0;
    const timer = setInterval(() => {
      response.write('x');
      if (++sent === 8) clearInterval(timer);
    }, 50);
    response.on('close', () => {
      clearInterval(timer);
    });
  });
  const { body } = await sendBulkRequest(new URL(url), { ...plain, idleMs: 200 });
  let received = 0;
  for await (const piece of body) {
    received += piece.length;
    const end = performance.now() + 250;
    while (performance.now() < end);
  }
  assert.equal(received, 8);
});
