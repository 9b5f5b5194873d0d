import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  createServer as createHttp2Server,
  connect as http2Connect,
  type ServerHttp2Stream,
} from 'node:http2';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { startApiServer } from '../../testing/api-server.ts';
import type { ApiServer } from './api-server.ts';
import { routerOf } from './router.ts';

interface RunningServer {
  readonly server: ApiServer;
  /** Number of connections that were detected as HTTP/2. */
  readonly accepted: Socket[];
}

/** Starts a server with a path `/who`, with Node's HTTP/2 server as the acceptor. */
async function startServer(context: TestContext, headersMs = 60_000): Promise<RunningServer> {
  const who = {
    name: 'who',
    method: 'GET',
    path: '/who',
    handle: async () => ({ status: 200, text: 'http1' }),
  };
  const http2 = createHttp2Server();
  http2.on('stream', (stream: ServerHttp2Stream) => {
    stream.respond({ ':status': 200 });
    stream.end('http2');
  });
  const accepted: Socket[] = [];
  const server = await startApiServer(context, {
    routers: () => [routerOf('', [who])],
    requestTimeouts: { headersMs, requestMs: 60_000 },
    http2: {
      accept(socket) {
        accepted.push(socket);
        http2.emit('connection', socket);
      },
      stop: async () => {
        for (const socket of accepted) socket.destroy();
      },
    },
  });
  return { server, accepted };
}

const request = 'GET /who HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';

/** Sends text one byte at a time, each after the previous one was sent. */
async function sendSlowly(socket: Socket, text: string): Promise<void> {
  socket.setNoDelay(true);
  for (const byte of Buffer.from(text)) {
    socket.write(Uint8Array.of(byte));
    await new Promise(setImmediate);
  }
}

test('detects HTTP/1.1 and HTTP/2 from the first bytes', async (context) => {
  const { server, accepted } = await startServer(context);
  const url = `http://127.0.0.1:${server.port}`;
  assert.equal(await (await fetch(`${url}/who`)).text(), 'http1');
  assert.equal(accepted.length, 0);
  const session = http2Connect(url);
  assert.equal(Buffer.concat(await session.request({ ':path': '/who' }).toArray()).toString(), 'http2');
  assert.equal(accepted.length, 1);
  session.close();
});

test('detects the protocol when the bytes arrive one at a time', async (context) => {
  const { server, accepted } = await startServer(context);
  const one = connect(server.port, '127.0.0.1');
  await sendSlowly(one, request);
  assert.match(Buffer.concat(await one.toArray()).toString(), /^HTTP\/1\.1 200 OK\r\n[\s\S]*http1$/);
  const two = connect(server.port, '127.0.0.1');
  // The preface, and an empty SETTINGS frame.
  await sendSlowly(two, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0');
  const [settings] = (await once(two, 'data')) as [Buffer];
  assert.equal(settings[3], 4, 'the server answers with its settings');
  assert.equal(accepted.length, 1);
  two.destroy();
});

test('treats a connection as HTTP/1.1 when it only begins like the preface', async (context) => {
  const { server, accepted } = await startServer(context);
  const socket = connect(server.port, '127.0.0.1');
  socket.write('PRI * HTTP/2.0\r\n\r\nSN');
  assert.match(Buffer.concat(await socket.toArray()).toString(), /^HTTP\/1\.1 400 Bad Request\r\n/);
  assert.equal(accepted.length, 0);
});

test('disconnects a client when it does not send enough to detect the protocol', async (context) => {
  const { server } = await startServer(context, 30);
  for (const beginning of ['', 'P', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r']) {
    const socket = connect(server.port, '127.0.0.1');
    socket.write(beginning);
    await closed(socket);
  }
  const gone = connect(server.port, '127.0.0.1');
  gone.end('PRI');
  await closed(gone);
});

/** Waits for the end of a connection. On a busy machine, the server resets it while the client writes. */
async function closed(socket: Socket): Promise<void> {
  await new Promise((resolve) => {
    socket.on('error', () => undefined).once('close', resolve);
  });
}

test('keeps serving other clients when a client resets its connection', async (context) => {
  const { server } = await startServer(context);
  const socket = connect(server.port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write('PR');
  socket.resetAndDestroy();
  assert.equal(await (await fetch(`http://127.0.0.1:${server.port}/who`)).text(), 'http1');
});

test('does not wait for silent connections at shutdown', async (context) => {
  const { server } = await startServer(context);
  const socket = connect(server.port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write('P');
  // The server has accepted the connection once it responds on a later one.
  await (await fetch(`http://127.0.0.1:${server.port}/who`)).text();
  await server.stop();
  await once(socket, 'close');
});
