import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { temporarySchema } from '../../src/testing/store-engines.ts';
import { clair } from './clair.ts';
import { debianRegistry, noRegistry } from './debian-registry.ts';
import { fleetClient, fleetSettings, isLoaded, pushImage } from './fleet.ts';
import { runServer } from './serve-process.ts';

const timeout = 60_000;

/** Waits until a condition holds. Fails after half a minute. */
async function until(isMet: () => boolean): Promise<void> {
  for (let i = 0; !isMet(); i++) {
    assert.ok(i < 600, 'not in time');
    await setTimeout(50);
  }
}

test('each process does the work of its roles only', { skip: noRegistry, timeout }, async (t) => {
  const received: string[] = [];
  const receiver = createServer((request, response) => {
    received.push(request.url ?? '');
    request.resume();
    response.end();
  });
  receiver.listen(0, '127.0.0.1');
  t.after(() => receiver.close());
  await until(() => receiver.listening);
  const registry = await debianRegistry(t);
  await pushImage(registry, '1');
  const env = {
    ...fleetSettings(registry.port),
    CLAIR_DATABASE_TYPE: 'pgsql',
    CLAIR_DATABASE_OPTIONS_SOURCE: await temporarySchema(t),
    CLAIR_NOTIFIER_HTTP_ENDPOINT: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/notes`,
  };
  const start = (role: string) => runServer(t, ['serve', '--role', role], env);
  const api = await start('api');
  const client = fleetClient(api);
  const { id } = await client.scan(`127.0.0.1:${registry.port}/shop:1`);
  const worker = await start('worker');
  assert.equal(worker.ports.api, undefined);
  assert.equal((await client.ended(id)).state, 'done');
  const ready = (): Promise<Response> => fetch(`http://127.0.0.1:${api.ports.health}/ready`);
  assert.equal((await ready()).status, 503, 'nothing updates yet');
  await start('feeds');
  await isLoaded(api);
  const Vulnerability = {
    Name: 'CVE-2026-9',
    NamespaceName: 'alpine:v3.19',
    Severity: 'High',
    FixedIn: [{ Name: 'busybox', NamespaceName: 'alpine:v3.19', VersionFormat: 'dpkg', Version: '9' }],
  };
  const added = await client.post('/v1/namespaces/alpine:v3.19/vulnerabilities', { Vulnerability });
  assert.equal(added.status, 201, await added.text());
  assert.deepEqual(received, []);
  await start('notify');
  await until(() => received.length > 0);
});

test('refuses an unknown role', () => {
  const { status, stderr } = clair(['serve', '--role', 'api,scanner']);
  assert.equal(status, 2);
  assert.match(stderr, /roles takes api, worker, feeds, notify, not scanner/);
});
