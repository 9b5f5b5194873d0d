import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { test } from 'node:test';
import { yieldToOthers } from './yield.ts';

void test('accepts many connections between two parts of long work', async (t) => {
  const accepted: unknown[] = [];
  const server = createServer((socket) => accepted.push(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const clients = Array.from({ length: 50 }, () => connect(port, '127.0.0.1'));
  t.after(() => {
    for (const client of clients) client.destroy();
    server.close();
  });
  await Promise.all(clients.map((client) => once(client, 'connect')));
  const before = accepted.length;
  await yieldToOthers();
  assert.ok(accepted.length - before >= 10, `accepted ${accepted.length - before}`);
});
