import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { startApiServer } from '../../testing/api-server.ts';
import { routerOf } from './router.ts';

test('writes a stream without time limit, compression and keep-alive, and drops it when the client does not read', async (t) => {
  const ended = Promise.withResolvers<undefined>();
  async function* endless(): AsyncIterable<string> {
    try {
      for (;;) yield 'x'.repeat(65_536);
    } finally {
      ended.resolve(undefined);
    }
  }
  const recorded: unknown[] = [];
  const handle = async () => ({ status: 200, stream: endless() });
  const server = await startApiServer(t, {
    routers: () => [
      routerOf('', [{ name: 'getAll', method: 'GET', path: '/all', isStreaming: true, handle }]),
    ],
    timeoutMs: 0,
    stalledMs: 50,
    onError: (error) => recorded.push(error),
    onResponse: (route, status) => recorded.push([route, status]),
  });
  const socket = connect(server.port, '127.0.0.1');
  t.after(() => socket.destroy());
  socket.write('GET /all HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n\r\n');
  const [beginning] = (await once(socket, 'data')) as [Buffer];
  socket.pause();
  assert.match(beginning.toString(), /\r\nConnection: close\r\n/);
  assert.doesNotMatch(beginning.toString(), /gzip/);
  await ended.promise;
  assert.deepEqual(recorded, [['getAll', 200]]);
});
