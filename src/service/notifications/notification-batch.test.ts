import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Transport } from '../../plugin/transport.ts';
import type { Store } from '../../store/store.ts';
import { affectedRow, feedUpdate, image, installed, record, stream } from '../../testing/store-content.ts';
import { storeEngines } from '../../testing/store-engines.ts';
import { deliverNotifications } from './deliver-notifications.ts';

const secondMs = 1000;
const minuteMs = 60 * secondMs;
const windowMs = 10 * minuteMs;

/** The records of the feed, by the time at which they are published. */
type Plan = readonly (readonly [atMs: number, ids: Readonly<Record<string, string>>])[];

async function load(store: Store, ids: Readonly<Record<string, string>>): Promise<void> {
  const records = Object.entries(ids).map(([id, name]) => record(id, { affected: [affectedRow(name)] }));
  await store.advisories.apply(feedUpdate({ acceptShrunk: true }), stream(records));
}

/** Runs a sender of batches on three images while a plan proceeds. Returns the deliveries by minute and image. */
async function batchesOf(
  t: TestContext,
  plan: Plan,
  { untilMs, answer = () => true }: { readonly untilMs: number; readonly answer?: (post: number) => boolean },
) {
  const [engine = assert.fail()] = storeEngines;
  const start = Date.parse('2026-01-02T00:00:00Z');
  const clock = { now: start };
  const store = await engine.create(t)({ now: () => clock.now });
  await load(store, {});
  await store.images.save(image([installed('openssl'), installed('curl')], 'shop'));
  await store.images.save(image([installed('openssl')], 'mill'));
  await store.images.save(image([installed('bash')], 'barn'));
  const stop = new AbortController();
  const left = [...plan];
  const wait = async (ms: number): Promise<void> => {
    clock.now += Math.min(ms, secondMs);
    const [next] = left;
    if (next !== undefined && clock.now >= start + next[0]) {
      left.shift();
      await load(store, next[1]);
    }
    if (clock.now > start + untilMs) stop.abort();
  };
  const delivered: { at: number; image: string; ids: string; name: string }[] = [];
  const transport: Transport = {
    name: 'test',
    async deliver(notification) {
      assert.equal(notification.kind, 'digest');
      const { image: of, changes } = await notification.content();
      const ids = changes.map(({ kind, old, new: is, packages, fix }) =>
        [kind, (is ?? old)?.id, ...packages.map((item) => item.name), fix.state].join(' '),
      );
      const at = Math.floor((clock.now - start) / minuteMs);
      delivered.push({ at, image: of.identity, ids: ids.join(', '), name: notification.name });
      if (!answer(delivered.length)) throw new Error('no');
    },
  };
  await deliverNotifications(
    {
      store,
      extensions: { schemes: [], sources: [] },
      transports: [transport],
      batchWindowMs: windowMs,
      filter: { severity: undefined, isFixable: false, namespaces: [] },
      attempts: 3,
      renotifyMs: 1e9,
      now: () => new Date(clock.now),
      owner: 'one',
      sleepOrWake: wait,
      sleep: wait,
      onDelivered: () => undefined,
      onFailure: () => undefined,
    },
    stop.signal,
  );
  const lines = delivered.map(({ at, image: of, ids }) => `${at} ${of}: ${ids}`);
  return { delivered, lines: lines.toSorted(), store };
}

test('delivers all changes to an image within a window in one message', async (t) => {
  const { lines } = await batchesOf(
    t,
    [
      [0, { A: 'openssl' }],
      [5 * minuteMs, { A: 'openssl', B: 'curl', C: 'zlib' }],
      [11 * minuteMs, { B: 'curl', C: 'zlib' }],
    ],
    { untilMs: 30 * minuteMs },
  );
  assert.deepEqual(lines, [
    '10 mill: new A openssl fixed',
    '10 shop: new A openssl fixed, new B curl fixed',
    '21 mill: withdrawn A openssl fixed',
    '21 shop: withdrawn A openssl fixed',
  ]);
});

test('repeats a rejected batch unchanged and delivers later changes in another message', async (t) => {
  const { delivered } = await batchesOf(
    t,
    [
      [0, { A: 'curl' }],
      [10 * minuteMs + 5 * secondMs, { A: 'curl', B: 'curl' }],
    ],
    { untilMs: 30 * minuteMs, answer: (post) => post > 3 },
  );
  const byName = Map.groupBy(delivered, ({ name }) => name);
  assert.deepEqual(
    [...byName.values()].map((posts) => posts.map(({ ids }) => ids)),
    [Array.from({ length: 4 }, () => 'new A curl fixed'), ['new B curl fixed']],
  );
});
