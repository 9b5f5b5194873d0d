import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { rejectMalformedRequests } from './malformed-requests.ts';

const tooLong = `GET /${'x'.repeat(20_000)}`;

test('does not reset a connection when the client still sends during the error response', async (t) => {
  const socket = await connectToServer(t, 60_000);
  socket.write(tooLong);
  const response = await nextText(socket);
  assert.match(response, /^HTTP\/1\.1 431 Request Header Fields Too Large\r\n/);
  socket.write(tooLong);
  await once(socket, 'end');
  socket.end(tooLong);
  const [hadError] = (await once(socket, 'close')) as [boolean];
  assert.equal(hadError, false);
});

test('responds once to a malformed request, however much follows', async (t) => {
  const socket = await connectToServer(t, 60_000);
  socket.end('no request\r\n\r\n'.repeat(100_000));
  let all = '';
  for await (const chunk of socket) all += String(chunk);
  assert.deepEqual(all.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 400']);
});

test('closes the connection when the client keeps sending', async (t) => {
  const socket = await connectToServer(t, 1);
  socket.on('error', () => undefined);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  const send = (): void => {
    if (socket.writable) socket.write(tooLong, () => setImmediate(send));
  };
  send();
  socket.resume();
  await closed;
});

async function connectToServer(t: TestContext, lingerMs: number): Promise<Socket> {
  const server = createServer(() => assert.fail('nothing was a request'));
  rejectMalformedRequests(server, lingerMs);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect({
    port: (server.address() as AddressInfo).port,
    host: '127.0.0.1',
    allowHalfOpen: true,
  });
  t.after(() => {
    socket.destroy();
    server.close();
  });
  return socket;
}

async function nextText(socket: Socket): Promise<string> {
  const [chunk] = (await once(socket, 'data')) as [Buffer];
  return chunk.toString();
}
