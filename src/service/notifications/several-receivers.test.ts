import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Store } from '../../store/store.ts';
import {
  type DeliveryAttempt,
  notificationHarness,
  numberedIds,
  publishVulnerabilities,
  type ReceiverBehavior,
  recordingTransports,
  start,
} from '../../testing/notification-harness.ts';
import { sharedEngines } from '../../testing/store-engines.ts';
import { deliverNotifications } from './deliver-notifications.ts';

const secondMs = 1000;
const hour = 3600;

/** Times in seconds at which a receiver that is down for an hour is tried: each step of its backoff. */
const steps = [0, 1, 3, 7, 15, 31, 63, 127, 255, 511, 1023, 1923, 2823];

const alwaysSucceeds: ReceiverBehavior = () => true;
const alwaysFails: ReceiverBehavior = () => false;

function upFrom(seconds: number): ReceiverBehavior {
  return (at) => at >= seconds;
}

function triesOf(tries: readonly DeliveryAttempt[], to: string): DeliveryAttempt[] {
  return tries.filter((one) => one.to === to);
}

function deliveredIds(tries: readonly DeliveryAttempt[], by: string): string[] {
  return triesOf(tries, by).flatMap(({ isAccepted, id }) => (isAccepted ? [id] : []));
}

/** Returns the attempts to deliver to a receiver, with their times in seconds. */
function attemptsTo(tries: readonly DeliveryAttempt[], to: string): string[] {
  return triesOf(tries, to).map(({ at, id }) => `${id} at ${at}`);
}

for (const order of [
  ['down', 'up'],
  ['up', 'down'],
])
  test(`${order.join(' before ')}: delivers everything to one receiver once, in order and at once, while the other is down`, async (t) => {
    const first = numberedIds(0, 150);
    const { deliver, failures, delivered } = await notificationHarness(t, first);
    const answers: Record<string, ReceiverBehavior> = { down: upFrom(hour), up: alwaysSucceeds };
    const tries = await deliver(
      2 * hour,
      Object.fromEntries(order.map((name) => [name, answers[name] ?? alwaysFails])),
      {
        laterEvents: [
          [600, numberedIds(150, 120)],
          [1803, ['270']],
        ],
      },
    );
    assert.deepEqual(attemptsTo(tries, 'up'), [
      ...first.map((id) => `${id} at 0`),
      ...numberedIds(150, 120).map((id) => `${id} at 600`),
      '270 at 1803',
    ]);
    const refused = triesOf(tries, 'down').filter(({ isAccepted }) => !isAccepted);
    assert.deepEqual(
      refused.map(({ at }) => at),
      steps,
    );
    assert.equal(
      new Set(refused.map(({ id }) => id)).size,
      steps.length,
      'no notification is tried twice before all others',
    );
    assert.deepEqual(
      failures,
      steps.map(() => 'down: Error: no'),
    );

    const back = triesOf(tries, 'down').filter(({ isAccepted }) => isAccepted);
    const untried = numberedIds(0, 271).filter((id) => !refused.some((one) => one.id === id));
    assert.deepEqual(
      back.filter(({ at }) => at === 3723).map(({ id }) => id),
      untried,
    );
    assert.deepEqual(deliveredIds(tries, 'down').toSorted(), numberedIds(0, 271).toSorted());
    assert.ok(back.every(({ at }) => at >= 3723 && at < 3725));
    assert.equal(delivered.length, 271);
    assert.ok(delivered.every((seconds) => seconds >= 3723 - 1803));
  });

test('tries each of two dead receivers by its own backoff and delivers everything once after recovery', async (t) => {
  const ids = numberedIds(0, 120);
  const { deliver, delivered } = await notificationHarness(t, ids);
  const tries = await deliver(2 * hour, { a: upFrom(20), b: upFrom(hour) });
  const refused = (to: string): number[] =>
    triesOf(tries, to).flatMap(({ at, isAccepted }) => (isAccepted ? [] : [at]));
  assert.deepEqual(refused('a'), [0, 1, 3, 7, 15]);
  assert.deepEqual(refused('b'), steps);
  assert.deepEqual(deliveredIds(tries, 'a').toSorted(), ids.toSorted());
  assert.deepEqual(deliveredIds(tries, 'b').toSorted(), ids.toSorted());
  assert.ok(triesOf(tries, 'a').every(({ at }) => at < 33));
  assert.equal(delivered.length, 120);
});

test('reads the store only when the backoff of either of two dead receivers ends', async (t) => {
  const { deliver, store, clock } = await notificationHarness(t, numberedIds(0, 20));
  const rounds: number[] = [];
  const tries = await deliver(
    hour,
    { a: alwaysFails, b: (at) => at < 1.5 },
    {
      laterEvents: [[1.5, numberedIds(20, 20)]],
      store: {
        ...store,
        notifications: {
          ...store.notifications,
          createFromEvents: async (events) => {
            rounds.push((clock.now - start) / secondMs);
            return await store.notifications.createFromEvents(events);
          },
        },
      },
    },
  );
  const refused = (to: string): number[] =>
    triesOf(tries, to).flatMap(({ at, isAccepted }) => (isAccepted ? [] : [at]));
  assert.deepEqual(refused('a'), steps);
  assert.deepEqual(
    refused('b'),
    steps.map((at) => at + 1.5),
  );
  const both = [...steps, ...steps.map((at) => at + 1.5)].toSorted((x, y) => x - y);
  const later = (times: readonly number[]): number[] => times.filter((at) => at > 1.5);
  assert.deepEqual(later(rounds), later(both));
});

test('delays neither other notifications nor other receivers when one rejects a notification', async (t) => {
  const ids = numberedIds(0, 50);
  for (const attempts of [3, 1000]) {
    const { deliver } = await notificationHarness(t, ids);
    const isBad = (id: string): boolean => Number(id) < 3;
    const tries = await deliver(hour, { picky: (_, id) => !isBad(id), other: alwaysSucceeds }, { attempts });
    assert.deepEqual(
      attemptsTo(tries, 'other'),
      ids.map((id) => `${id} at 0`),
    );
    const good = ids.filter((id) => !isBad(id));
    assert.deepEqual(deliveredIds(tries, 'picky'), good);
    // The three are tried first, at 0, 1 and 3 s; then those that were not tried yet.
    assert.ok(triesOf(tries, 'picky').every(({ at, isAccepted }) => !isAccepted || at === 7));
  }
});

test('delivers what a receiver rejected while down within seconds of its recovery', async (t) => {
  const { deliver } = await notificationHarness(t, ['A']);
  const tries = await deliver(hour, { hook: upFrom(300) }, { laterEvents: [[320, ['B']]] });
  const taken = triesOf(tries, 'hook').filter(({ isAccepted }) => isAccepted);
  assert.deepEqual(
    taken.map(({ id, at }) => `${id} at ${Math.round(at)}`),
    ['B at 320', 'A at 321'],
  );
});

test('pauses a notification after its attempts when the receiver accepts all others', async (t) => {
  const { deliver } = await notificationHarness(t, ['A']);
  const news = numberedIds(0, 100).map((id) => [10 * (Number(id) + 1), [id]] as const);
  const tries = await deliver(1500, { picky: (_, id) => id !== 'A' }, { laterEvents: news });
  assert.equal(deliveredIds(tries, 'picky').length, 100);
  const times = tries.filter(({ id }) => id === 'A').map(({ at }) => at);
  assert.ok(times.length < 20, times.join());
  assert.deepEqual(
    times.filter((at) => at > 100 && at < 900),
    [],
  );
});

test('delivers later notifications at once when one is always rejected', async (t) => {
  const { deliver } = await notificationHarness(t, ['A']);
  const tries = await deliver(2 * hour, { picky: (_, id) => id !== 'A' }, { laterEvents: [[hour, ['B']]] });
  const [taken = assert.fail()] = tries.filter(({ isAccepted }) => isAccepted);
  assert.ok(taken.at < hour + 10, `${taken.at}`);
});

test('delivers to every receiver once more when the sender is restarted', async (t) => {
  const { deliver } = await notificationHarness(t, ['A', 'B']);
  const before = await deliver(100, { down: alwaysFails, up: alwaysSucceeds });
  assert.deepEqual(deliveredIds(before, 'up'), ['A', 'B']);
  const after = await deliver(2 * hour, { down: upFrom(hour), up: alwaysSucceeds });
  assert.deepEqual(deliveredIds(after, 'up').toSorted(), ['A', 'B']);
  assert.deepEqual(deliveredIds(after, 'down').toSorted(), ['A', 'B']);
});

test('starts no further delivery when it is stopped and leaves the rest due', async (t) => {
  const { deliver, store } = await notificationHarness(t, ['A', 'B']);
  const stop = new AbortController();
  const breaksOff: ReceiverBehavior = () => {
    stop.abort();
    return false;
  };
  const tries = await deliver(
    hour,
    { first: alwaysSucceeds, second: breaksOff, third: alwaysSucceeds },
    { stop },
  );
  assert.deepEqual(
    tries.map(({ to, id }) => `${id} ${to}`),
    ['A first', 'A second'],
  );
  assert.deepEqual(
    (await store.notifications.findDue(9)).map(({ id, notifiedAt }) => [id, notifiedAt]),
    [
      ['A', null],
      ['B', null],
    ],
  );
  const again = await deliver(hour, { first: alwaysSucceeds, second: alwaysSucceeds, third: alwaysSucceeds });
  for (const to of ['first', 'second', 'third'])
    assert.deepEqual(attemptsTo(again, to), ['A at 0', 'B at 0']);
});

test('repeats an unacknowledged notification to all receivers, including one that was down', async (t) => {
  const { deliver, delivered } = await notificationHarness(t, ['A']);
  const changes = { renotifyMs: hour * secondMs, attempts: 9 };
  const tries = await deliver(4000, { down: upFrom(10), up: alwaysSucceeds }, changes);
  for (const to of ['down', 'up']) {
    const taken = triesOf(tries, to).filter(({ isAccepted }) => isAccepted);
    assert.deepEqual(
      taken.map(({ previouslyDeliveredAt }) => previouslyDeliveredAt === undefined),
      [true, false],
      to,
    );
  }
  assert.equal(delivered.length, 1);
});

test('starts over when another server has delivered a notification to all receivers', async (t) => {
  const { deliver, store } = await notificationHarness(t, ['A']);
  let posts = 0;
  const other: ReceiverBehavior = async () => {
    // While this server waits for the dead receiver, another one finds it up. No client acknowledges the notification.
    if (++posts === 2) {
      const [{ name } = assert.fail()] = await store.notifications.findDue(1);
      await store.notifications.markNotified(name, 0);
    }
    return posts > 2;
  };
  const tries = await deliver(60, { up: alwaysSucceeds, down: other });
  assert.deepEqual(
    triesOf(tries, 'up').map(({ previouslyDeliveredAt }) => previouslyDeliveredAt),
    [undefined, '2026-01-02T00:00:01.001Z'],
  );
  assert.equal(posts, 3);
});

test('does not repeat a delivery that could not be recorded at once', async (t) => {
  const { deliver, store, failures, delivered } = await notificationHarness(t, ['A', 'B']);
  let marks = 0;
  const notifications: Store['notifications'] = {
    ...store.notifications,
    markNotified: async (...args) => {
      if (++marks <= 2) throw new Error('gone');
      await store.notifications.markNotified(...args);
    },
  };
  const tries = await deliver(
    60,
    { a: alwaysSucceeds, b: alwaysSucceeds },
    { store: { ...store, notifications } },
  );
  assert.deepEqual(
    [deliveredIds(tries, 'a'), deliveredIds(tries, 'b')],
    [
      ['A', 'B'],
      ['A', 'B'],
    ],
  );
  assert.deepEqual(failures, ['store: Error: gone', 'store: Error: gone']);
  assert.deepEqual(delivered, [3, 3]);
});

test('holds the lock of a notification during many slow deliveries', async (t) => {
  const { deliver, store, clock } = await notificationHarness(t, ['A']);
  const isHeld: boolean[] = [];
  const slow: ReceiverBehavior = async () => {
    clock.now += 29 * secondMs;
    const [{ name } = assert.fail()] = await store.notifications.findDue(1);
    isHeld.push((await store.locks.acquire(`notification ${name}`, 'two', 1)) === undefined);
    return true;
  };
  await deliver(100, { a: slow, b: slow, c: slow });
  assert.deepEqual(isHeld, [true, true, true]);
});

test('records no delivery when another server delivers the notification during a pause', async (t) => {
  const { deliver, store, clock, failures, delivered } = await notificationHarness(t, ['A', 'B']);
  const [later, muchLater] = [100 * hour * secondMs, 200 * hour * secondMs];
  const pausedOnce: ReceiverBehavior = async (at, id) => {
    if (at > 0 || id !== 'A') return true;
    const [{ name } = assert.fail()] = await store.notifications.findDue(1);
    clock.now += hour * secondMs;
    const lease = (await store.locks.acquire(`notification ${name}`, 'two', 1000)) ?? assert.fail();
    await store.notifications.markNotified(name, muchLater, lease);
    await store.locks.release(lease);
    return true;
  };
  const tries = await deliver(2 * hour, { a: pausedOnce }, { renotifyMs: later });
  assert.equal(failures.length, 1);
  assert.match(failures.join(), /^store: ClairError: this process lost the lock "notification /);
  assert.deepEqual(deliveredIds(tries, 'a'), ['A', 'B']);
  assert.equal(delivered.length, 1);
  assert.equal(
    await store.notifications.findNextDue(),
    new Date(start + hour * secondMs + later).toISOString(),
  );
  assert.deepEqual(await store.notifications.findDue(1), []);
});

for (const engine of sharedEngines) {
  test(`${engine.name}: delivers everything to all receivers when several senders run and one receiver was down`, async (t) => {
    const clock = { now: start };
    const now = (): number => clock.now;
    const open = engine.create(t);
    const stores = [await open({ now }), await open({ now }), await open({ now })];
    const [store = assert.fail()] = stores;
    const ids = numberedIds(0, 30);
    await publishVulnerabilities(store, []);
    await publishVulnerabilities(store, ids);
    const stop = new AbortController();
    const wait = async (): Promise<void> => {
      clock.now += 100;
      const next = Date.parse((await store.notifications.findNextDue()) ?? '');
      if (next > start + hour * secondMs) stop.abort();
    };
    const sending = stores.map(async (one, i) => {
      const tries: DeliveryAttempt[] = [];
      const receivers = { down: upFrom(20), up: alwaysSucceeds };
      await deliverNotifications(
        {
          store: one,
          extensions: { schemes: [], sources: [] },
          batchWindowMs: 0,
          attempts: 3,
          owner: `${i}`,
          transports: recordingTransports(receivers, { store, clock, attempts: tries }),
          filter: { severity: undefined, isFixable: false, namespaces: [] },
          renotifyMs: 1e9,
          now: () => new Date(clock.now),
          sleepOrWake: wait,
          sleep: wait,
          onDelivered: () => undefined,
          onFailure: () => undefined,
        },
        stop.signal,
      );
      return tries;
    });
    const all = await Promise.all(sending);
    const ups = all.map((tries) => deliveredIds(tries, 'up'));
    assert.ok(
      ups.every((up) => up.length === new Set(up).size),
      'no sender delivers twice to a receiver',
    );
    assert.deepEqual(new Set(ups.flat()), new Set(ids));
    assert.deepEqual(deliveredIds(all.flat(), 'down').toSorted(), ids.toSorted());
  });
}

test('resets the backoff of the store after a success', async (t) => {
  const { deliver, store, clock } = await notificationHarness(t, ['A']);
  const rounds: number[] = [];
  const notifications: Store['notifications'] = {
    ...store.notifications,
    findNextDue: async () => {
      const round = rounds.push((clock.now - start) / secondMs);
      if (round === 1 || round === 3) throw new Error('gone');
      return await store.notifications.findNextDue();
    },
  };
  await deliver(10, { a: alwaysSucceeds }, { store: { ...store, notifications } });
  assert.deepEqual(rounds.slice(0, 4), [0, 1, 1, 2]);
});
