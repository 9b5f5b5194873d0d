import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WakeSignal } from '../../kit/async/wake-signal.ts';
import type { Store } from '../../store/store.ts';
import { feedUpdate, record, stream } from '../../testing/store-content.ts';
import { storeEngines } from '../../testing/store-engines.ts';
import { followEvents } from './follow-events.ts';

const minuteMs = 60_000;

async function apply(store: Store, ids: readonly string[]): Promise<void> {
  const records = ids.map((id) => record(id));
  await store.advisories.apply(feedUpdate({ acceptShrunk: true }), stream(records));
}

for (const engine of storeEngines)
  test(`${engine.name}: follows events from a number on and counts those that were deleted`, async (t) => {
    const clock = { now: Date.parse('2026-01-02T00:00:00Z') };
    const store = await engine.create(t)({ now: () => clock.now });
    await apply(store, []);
    await apply(store, ['A', 'B']);
    const stop = new AbortController();
    const later = [
      ['A', 'B', 'C'],
      ['B', 'C'],
    ];
    const sleepOrWake = async () => {
      const ids = later.shift();
      if (ids === undefined) stop.abort();
      else await apply(store, ids);
    };
    const follow = async (after: number, deps = { store, sleepOrWake }) => {
      const lines: string[] = [];
      for await (const followed of followEvents(after, deps, stop.signal)) {
        if (followed.kind === 'caught-up') lines.push(`up to ${followed.last}`);
        else {
          const { event, old, new: is, missed } = followed;
          lines.push(`${missed} ${event.number} ${event.kind} ${old?.id} ${is?.id}`);
        }
      }
      return lines;
    };
    const all = [
      '0 1 new undefined A',
      '0 2 new undefined B',
      'up to 2',
      '0 3 new undefined C',
      'up to 3',
      '0 4 withdrawn A undefined',
      'up to 4',
    ];
    assert.deepEqual(await follow(0), all);
    const again = async (after: number) => {
      const once = new AbortController();
      const lines: number[] = [];
      const ending = async () => {
        once.abort();
      };
      for await (const followed of followEvents(after, { store, sleepOrWake: ending }, once.signal))
        if (followed.kind === 'event') lines.push(followed.missed, followed.event.number);
      return lines;
    };
    assert.deepEqual(await again(2), [0, 3, 0, 4]);
    clock.now += minuteMs;
    await store.collectGarbage({ keepHistoryMs: 0, keepEventsMs: 1, keepLayersUnusedMs: minuteMs });
    await apply(store, ['B']);
    assert.deepEqual(await again(2), [2, 5]);
  });

test('a wake signal wakes all waiters but not later ones', async () => {
  const wakeSignal = new WakeSignal();
  const woken: string[] = [];
  const wait = async (who: string, signal = new AbortController().signal) => {
    await wakeSignal.wait(signal);
    woken.push(who);
  };
  const both = Promise.all([wait('one'), wait('two')]);
  wakeSignal.notify();
  void wait('late');
  await both;
  assert.deepEqual(woken, ['one', 'two']);
  const leaving = new AbortController();
  const gone = wait('gone', leaving.signal);
  leaving.abort();
  await gone;
  await wait('never there', leaving.signal);
  assert.deepEqual(woken, ['one', 'two', 'gone', 'never there']);
});
