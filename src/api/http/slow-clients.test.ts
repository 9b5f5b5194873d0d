import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { startApiServer } from '../../testing/api-server.ts';
import type { ApiServerOptions } from './api-server.ts';
import { routerOf } from './router.ts';
import { UnreadResponses } from './unread-responses.ts';

const responseBytes = 32 * 1024 * 1024;

/** Starts a server with a large response. Returns the signals of its requests, which are aborted when the client disconnects. */
async function startServer(t: TestContext, change: Partial<ApiServerOptions>) {
  const abandoned: AbortSignal[] = [];
  const all = {
    name: 'getAll',
    method: 'GET',
    path: '/all',
    async handle({ signal }: { readonly signal: AbortSignal }) {
      abandoned.push(signal);
      return { status: 200, text: 'x'.repeat(responseBytes) };
    },
  };
  const none = { name: 'getNone', method: 'GET', path: '/none', handle: async () => ({ status: 200 }) };
  const server = await startApiServer(t, { routers: () => [routerOf('', [all, none])], ...change });
  const open = (): Socket => {
    const socket = connect(server.port, '127.0.0.1').on('error', () => undefined);
    t.after(() => socket.destroy());
    return socket;
  };
  const openStalled = async (): Promise<{ readonly socket: Socket; readonly gone: AbortSignal }> => {
    const socket = open().pause();
    const before = abandoned.length;
    socket.write('GET /all HTTP/1.1\r\nHost: localhost\r\n\r\n');
    while (abandoned.length === before) await new Promise(setImmediate);
    return { socket, gone: abandoned[before] ?? assert.fail() };
  };
  return { open, ask: openStalled };
}

async function untilAbandoned(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}

test('disconnects a client when it reads nothing of a response', async (t) => {
  const { ask: openStalled } = await startServer(t, { stalledMs: 50 });
  await untilAbandoned((await openStalled()).gone);
});

test('disconnects a client when it takes too long for a response, although it keeps reading', async (t) => {
  const { ask: openStalled } = await startServer(t, {
    unread: new UnreadResponses({ responseMs: 100, checkIntervalMs: 10 }),
  });
  const { socket, gone } = await openStalled();
  const reading = setInterval(() => {
    socket.read(1024);
  }, 5);
  await untilAbandoned(gone);
  clearInterval(reading);
});

test('disconnects the client with the oldest request when too much is unread', async (t) => {
  const { ask: openStalled } = await startServer(t, {
    unread: new UnreadResponses({ bytesMax: 1.5 * responseBytes }),
  });
  const [first, second] = [await openStalled(), await openStalled()];
  await untilAbandoned(first.gone);
  let bytes = 0;
  for await (const piece of second.socket) {
    bytes += (piece as Buffer).length;
    if (bytes > responseBytes) break;
  }
  assert.ok(bytes > responseBytes);
});

test('closes a silent connection at the connection limit, so that the next one is served', async (t) => {
  const http2 = { accept: () => assert.fail('no client uses HTTP/2'), stop: () => Promise.resolve() };
  const { open } = await startServer(t, { connectionsMax: 2, http2 });
  const silent = [open(), open()];
  await Promise.all(silent.map((socket) => once(socket, 'connect')));
  const ends = silent.map((socket) => once(socket, 'close').then(() => socket));
  const dropped = open();
  await new Promise((resolve) => dropped.once('close', resolve));
  assert.equal(await Promise.race(ends), silent[0]);
  const next = open();
  next.write('GET /none HTTP/1.1\r\nHost: localhost\r\n\r\n');
  const [response] = (await once(next, 'data')) as [Buffer];
  assert.match(response.toString(), /^HTTP\/1\.1 200 /);
});
