import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { temporaryDirectory } from '../../src/testing/store-engines.ts';
import { debianRegistry, freePort, noRegistry } from './debian-registry.ts';
import { engines, fleetClient, fleetSettings, isLoaded, pushImage } from './fleet.ts';
import { runServer } from './serve-process.ts';

const skip = noRegistry;
const timeout = 120_000;
const secret = 'a-secret-of-this-test';

/** A registry that notifies a server, which watches it. */
async function watchedScene(
  t: TestContext,
  {
    env,
    isNotified = true,
  }: { readonly env: Readonly<Record<string, string>>; readonly isNotified?: boolean },
) {
  const apiPort = await freePort();
  const notifies = {
    url: `http://127.0.0.1:${apiPort}/api/v1/webhooks/local`,
    authorization: `Bearer ${secret}`,
  };
  const registry = await debianRegistry(t, isNotified ? { notifies } : {});
  const host = `127.0.0.1:${registry.port}`;
  const config = join(temporaryDirectory(t), 'config.yaml');
  const local = {
    host,
    exclude: ['*/cache'],
    excludetags: ['*-debug'],
    interval: '1h',
    secret,
  };
  writeFileSync(config, JSON.stringify({ clair: { registries: { local } } }));
  const { CLAIR_IMAGES_REGISTRIES: _, ...settings } = fleetSettings(registry.port);
  const start = async () => {
    const server = await runServer(t, ['serve', '--config', config], {
      ...settings,
      ...env,
      CLAIR_API_ADDR: `127.0.0.1:${apiPort}`,
    });
    await isLoaded(server);
    return { server, ...fleetClient(server) };
  };
  return { registry, host, start, notifies };
}

interface AffectedPage {
  readonly images: readonly { readonly names: readonly string[] }[];
}

/** Returns the names of the images that CVE-2026-1 affects. */
async function affectedNames({ get }: Pick<ReturnType<typeof fleetClient>, 'get'>): Promise<string[]> {
  const { images } = (await (await get('/affected/CVE-2026-1')).json()) as AffectedPage;
  return images.flatMap(({ names }) => names).sort();
}

/** Returns a condition on names: exactly these, in a registry. */
function isNamed(host: string, ...names: readonly string[]): (found: readonly string[]) => boolean {
  return (found) => found.join() === names.map((name) => `${host}/${name}`).join();
}

/** Waits until a condition holds. Fails with the last value after a minute. */
async function until<T>(read: () => Promise<T>, isMet: (value: T) => boolean): Promise<T> {
  const deadline = performance.now() + 60_000;
  for (let value = await read(); ; value = await read()) {
    if (isMet(value)) return value;
    if (performance.now() > deadline) assert.fail(`not within a minute: ${JSON.stringify(value)}`);
    await setTimeout(50);
  }
}

for (const [name, place] of engines) {
  test(`${name}: finds all tags of a registry, scans a push, and forgets a deleted tag`, {
    skip,
    timeout,
  }, async (t) => {
    const { registry, host, start, notifies } = await watchedScene(t, { env: await place(t) });
    await pushImage(registry, '1');
    await pushImage(registry, '2');
    await pushImage(registry, '1', 'team/web');
    await pushImage(registry, '1', 'team/cache');
    await pushImage(registry, '1-debug');
    const client = await start();
    const { get, post } = client;
    const affected = (): Promise<string[]> => affectedNames(client);
    await until(affected, isNamed(host, 'shop:1', 'shop:2', 'team/web:1'));

    await pushImage(registry, '3');
    await until(affected, isNamed(host, 'shop:1', 'shop:2', 'shop:3', 'team/web:1'));

    registry.remove('shop:2');
    await until(affected, isNamed(host, 'shop:1', 'shop:3', 'team/web:1'));

    const { registries } = (await (await get('/api/v1/registries')).json()) as {
      registries: { name: string; state: string; failedScans: number; lastWalk: object }[];
    };
    const [{ lastWalk, ...state } = assert.fail()] = registries;
    assert.deepEqual(state, { name: 'local', registry: host, state: 'walked', failedScans: 0 });
    const { repositories, tags, errors, error } = lastWalk as Record<string, unknown>;
    assert.deepEqual(
      { repositories, tags, errors, error },
      { repositories: 2, tags: 3, errors: 0, error: null },
    );
    const forged = { events: [{ action: 'push', target: { repository: 'shop', tag: '1' } }] };
    assert.equal((await post('/api/v1/webhooks/local', forged)).status, 401);
    assert.equal((await post('/api/v1/webhooks/other', forged)).status, 404);
    assert.equal(
      (await fetch(`${notifies.url}?secret=${secret}`, { method: 'POST', body: '{}' })).status,
      400,
    );
  });
}

test('a walk finds what has changed while no server ran', { skip, timeout }, async (t) => {
  const scene = await watchedScene(t, {
    env: { CLAIR_DATABASE_OPTIONS_PATH: join(temporaryDirectory(t), 'clair.db') },
    isNotified: false,
  });
  const { registry, host, start } = scene;
  await pushImage(registry, '1');
  await pushImage(registry, '2');
  const first = await start();
  const walked = JSON.parse(await first.server.logged('registry walked')) as Record<string, unknown>;
  assert.deepEqual([walked['added'], walked['tags'], walked['error']], [2, 2, null]);
  await until(() => affectedNames(first), isNamed(host, 'shop:1', 'shop:2'));
  await first.server.end();
  registry.remove('shop:1');
  await pushImage(registry, '2', 'shop', 'another content');
  const second = await start();
  assert.equal((await second.post('/api/v1/registries/local/walk')).status, 202);
  const again = JSON.parse(await second.server.logged('registry walked')) as Record<string, unknown>;
  assert.deepEqual([again['added'], again['gone'], again['tags']], [1, 1, 1]);
  await until(() => affectedNames(second), isNamed(host, 'shop:2'));
});
