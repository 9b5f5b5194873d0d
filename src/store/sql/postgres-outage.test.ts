import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { sql } from 'kysely';
import { limits } from '../../core/limits.ts';
import { emptyLayer } from '../../testing/empty-layer.ts';
import { temporarySchema } from '../../testing/store-engines.ts';
import { proxyBefore, type TcpProxy } from '../../testing/tcp-proxy.ts';
import type { Store } from '../store.ts';
import { storeTimeout } from '../store-timeout.ts';
import { openPostgresEngine } from './dialect/postgres-engine.ts';
import { parsePostgresSource } from './dialect/postgres-source.ts';
import { openPostgresStore } from './postgres-store.ts';

const timeout = 60_000;

interface Opened {
  readonly store: Store;
  readonly proxy: TcpProxy;
  /** The events that the store reported, in order. */
  readonly events: string[];
}

async function open(t: TestContext): Promise<Opened> {
  const { proxy, url } = await proxyBefore(t, await temporarySchema(t));
  const events: string[] = [];
  const store = await openPostgresStore(url, {
    connectionsMax: 4,
    onDown: (error) => events.push(String(error)),
    onUp: () => events.push('back'),
  });
  t.after(() => store[Symbol.asyncDispose]());
  await store.keyValues.set('key', 'value');
  return { store, proxy, events };
}

const outages = {
  refuses: { begin: (proxy) => proxy.refuse(), end: (proxy) => proxy.open() },
  'does not answer': {
    begin: async (proxy) => {
      proxy.stall();
    },
    end: async (proxy) => {
      proxy.resume();
    },
  },
} as const satisfies Record<string, Record<'begin' | 'end', (proxy: TcpProxy) => Promise<void>>>;

async function failsWithin(ms: number, work: () => Promise<unknown>): Promise<void> {
  const start = performance.now();
  await assert.rejects(work(), { code: 'store-unavailable' });
  const took = performance.now() - start;
  assert.ok(took < ms, `it took ${took.toFixed(0)} ms`);
}

for (const [name, { begin, end }] of Object.entries(outages)) {
  test(`fails reads and pings within their limits while a server ${name}, and works again afterwards`, {
    timeout,
  }, async (t) => {
    const { store, proxy, events } = await open(t);
    await begin(proxy);
    await failsWithin(limits.storePingMs + 250, () => store.ping());
    const detectionMs = limits.storeReadWaitMs + 2 * limits.storeSilentMs + limits.storeProbeMs;
    const read = (): Promise<unknown> =>
      storeTimeout.run(limits.storeReadWaitMs, () => store.keyValues.get('key'));
    await failsWithin(detectionMs + 1000, read);
    await failsWithin(limits.storeReadWaitMs + 250, read);
    await failsWithin(250, () => store.ping());
    await end(proxy);
    assert.equal(await store.keyValues.get('key'), 'value');
    await store.ping();
    assert.equal(events.length, 2, events.join('\n'));
    assert.match(events[0] ?? '', /cannot be used: /);
    assert.equal(events[1], 'back');
  });

  test(`keeps a write waiting while a server ${name}, and fails it at the limit`, {
    timeout,
  }, async (t) => {
    const { store, proxy } = await open(t);
    await begin(proxy);
    await assert.rejects(
      storeTimeout.run(300, () => store.layers.save('early', '', emptyLayer)),
      { code: 'store-unavailable' },
    );
    const saved = storeTimeout.run(20_000, () => store.layers.save('late', '', emptyLayer));
    await end(proxy);
    await saved;
    assert.deepEqual(await store.layers.find('late', ''), emptyLayer);
  });
}

test('fails queries at once when too many wait for an unreachable server', {
  timeout,
}, async (t) => {
  const { store, proxy } = await open(t);
  await proxy.refuse();
  await failsWithin(1000, () => storeTimeout.run(10, () => store.keyValues.get('key')));
  let failed = 0;
  const reads = Array.from({ length: limits.storeWaiting + 50 }, () =>
    storeTimeout
      .run(20_000, () => store.keyValues.get('key'))
      .catch(() => {
        failed++;
      }),
  );
  await failsWithin(250, () => storeTimeout.run(20_000, () => store.keyValues.get('key')));
  assert.equal(failed, 50);
  await proxy.open();
  await Promise.all(reads);
  assert.equal(failed, 50);
});

test('lets other servers write at most 12 s after one is cut off in a transaction', {
  timeout,
}, async (t) => {
  const url = await temporarySchema(t);
  const { proxy, url: through } = await proxyBefore(t, url);
  await using cut = await openPostgresEngine(parsePostgresSource(through), 4);
  await using healthy = await openPostgresEngine(parsePostgresSource(url), 4);
  const isCut = Promise.withResolvers<undefined>();
  // The request holds the lock of all writers.
  const request = storeTimeout.run(3000, () =>
    cut.write(async (db) => {
      proxy.stall();
      isCut.resolve(undefined);
      await sql`select 1`.execute(db);
    }),
  );
  const failed = assert.rejects(request, { code: 'store-unavailable' });
  await isCut.promise;
  const start = performance.now();
  await storeTimeout.run(limits.storeWriteWaitMs, () => healthy.write(async () => undefined));
  const waited = performance.now() - start;
  assert.ok(waited < 12_000, `waited for ${waited.toFixed(0)} ms`);
  await failed;
  proxy.resume();
});
