import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import pg from 'pg';
import { pgbouncerBefore, pgbouncerSkip } from '../../testing/pgbouncer.ts';
import { startPostgresServer } from '../../testing/postgres-server.ts';
import { storeEngines, temporarySchema } from '../../testing/store-engines.ts';
import { query } from '../contract/postgres-schemas.ts';
import type { WakeChannel } from '../job-store.ts';
import type { Store } from '../store.ts';
import { openPostgresStore } from './postgres-store.ts';

/** A channel that records when it was woken. */
class Listener {
  readonly times: number[] = [];
  #next = Promise.withResolvers<undefined>();
  readonly channel: WakeChannel;

  constructor(store: Store) {
    this.channel = store.openWakeChannel(() => {
      this.times.push(performance.now());
      this.#next.resolve(undefined);
    });
  }

  /** Resolves at the next wake-up. */
  async woken(): Promise<void> {
    await this.#next.promise;
    this.#next = Promise.withResolvers();
  }
}

async function openStore(context: TestContext, url: string): Promise<Store> {
  const store = await openPostgresStore(url, { connectionsMax: 2 });
  context.after(() => store[Symbol.asyncDispose]());
  return store;
}

/** Opens a channel and waits until it listens. */
async function listen(context: TestContext, url: string): Promise<Listener> {
  const listener = new Listener(await openStore(context, url));
  context.after(() => listener.channel[Symbol.asyncDispose]());
  await listener.woken();
  return listener;
}

test('wakes another server once a second when work is announced often', async (t) => {
  const url = await temporarySchema(t);
  const [one, two] = [await listen(t, url), await listen(t, url)];
  const begun = performance.now();
  for (let i = 0; i < 500; i++) one.channel.notify();
  await two.woken();
  await two.woken();
  const [, first = 0, second = 0] = two.times;
  assert.ok(first - begun < 1500 && second - first >= 900, two.times.join());
  assert.equal(one.times.length, 1, 'a server does not wake itself');
});

test('wakes another server when a server announces work and stops at once', async (t) => {
  const url = await temporarySchema(t);
  const two = await listen(t, url);
  for (const announcements of [1, 2]) {
    const one = await listen(t, url);
    for (let i = 0; i < announcements; i++) one.channel.notify();
    await one.channel[Symbol.asyncDispose]();
    await two.woken();
  }
});

test('wakes no server on another schema', async (t) => {
  const url = await temporarySchema(t);
  const [one, two] = [await listen(t, url), await listen(t, url)];
  const other = await listen(t, await temporarySchema(t));
  one.channel.notify();
  await two.woken();
  assert.equal(other.times.length, 1);
});

test('wakes a server once a second when a client of the database notifies it without end', async (t) => {
  const url = await temporarySchema(t);
  const server = await listen(t, url);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  t.after(() => client.end());
  const schema = new URL(url).searchParams.get('search_path') ?? '';
  let sent = 0;
  for (; server.times.length < 3; sent++) await client.query(`select pg_notify('clair_work', '${schema}')`);
  assert.ok(sent > 10, `${sent} notifications`);
  assert.ok((server.times[2] ?? 0) - (server.times[1] ?? 0) >= 900, server.times.join());
});

test('listens again after its connection was lost', async (t) => {
  const url = await temporarySchema(t);
  const [one, two] = [await listen(t, url), await listen(t, url)];
  await query(
    url,
    `select pg_terminate_backend(pid) from pg_stat_activity where query = 'listen clair_work'`,
  );
  await two.woken();
  await one.woken();
  one.channel.notify();
  await two.woken();
});

test('starts without a server that listens', async (t) => {
  const server = await startPostgresServer([]);
  const store = await openStore(t, server.url());
  const { channel, times } = new Listener(store);
  await channel[Symbol.asyncDispose]();
  channel.notify();
  assert.deepEqual(times, []);
  server.stop();
});

test('opens no connection behind PgBouncer in transaction mode', { skip: pgbouncerSkip }, async (t) => {
  const direct = await temporarySchema(t);
  const url = await pgbouncerBefore(t, direct, { mode: 'transaction', poolSize: 4 });
  const { channel } = new Listener(await openStore(t, url));
  t.after(() => channel[Symbol.asyncDispose]());
  const listening = async (): Promise<unknown> =>
    await query(direct, `select query from pg_stat_activity where query like 'listen%'`);
  assert.deepEqual(await listening(), []);
  channel.notify();
  assert.deepEqual(await listening(), []);
});

for (const engine of storeEngines.filter(({ name }) => name.startsWith('sqlite')))
  test(`${engine.name}: has a channel without messages`, async (t) => {
    const listener = new Listener(await engine.create(t)());
    listener.channel.notify();
    await listener.channel[Symbol.asyncDispose]();
    assert.deepEqual(listener.times, []);
  });
