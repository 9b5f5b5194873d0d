import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { SettledClient } from './postgres-client.ts';
import { serverSettings } from './postgres-settings.ts';

/** A message of the server. PostgreSQL, "Frontend/Backend Protocol", "Message Formats". */
function message(type: string, ...content: readonly number[]): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(4 + content.length);
  return Buffer.concat([Buffer.from(type), length, Buffer.from(content)]);
}

/** AuthenticationOk, BackendKeyData and ReadyForQuery. */
const greeting = Buffer.concat([
  message('R', 0, 0, 0, 0),
  message('K', 0, 0, 0, 1, 0, 0, 0, 1),
  message('Z', 'I'.charCodeAt(0)),
]);

/** Starts a server that stops as soon as a client has connected and sends a query. Returns its port. */
async function stoppingServer(t: TestContext): Promise<number> {
  const server = createServer((socket: Socket) => {
    socket.once('data', () => {
      socket.write(greeting);
      socket.once('data', () => socket.destroy());
    });
  }).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

test('fails to connect, and does not end the process, if the server stops before the settings are applied', async (t) => {
  const port = await stoppingServer(t);
  const settings = serverSettings([]);
  const client = new SettledClient({ host: '127.0.0.1', port, user: 'clair', settings });
  const { promise: ended, resolve } = Promise.withResolvers<undefined>();
  // `once` of `node:events` would listen for errors.
  client.on('end', () => {
    resolve(undefined);
  });
  await assert.rejects(client.connect(), /terminated unexpectedly/);
  await ended;
});
