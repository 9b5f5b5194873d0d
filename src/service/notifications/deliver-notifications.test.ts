import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { NotificationMessage, Transport } from '../../plugin/transport.ts';
import type { KeyedVulnerabilityRecord } from '../../store/advisory-store.ts';
import type { Store } from '../../store/store.ts';
import {
  affectedRow,
  ancestry,
  feedUpdate,
  image,
  installed,
  record,
  stream,
} from '../../testing/store-content.ts';
import { sharedEngines, storeEngines } from '../../testing/store-engines.ts';
import { type DeliveryDeps, deliverNotifications } from './deliver-notifications.ts';

const start = Date.parse('2026-01-02T00:00:00Z');
const secondMs = 1000;
const hourMs = 3_600_000;

/** Returns a store with undelivered events, and a clock that only waiting moves. */
async function setUp(context: TestContext, records: readonly KeyedVulnerabilityRecord[]) {
  const [engine = assert.fail()] = storeEngines;
  const clock = { now: start };
  const store = await engine.create(context)({ now: () => clock.now });
  await load(store, []);
  await load(store, records);
  const stop = new AbortController();
  const failures: string[] = [];
  const latencies: number[] = [];
  const wait = async (ms: number): Promise<void> => {
    clock.now += ms;
  };
  const deps = (transport: Transport, changes: Partial<DeliveryDeps> = {}): DeliveryDeps => ({
    store,
    extensions: { schemes: [], sources: [] },
    transports: [transport],
    filter: { severity: undefined, isFixable: false, namespaces: [] },
    batchWindowMs: 0,
    attempts: 3,
    renotifyMs: 2 * hourMs,
    now: () => new Date(clock.now),
    owner: 'one',
    sleepOrWake: wait,
    sleep: wait,
    onDelivered: (_, ms) => latencies.push(ms),
    onFailure: (transportName, error) => failures.push(`${transportName}: ${String(error)}`),
    ...changes,
  });
  /** Delivers until the clock has moved by `untilMs`. Returns the time of each delivery in seconds. */
  const deliver = async (
    untilMs: number,
    answer: (id: string) => boolean,
    changes: Partial<DeliveryDeps> = {},
  ) => {
    const all: [seconds: number, id: string, name: string][] = [];
    const transport: Transport = {
      name: 'test',
      async deliver({ name }) {
        const id = (await store.notifications.find(name))?.id ?? '';
        all.push([(clock.now - start) / secondMs, id, name]);
        if (!answer(id)) throw new Error('no');
      },
    };
    const end = start + untilMs;
    const until = async (ms: number): Promise<void> => {
      await wait(ms);
      if (clock.now > end) stop.abort();
    };
    await deliverNotifications(
      deps(transport, { sleepOrWake: until, sleep: until, ...changes }),
      stop.signal,
    );
    return all;
  };
  return { store, clock, deliver, deps, stop, failures, latencies };
}

async function load(store: Store, records: readonly KeyedVulnerabilityRecord[]): Promise<void> {
  await store.advisories.apply(feedUpdate({ acceptShrunk: true }), stream(records));
}

test('tries a dead receiver once in every step of the backoff, however much is due', async (t) => {
  const { deliver, failures } = await setUp(
    t,
    Array.from({ length: 150 }, (_, i) => record(`${i}`)),
  );
  const tries = await deliver(hourMs, () => false);
  const times = tries.map(([seconds]) => seconds);
  assert.deepEqual(times, [0, 1, 3, 7, 15, 31, 63, 127, 255, 511, 1023, 1923, 2823]);
  assert.equal(failures.length, times.length);
  assert.equal(failures[0], 'test: Error: no');
});

test('retries a single notification until its receiver recovers, without a long pause', async (t) => {
  const { deliver, latencies } = await setUp(t, [record('A')]);
  let tries = 0;
  const times = (await deliver(hourMs, () => ++tries === 6)).map(([seconds]) => Math.round(seconds));
  assert.deepEqual(times, [0, 1, 3, 7, 15, 31]);
  assert.equal(latencies.length, 1);
});

test('delivers other notifications while one is rejected', async (t) => {
  const { deliver } = await setUp(
    t,
    ['A', 'B', 'C'].map((id) => record(id)),
  );
  const tries = await deliver(60 * secondMs, (id) => id !== 'A');
  // The second attempt of A is due together with B and C.
  const [first, ...others] = tries.slice(0, 4).map(([seconds, id]) => `${id} at ${seconds}`);
  assert.deepEqual([first, ...others.toSorted()], ['A at 0', 'A at 1', 'B at 1', 'C at 1']);
});

test('repeats an unacknowledged notification under the same name until it is deleted', async (t) => {
  const { deliver, store, latencies } = await setUp(t, [record('A')]);
  const names = new Set<string>();
  const before: (string | undefined)[] = [];
  let count = 0;
  const tries = await deliver(hourMs, () => true, {
    renotifyMs: 10 * 60 * secondMs,
    onDelivered: (_, ms) => latencies.push(ms),
    transports: [
      {
        name: 'test',
        async deliver({ name, previouslyDeliveredAt }: NotificationMessage) {
          names.add(name);
          before.push(previouslyDeliveredAt);
          if (++count === 3) await store.notifications.markDeleted(name);
        },
      },
    ],
  });
  assert.deepEqual([tries, count, names.size, latencies], [[], 3, 1, [0]]);
  const [first, second, third = ''] = before;
  assert.deepEqual([first, second], [undefined, new Date(start).toISOString()]);
  assert.ok(Date.parse(third) >= start + 10 * 60 * secondMs, third);
});

test('delivers only what passes the filter and keeps the rest out of the queue', async (t) => {
  const fixed = affectedRow('openssl');
  const { deliver, store } = await setUp(t, [
    record('mild', { severity: 'Low' }),
    record('unfixed', { severity: 'High', affected: [{ ...fixed, fix: { state: 'unfixed' } }] }),
    record('elsewhere', {
      severity: 'High',
      affected: [{ ...fixed, namespace: { ...fixed.namespace, name: 'ubuntu:24.04' } }],
    }),
    record('rows', { severity: 'Low', affected: [{ ...fixed, severity: 'Critical' }] }),
    record('wanted', { severity: 'High' }),
  ]);
  const filter = { severity: 'High', isFixable: true, namespaces: ['alpine', 'debian'] } as const;
  const tries = await deliver(60 * secondMs, () => true, { filter });
  assert.deepEqual(
    tries.map(([, id]) => id),
    ['rows', 'wanted'],
  );
  assert.equal(await store.notifications.findNextDue(), '2026-01-02T02:00:00.000Z');
});

test('never offers again what no transport needs, and offers what one of several needs', async (t) => {
  const { deliver, store } = await setUp(
    t,
    ['A', 'B'].map((id) => record(id)),
  );
  const offered: string[] = [];
  const chooser: Transport = {
    name: 'chooser',
    wants: async ({ name }) => (await store.notifications.find(name))?.id === 'B',
    deliver: async ({ name }) => {
      offered.push((await store.notifications.find(name))?.id ?? '');
    },
  };
  await deliver(3 * hourMs, () => true, { transports: [chooser] });
  assert.deepEqual(offered, ['B', 'B']);
  const due = await store.notifications.findDue(10);
  assert.deepEqual(due.map(({ id }) => id).includes('A'), false);
});

test('provides the change and the affected images on demand', async (t) => {
  const { deps, store, stop } = await setUp(t, [
    record('A', { affected: [affectedRow('openssl'), affectedRow('curl')] }),
  ]);
  const shop = await store.images.save(image([installed('openssl'), installed('bash')], 'shop'));
  await store.ancestries.save(ancestry('registry/shop', shop));
  await store.images.save(image([installed('bash')], 'other'));
  const contents: unknown[] = [];
  const transport: Transport = {
    name: 'test',
    async deliver(notification) {
      contents.push(await notification.content());
      stop.abort();
    },
  };
  await deliverNotifications(deps(transport), stop.signal);
  const { key, id, aliases, links, severity, cvss, affected } = record('A');
  const row = (name: string) => {
    const { keys: _, ...rest } = { ...(affected[0] ?? assert.fail()), package: name };
    return rest;
  };
  assert.deepEqual(JSON.parse(JSON.stringify(contents)), [
    {
      source: 'debian',
      namespace: 'debian:12',
      kind: 'new',
      old: null,
      new: {
        key,
        id,
        aliases,
        links,
        severity,
        cvss,
        affected: [row('openssl'), row('curl')],
      },
      images: [
        {
          identity: 'shop',
          names: ['registry/shop'],
          fix: { state: 'fixed', version: '5' },
          packages: [
            {
              type: 'deb',
              name: 'openssl',
              version: '3',
              source: null,
              purl: 'pkg:deb/debian/openssl@3',
              location: { path: 'var/lib/dpkg/status', layer: null },
            },
          ],
        },
      ],
      hasMoreImages: false,
    },
  ]);
});

test('retries a store that cannot be reached with a growing backoff', async (t) => {
  const { deliver, failures, store, clock } = await setUp(t, [record('A')]);
  const times: number[] = [];
  const broken = {
    ...store,
    notifications: {
      ...store.notifications,
      createFromEvents: async (events: number) => {
        if (times.push((clock.now - start) / secondMs) < 4) throw new Error('gone');
        return await store.notifications.createFromEvents(events);
      },
    },
  };
  assert.equal((await deliver(20 * secondMs, () => true, { store: broken })).length, 1);
  assert.deepEqual(times.slice(0, 4), [0, 1, 3, 7]);
  assert.equal(failures[0], 'store: Error: gone');
});

for (const engine of sharedEngines) {
  test(`${engine.name}: delivers each notification once when several senders run`, async (t) => {
    const open = engine.create(t);
    const stores = [await open(), await open(), await open()];
    const [store = assert.fail()] = stores;
    const count = 40;
    await load(store, []);
    await load(
      store,
      Array.from({ length: count }, (_, i) => record(`${i}`)),
    );
    const stop = new AbortController();
    const names: string[] = [];
    const transport: Transport = {
      name: 'test',
      async deliver({ name }) {
        names.push(name);
        await new Promise(setImmediate);
        if (names.length >= count) stop.abort();
      },
    };
    const rest = async () => {
      await new Promise(setImmediate);
    };
    await Promise.all(
      stores.map((one, i) =>
        deliverNotifications(
          {
            store: one,
            extensions: { schemes: [], sources: [] },
            transports: [transport],
            attempts: 3,
            renotifyMs: hourMs,
            now: () => new Date(),
            owner: `${i}`,
            sleepOrWake: rest,
            sleep: rest,
            filter: { severity: undefined, isFixable: false, namespaces: [] },
            batchWindowMs: 0,
            onDelivered: () => undefined,
            onFailure: (_, error) => {
              throw error;
            },
          },
          stop.signal,
        ),
      ),
    );
    assert.equal(names.length, count);
    assert.equal(new Set(names).size, count);
  });
}
