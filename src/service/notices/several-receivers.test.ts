import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Store } from '../../store/store.ts';
import {
  type Answer,
  numbered,
  publish,
  roomWith,
  start,
  type Try,
  transportsOf,
} from '../../testing/receivers.ts';
import { sharedEngines } from '../../testing/store-engines.ts';
import { deliverNotifications } from './deliver-notifications.ts';

const secondMs = 1000;
const hour = 3600;

/** When a receiver that is down for an hour is asked: at each step of its back-off. */
const steps = [0, 1, 3, 7, 15, 31, 63, 127, 255, 511, 1023, 1923, 2823];

const always: Answer = () => true;
const never: Answer = () => false;

function upFrom(seconds: number): Answer {
  return (at) => at >= seconds;
}

function triesOf(tries: readonly Try[], to: string): Try[] {
  return tries.filter((one) => one.to === to);
}

function idsTaken(tries: readonly Try[], by: string): string[] {
  return triesOf(tries, by).flatMap(({ isTaken, id }) => (isTaken ? [id] : []));
}

/** At which seconds which were told. */
function told(tries: readonly Try[], to: string): string[] {
  return triesOf(tries, to).map(({ at, id }) => `${id} at ${at}`);
}

for (const order of [
  ['down', 'up'],
  ['up', 'down'],
])
  test(`${order.join(' before ')}: who is up hears everything once, in order and at once, while the other is down`, async (t) => {
    const first = numbered(0, 150);
    const { tell, failures, delivered } = await roomWith(t, first);
    const answers: Record<string, Answer> = { down: upFrom(hour), up: always };
    const tries = await tell(
      2 * hour,
      Object.fromEntries(order.map((name) => [name, answers[name] ?? never])),
      {
        news: [
          [600, numbered(150, 120)],
          [1803, ['270']],
        ],
      },
    );
    assert.deepEqual(told(tries, 'up'), [
      ...first.map((id) => `${id} at 0`),
      ...numbered(150, 120).map((id) => `${id} at 600`),
      '270 at 1803',
    ]);
    const refused = triesOf(tries, 'down').filter(({ isTaken }) => !isTaken);
    assert.deepEqual(
      refused.map(({ at }) => at),
      steps,
    );
    assert.equal(
      new Set(refused.map(({ id }) => id)).size,
      steps.length,
      'no one is tried twice before all others',
    );
    assert.deepEqual(
      failures,
      steps.map(() => 'down: Error: no'),
    );

    const back = triesOf(tries, 'down').filter(({ isTaken }) => isTaken);
    const untried = numbered(0, 271).filter((id) => !refused.some((one) => one.id === id));
    assert.deepEqual(
      back.filter(({ at }) => at === 3723).map(({ id }) => id),
      untried,
    );
    assert.deepEqual(idsTaken(tries, 'down').toSorted(), numbered(0, 271).toSorted());
    assert.ok(back.every(({ at }) => at >= 3723 && at < 3725));
    assert.equal(delivered.length, 271);
    assert.ok(delivered.every((seconds) => seconds >= 3723 - 1803));
  });

test('of two that are down each is asked at its own times, and gets everything once when it is back', async (t) => {
  const ids = numbered(0, 120);
  const { tell, delivered } = await roomWith(t, ids);
  const tries = await tell(2 * hour, { a: upFrom(20), b: upFrom(hour) });
  const refused = (to: string): number[] =>
    triesOf(tries, to).flatMap(({ at, isTaken }) => (isTaken ? [] : [at]));
  assert.deepEqual(refused('a'), [0, 1, 3, 7, 15]);
  assert.deepEqual(refused('b'), steps);
  assert.deepEqual(idsTaken(tries, 'a').toSorted(), ids.toSorted());
  assert.deepEqual(idsTaken(tries, 'b').toSorted(), ids.toSorted());
  assert.ok(triesOf(tries, 'a').every(({ at }) => at < 33));
  assert.equal(delivered.length, 120);
});

test('of two that went down at other times each is asked at its own, and meanwhile nothing of the store', async (t) => {
  const { tell, store, clock } = await roomWith(t, numbered(0, 20));
  const rounds: number[] = [];
  const tries = await tell(
    hour,
    { a: never, b: (at) => at < 1.5 },
    {
      news: [[1.5, numbered(20, 20)]],
      store: {
        ...store,
        notifications: {
          ...store.notifications,
          make: async (events) => {
            rounds.push((clock.now - start) / secondMs);
            return await store.notifications.make(events);
          },
        },
      },
    },
  );
  const refused = (to: string): number[] =>
    triesOf(tries, to).flatMap(({ at, isTaken }) => (isTaken ? [] : [at]));
  assert.deepEqual(refused('a'), steps);
  assert.deepEqual(
    refused('b'),
    steps.map((at) => at + 1.5),
  );
  const both = [...steps, ...steps.map((at) => at + 1.5)].toSorted((x, y) => x - y);
  const later = (times: readonly number[]): number[] => times.filter((at) => at > 1.5);
  assert.deepEqual(later(rounds), later(both));
});

test('what one cannot take keeps neither the others from it, nor it from the others', async (t) => {
  const ids = numbered(0, 50);
  for (const attempts of [3, 1000]) {
    const { tell } = await roomWith(t, ids);
    const isBad = (id: string): boolean => Number(id) < 3;
    const tries = await tell(hour, { picky: (_, id) => !isBad(id), other: always }, { attempts });
    assert.deepEqual(
      told(tries, 'other'),
      ids.map((id) => `${id} at 0`),
    );
    const good = ids.filter((id) => !isBad(id));
    assert.deepEqual(idsTaken(tries, 'picky'), good);
    // The three are tried first, at 0, 1 and 3; then comes what was not tried.
    assert.ok(triesOf(tries, 'picky').every(({ at, isTaken }) => !isTaken || at === 7));
  }
});

test('what a receiver refused while it was down is told within seconds once it takes something else', async (t) => {
  const { tell } = await roomWith(t, ['A']);
  const tries = await tell(hour, { hook: upFrom(300) }, { news: [[320, ['B']]] });
  const taken = triesOf(tries, 'hook').filter(({ isTaken }) => isTaken);
  assert.deepEqual(
    taken.map(({ id, at }) => `${id} at ${Math.round(at)}`),
    ['B at 320', 'A at 321'],
  );
});

test('what a receiver refuses while it takes everything else is put off for long after its attempts', async (t) => {
  const { tell } = await roomWith(t, ['A']);
  const news = numbered(0, 100).map((id) => [10 * (Number(id) + 1), [id]] as const);
  const tries = await tell(1500, { picky: (_, id) => id !== 'A' }, { news });
  assert.equal(idsTaken(tries, 'picky').length, 100);
  const times = tries.filter(({ id }) => id === 'A').map(({ at }) => at);
  assert.ok(times.length < 20, times.join());
  assert.deepEqual(
    times.filter((at) => at > 100 && at < 900),
    [],
  );
});

test('one notification that is refused for ever keeps no later one waiting', async (t) => {
  const { tell } = await roomWith(t, ['A']);
  const tries = await tell(2 * hour, { picky: (_, id) => id !== 'A' }, { news: [[hour, ['B']]] });
  const [taken = assert.fail()] = tries.filter(({ isTaken }) => isTaken);
  assert.ok(taken.at < hour + 10, `${taken.at}`);
});

test('a sender that was started anew tells everybody again, once', async (t) => {
  const { tell } = await roomWith(t, ['A', 'B']);
  const before = await tell(100, { down: never, up: always });
  assert.deepEqual(idsTaken(before, 'up'), ['A', 'B']);
  const after = await tell(2 * hour, { down: upFrom(hour), up: always });
  assert.deepEqual(idsTaken(after, 'up').toSorted(), ['A', 'B']);
  assert.deepEqual(idsTaken(after, 'down').toSorted(), ['A', 'B']);
});

test('a sender that is stopped while it tells one tells no other, and what it did not tell is due', async (t) => {
  const { tell, store } = await roomWith(t, ['A', 'B']);
  const stop = new AbortController();
  const breaksOff: Answer = () => {
    stop.abort();
    return false;
  };
  const tries = await tell(hour, { first: always, second: breaksOff, third: always }, { stop });
  assert.deepEqual(
    tries.map(({ to, id }) => `${id} ${to}`),
    ['A first', 'A second'],
  );
  assert.deepEqual(
    (await store.notifications.due(9)).map(({ id, notifiedAt }) => [id, notifiedAt]),
    [
      ['A', null],
      ['B', null],
    ],
  );
  const again = await tell(hour, { first: always, second: always, third: always });
  for (const to of ['first', 'second', 'third']) assert.deepEqual(told(again, to), ['A at 0', 'B at 0']);
});

test('what nobody has heard is told everybody again, though one of them was down before', async (t) => {
  const { tell, delivered } = await roomWith(t, ['A']);
  const changes = { renotifyMs: hour * secondMs, attempts: 9 };
  const tries = await tell(4000, { down: upFrom(10), up: always }, changes);
  for (const to of ['down', 'up']) {
    const taken = triesOf(tries, to).filter(({ isTaken }) => isTaken);
    assert.deepEqual(
      taken.map(({ toldAt }) => toldAt === undefined),
      [true, false],
      to,
    );
  }
  assert.equal(delivered.length, 1);
});

test('what another server has told all begins anew', async (t) => {
  const { tell, store } = await roomWith(t, ['A']);
  let posts = 0;
  const other: Answer = async () => {
    // While this one waits for the receiver that is down, another server finds it up, and nobody says that he heard.
    if (++posts === 2) {
      const [{ name } = assert.fail()] = await store.notifications.due(1);
      await store.notifications.markNotified(name, 0);
    }
    return posts > 2;
  };
  const tries = await tell(60, { up: always, down: other });
  assert.deepEqual(
    triesOf(tries, 'up').map(({ toldAt }) => toldAt),
    [undefined, '2026-01-02T00:00:01.001Z'],
  );
  assert.equal(posts, 3);
});

test('what all have taken is not told again when that could not be noted at once', async (t) => {
  const { tell, store, failures, delivered } = await roomWith(t, ['A', 'B']);
  let marks = 0;
  const notifications: Store['notifications'] = {
    ...store.notifications,
    markNotified: async (...args) => {
      if (++marks <= 2) throw new Error('gone');
      await store.notifications.markNotified(...args);
    },
  };
  const tries = await tell(60, { a: always, b: always }, { store: { ...store, notifications } });
  assert.deepEqual(
    [idsTaken(tries, 'a'), idsTaken(tries, 'b')],
    [
      ['A', 'B'],
      ['A', 'B'],
    ],
  );
  assert.deepEqual(failures, ['store: Error: gone', 'store: Error: gone']);
  assert.deepEqual(delivered, [3, 3]);
});

test('however many are told, and however slowly, no other server tells the same meanwhile', async (t) => {
  const { tell, store, clock } = await roomWith(t, ['A']);
  const isHeld: boolean[] = [];
  const slow: Answer = async () => {
    clock.now += 29 * secondMs;
    const [{ name } = assert.fail()] = await store.notifications.due(1);
    isHeld.push(!(await store.locks.acquire(`notification ${name}`, 'two', 1)));
    return true;
  };
  await tell(100, { a: slow, b: slow, c: slow });
  assert.deepEqual(isHeld, [true, true, true]);
});

for (const engine of sharedEngines) {
  test(`${engine.name}: several senders at once tell everybody everything, though one was down`, async (t) => {
    const clock = { now: start };
    const now = (): number => clock.now;
    const open = engine.create(t);
    const stores = [await open({ now }), await open({ now }), await open({ now })];
    const [store = assert.fail()] = stores;
    const ids = numbered(0, 30);
    await publish(store, []);
    await publish(store, ids);
    const stop = new AbortController();
    const wait = async (): Promise<void> => {
      clock.now += 100;
      const next = Date.parse((await store.notifications.nextDue()) ?? '');
      if (next > start + hour * secondMs) stop.abort();
    };
    const sending = stores.map(async (one, i) => {
      const tries: Try[] = [];
      const receivers = { down: upFrom(20), up: always };
      await deliverNotifications(
        {
          ...{
            store: one,
            extensions: { schemes: [], sources: [] },
            digestMs: 0,
            attempts: 3,
            owner: `${i}`,
          },
          transports: transportsOf(receivers, { store, clock, tries }),
          filter: { severity: undefined, isFixable: false, namespaces: [] },
          ...{ renotifyMs: 1e9, now: () => new Date(clock.now), pause: wait, rest: wait },
          onDelivered: () => undefined,
          onFailure: () => undefined,
        },
        stop.signal,
      );
      return tries;
    });
    const all = await Promise.all(sending);
    const ups = all.map((tries) => idsTaken(tries, 'up'));
    assert.ok(
      ups.every((up) => up.length === new Set(up).size),
      'one sender tells nobody twice',
    );
    assert.deepEqual(new Set(ups.flat()), new Set(ids));
    assert.deepEqual(idsTaken(all.flat(), 'down').toSorted(), ids.toSorted());
  });
}

test('a store that was reached in between rests no longer than at its first failure', async (t) => {
  const { tell, store, clock } = await roomWith(t, ['A']);
  const rounds: number[] = [];
  const notifications: Store['notifications'] = {
    ...store.notifications,
    make: async (events) => {
      const round = rounds.push((clock.now - start) / secondMs);
      if (round === 1 || round === 3) throw new Error('gone');
      return await store.notifications.make(events);
    },
  };
  await tell(10, { a: always }, { store: { ...store, notifications } });
  assert.deepEqual(rounds.slice(0, 4), [0, 1, 1, 2]);
});
