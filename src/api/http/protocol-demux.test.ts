import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  createServer as createHttp2Server,
  connect as http2Connect,
  type ServerHttp2Stream,
} from 'node:http2';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { accessByTokens } from './access.ts';
import { type ApiServer, serveApi } from './api-server.ts';
import { routerOf } from './router.ts';

interface RunningServer {
  readonly server: ApiServer;
  /** Connections that were taken for HTTP/2. */
  readonly accepted: Socket[];
}

/** A server with a path `/who`, behind which HTTP/2 is answered by Node's own server. */
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
  const server = await serveApi(
    'the API',
    { host: '127.0.0.1', port: 0 },
    {
      routers: [routerOf('', [who])],
      access: accessByTokens([]),
      timeoutMs: 60_000,
      tls: undefined,
      onError: (error) => {
        throw error;
      },
      onResponse: () => undefined,
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
    },
  );
  context.after(() => server.stop(0));
  return { server, accepted };
}

const request = 'GET /who HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';

/** Sends text one byte at a time, each when the one before it has left. */
async function sendSlowly(socket: Socket, text: string): Promise<void> {
  socket.setNoDelay(true);
  for (const byte of Buffer.from(text)) {
    socket.write(Uint8Array.of(byte));
    await new Promise(setImmediate);
  }
}

test('HTTP/1.1 and HTTP/2 are told apart by how they begin', async (context) => {
  const { server, accepted } = await startServer(context);
  const url = `http://127.0.0.1:${server.port}`;
  assert.equal(await (await fetch(`${url}/who`)).text(), 'http1');
  assert.equal(accepted.length, 0);
  const session = http2Connect(url);
  assert.equal(Buffer.concat(await session.request({ ':path': '/who' }).toArray()).toString(), 'http2');
  assert.equal(accepted.length, 1);
  session.close();
});

test('also when they come one byte at a time', async (context) => {
  const { server, accepted } = await startServer(context);
  const one = connect(server.port, '127.0.0.1');
  await sendSlowly(one, request);
  assert.match(Buffer.concat(await one.toArray()).toString(), /^HTTP\/1\.1 200 OK\r\n[\s\S]*http1$/);
  const two = connect(server.port, '127.0.0.1');
  // The preface, and settings that say nothing.
  await sendSlowly(two, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0');
  const [settings] = (await once(two, 'data')) as [Buffer];
  assert.equal(settings[3], 4, 'the server answers with its settings');
  assert.equal(accepted.length, 1);
  two.destroy();
});

test('what begins like HTTP/2 and goes on otherwise is HTTP/1.1', async (context) => {
  const { server, accepted } = await startServer(context);
  const socket = connect(server.port, '127.0.0.1');
  socket.write('PRI * HTTP/2.0\r\n\r\nSN');
  assert.match(Buffer.concat(await socket.toArray()).toString(), /^HTTP\/1\.1 400 Bad Request\r\n/);
  assert.equal(accepted.length, 0);
});

test('who does not say what it speaks is disconnected', async (context) => {
  const { server } = await startServer(context, 30);
  for (const beginning of ['', 'P', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r']) {
    const socket = connect(server.port, '127.0.0.1');
    socket.write(beginning);
    await once(socket, 'close');
  }
  const gone = connect(server.port, '127.0.0.1');
  gone.end('PRI');
  await once(gone, 'close');
});

test('who resets the connection disturbs nobody', async (context) => {
  const { server } = await startServer(context);
  const socket = connect(server.port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write('PR');
  socket.resetAndDestroy();
  assert.equal(await (await fetch(`http://127.0.0.1:${server.port}/who`)).text(), 'http1');
});

test('at the end nobody is waited for who has said nothing', async (context) => {
  const { server } = await startServer(context);
  const socket = connect(server.port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write('P');
  // The server has taken the connection once it answers another one.
  await (await fetch(`http://127.0.0.1:${server.port}/who`)).text();
  await server.stop();
  await once(socket, 'close');
});
