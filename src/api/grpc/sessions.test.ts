import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, constants, createServer as createHttp2Server, type ServerHttp2Stream } from 'node:http2';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { limits } from '../../core/limits.ts';
import {
  callFrame,
  emptyMessageFrame,
  frame,
  framesOf,
  frameTypes,
  rawHttp2,
  untilFrame,
} from '../../testing/http2-frames.ts';
import { UnreadResponses } from '../http/unread-responses.ts';
import { Sessions, type SessionsOptions } from './sessions.ts';

/** Listens on a port with an HTTP/2 server that echoes each request body once the test allows it. */
async function startServer(context: TestContext, options: SessionsOptions, body = 'taken') {
  const http2 = createHttp2Server();
  const streams: ServerHttp2Stream[] = [];
  http2.on('stream', (stream: ServerHttp2Stream) => {
    streams.push(stream);
    stream.on('error', () => undefined);
    stream.resume().once('end', () => {
      stream.respond({ ':status': 200 });
      stream.end(body);
      sessions.responseWritten();
    });
  });
  const sessions = new Sessions(http2, options);
  const server = createServer((socket) => {
    sessions.accept(socket, (accepted: Socket) => http2.emit('connection', accepted));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => {
    sessions.destroyAll();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, streams };
}

function goAwayCode(frames: Awaited<ReturnType<typeof framesOf>>): number | undefined {
  return frames.find(({ type }) => type === frameTypes.goAway)?.payload.readUInt32BE(4);
}

test('closes a connection when it floods the server with WINDOW_UPDATE', async (context) => {
  const { port } = await startServer(context, { controlBytesPerSecond: 10_000, checkIntervalMs: 20 });
  const socket = await rawHttp2(context, port);
  const update = frame(frameTypes.windowUpdate, 0, 0, Buffer.of(0, 0, 0, 1));
  socket.write(Buffer.concat(new Array<Buffer>(5000).fill(update)));
  assert.equal(goAwayCode(await framesOf(socket)), constants.NGHTTP2_ENHANCE_YOUR_CALM);
});

test('keeps a connection when its calls send requests of the maximum size and read their responses', async (context) => {
  const body = 'x'.repeat(1_000_000);
  const { port } = await startServer(context, { controlBytesPerSecond: 5000, checkIntervalMs: 10 }, body);
  const client = connect(`http://127.0.0.1:${port}`);
  context.after(() => {
    client.destroy();
  });
  for (let i = 0; i < 5; i++) {
    const call = client.request({ ':method': 'POST', ':path': '/' });
    call.end(Buffer.alloc(limits.requestBodyBytes));
    assert.equal(Buffer.concat(await call.toArray()).length, body.length);
  }
  assert.equal(client.closed, false);
});

test('closes the longest idle connection at the limit, and refuses a new one when none is idle', async (context) => {
  const { port, streams } = await startServer(context, { connectionsMax: 2 });
  const busy = await rawHttp2(context, port);
  busy.write(callFrame(1, '/'));
  while (streams.length < 1) await new Promise(setImmediate);
  const idle = await rawHttp2(context, port);
  await once(idle, 'data');
  const third = await rawHttp2(context, port);
  third.write(callFrame(1, '/'));
  await framesOf(idle);
  while (streams.length < 2) await new Promise(setImmediate);
  const refused = await rawHttp2(context, port);
  await framesOf(refused);
  assert.deepEqual([busy.closed, third.closed], [false, false]);
});

test('closes a connection when it does not read its response, although it sends pings', async (context) => {
  const { port } = await startServer(context, { unreadMs: 100, checkIntervalMs: 20 });
  // SETTINGS_INITIAL_WINDOW_SIZE 0: the server may send no response data.
  const socket = await rawHttp2(context, port, { 4: 0 });
  const begun = performance.now();
  // A ping that arrives after the end of the connection makes the system discard the frame that the test expects.
  const pings = setInterval(() => socket.write(frame(6, 0, 0, Buffer.alloc(8))), 60);
  context.after(() => {
    clearInterval(pings);
  });
  socket.write(Buffer.concat([callFrame(1, '/'), emptyMessageFrame(1)]));
  assert.equal(goAwayCode(await framesOf(socket)), constants.NGHTTP2_ENHANCE_YOUR_CALM);
  // The server began to count before the client.
  assert.ok(performance.now() - begun > 50);
});

test('closes the oldest connection when the unread responses exceed the limit', async (context) => {
  const unread = new UnreadResponses({ bytesMax: 2500 });
  const { port } = await startServer(context, { unread, checkIntervalMs: 10 }, 'x'.repeat(1000));
  const sockets: Socket[] = [];
  for (let i = 0; i < 3; i++) {
    const socket = await rawHttp2(context, port, { 4: 0 });
    socket.write(Buffer.concat([callFrame(1, '/'), emptyMessageFrame(1)]));
    await untilFrame(socket, frameTypes.headers);
    sockets.push(socket);
  }
  const [oldest = assert.fail(), ...others] = sockets;
  await framesOf(oldest);
  assert.deepEqual(
    others.map(({ closed }) => closed),
    [false, false],
  );
});
