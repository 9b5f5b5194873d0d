import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { accessByTokens } from './access.ts';
import { type ApiServerRoom, serveApi } from './api-server.ts';
import { routerOf } from './router.ts';
import { UnreadAnswers } from './unread-answers.ts';

const answerBytes = 32 * 1024 * 1024;

/** A server with a large answer, and the signals that tell which of its clients have left, by the order of their requests. */
async function serving(t: TestContext, change: Partial<ApiServerRoom>) {
  const left: AbortSignal[] = [];
  const all = {
    name: 'getAll',
    method: 'GET',
    path: '/all',
    async handle({ signal }: { readonly signal: AbortSignal }) {
      left.push(signal);
      return { status: 200, text: 'x'.repeat(answerBytes) };
    },
  };
  const none = { name: 'getNone', method: 'GET', path: '/none', handle: async () => ({ status: 200 }) };
  const server = await serveApi(
    'the API',
    { host: '127.0.0.1', port: 0 },
    {
      routers: [routerOf('', [all, none])],
      access: accessByTokens([]),
      timeoutMs: 60_000,
      tls: undefined,
      onError: (error) => {
        throw error;
      },
      onAnswered: () => undefined,
      ...change,
    },
  );
  t.after(() => server.stop(0));
  const open = (): Socket => {
    const socket = connect(server.port, '127.0.0.1').on('error', () => undefined);
    t.after(() => socket.destroy());
    return socket;
  };
  const ask = async (): Promise<{ readonly socket: Socket; readonly gone: AbortSignal }> => {
    const socket = open().pause();
    const before = left.length;
    socket.write('GET /all HTTP/1.1\r\nHost: localhost\r\n\r\n');
    while (left.length === before) await new Promise(setImmediate);
    return { socket, gone: left[before] ?? assert.fail() };
  };
  return { open, ask };
}

async function hasLeft(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}

test('disconnects a client that takes nothing of an ordinary answer', async (t) => {
  const { ask } = await serving(t, { stalledMs: 50 });
  await hasLeft((await ask()).gone);
});

test('disconnects a client that takes too long for an answer, though it goes on reading', async (t) => {
  const { ask } = await serving(t, { unread: new UnreadAnswers({ answerMs: 100, everyMs: 10 }) });
  const { socket, gone } = await ask();
  const reading = setInterval(() => {
    socket.read(1024);
  }, 5);
  await hasLeft(gone);
  clearInterval(reading);
});

test('disconnects the client that asked first when clients leave too much unread', async (t) => {
  const { ask } = await serving(t, { unread: new UnreadAnswers({ bytesMax: 1.5 * answerBytes }) });
  const [first, second] = [await ask(), await ask()];
  await hasLeft(first.gone);
  let bytes = 0;
  for await (const piece of second.socket) {
    bytes += (piece as Buffer).length;
    if (bytes > answerBytes) break;
  }
  assert.ok(bytes > answerBytes);
});

test('closes a connection that says nothing when there are too many, so that the next is answered', async (t) => {
  const http2 = { take: () => assert.fail('nobody speaks HTTP/2'), stop: () => Promise.resolve() };
  const { open } = await serving(t, { connectionsMax: 2, http2 });
  const silent = [open(), open()];
  await Promise.all(silent.map((socket) => once(socket, 'connect')));
  const ends = silent.map((socket) => once(socket, 'close').then(() => socket));
  const dropped = open();
  await new Promise((resolve) => dropped.once('close', resolve));
  assert.equal(await Promise.race(ends), silent[0]);
  const next = open();
  next.write('GET /none HTTP/1.1\r\nHost: localhost\r\n\r\n');
  const [answer] = (await once(next, 'data')) as [Buffer];
  assert.match(answer.toString(), /^HTTP\/1\.1 200 /);
});
