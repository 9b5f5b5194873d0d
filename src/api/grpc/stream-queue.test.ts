import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  type ClientHttp2Session,
  connect,
  constants,
  createServer,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { callFrame, emptyMessageFrame, rawHttp2, resetFrame } from '../../testing/http2-frames.ts';
import { queueStreams, type StreamQueueOptions } from './stream-queue.ts';

/** Starts a server that responds to each stream when the test allows it. */
async function startServer(
  context: TestContext,
  options: StreamQueueOptions,
  handle: (stream: ServerHttp2Stream) => void,
) {
  const server = createServer();
  server.on('stream', handle);
  queueStreams(server, options);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

function clientOf(context: TestContext, port: number): ClientHttp2Session {
  const client = connect(`http://127.0.0.1:${port}`);
  context.after(() => {
    client.destroy();
  });
  return client;
}

test('starts no call for a stream when it was reset before dispatch', async (context) => {
  const handled: number[] = [];
  const port = await startServer(context, {}, (stream) => {
    handled.push(stream.id ?? 0);
    stream.respond({ ':status': 200 });
    stream.end();
  });
  const socket = await rawHttp2(context, port);
  const ids = Array.from({ length: 50 }, (_, i) => 2 * i + 1);
  socket.write(Buffer.concat(ids.flatMap((id) => [callFrame(id, '/reset'), resetFrame(id)])));
  // The server responds to a stream of another connection after those.
  const call = clientOf(context, port).request({ ':path': '/' });
  await once(call.resume(), 'end');
  socket.write(Buffer.concat([callFrame(101, '/kept'), emptyMessageFrame(101)]));
  await once(socket, 'data');
  assert.ok(handled.length <= 2, `${handled.length} calls`);
});

test('refuses a stream over the limit with a retryable error', async (context) => {
  const held: ServerHttp2Stream[] = [];
  const port = await startServer(context, { openMax: 2 }, (stream) => held.push(stream));
  const client = clientOf(context, port);
  const calls = [1, 2, 3].map(() => client.request({ ':path': '/' }, { endStream: true }));
  const [refused = assert.fail()] = calls.slice(2);
  refused.on('error', () => undefined);
  await new Promise((resolve) => refused.once('close', resolve));
  assert.equal(refused.rstCode, constants.NGHTTP2_REFUSED_STREAM);
  while (held.length < 2) await new Promise(setImmediate);
  for (const stream of held) stream.respond({ ':status': 200 }, { endStream: true });
  await Promise.all(calls.slice(0, 2).map((call) => once(call.resume(), 'close')));
  const next = client.request({ ':path': '/' }, { endStream: true });
  while (held.length < 3) await new Promise(setImmediate);
  held[2]?.respond({ ':status': 204 }, { endStream: true });
  const [headers] = (await once(next, 'response')) as [{ ':status': number }];
  assert.equal(headers[':status'], 204);
});

test('yields to other work after each slice of time', async (context) => {
  const order: string[] = [];
  const port = await startServer(context, { sliceMs: 0 }, (stream) => {
    order.push('call');
    setImmediate(() => order.push('other'));
    stream.respond({ ':status': 200 }, { endStream: true });
  });
  const socket = await rawHttp2(context, port);
  socket.write(Buffer.concat([1, 3, 5, 7].flatMap((id) => [callFrame(id, '/'), emptyMessageFrame(id)])));
  while (order.length < 8) await new Promise(setImmediate);
  assert.deepEqual(order, ['call', 'other', 'call', 'other', 'call', 'other', 'call', 'other']);
});
