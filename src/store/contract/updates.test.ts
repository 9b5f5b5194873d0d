import assert from 'node:assert/strict';
import { test } from 'node:test';
import { feedUpdate, record, stream } from '../../testing/store-content.ts';
import { storeEngines } from '../../testing/store-engines.ts';
import type { Store } from '../store.ts';

const start = Date.parse('2026-01-01T00:00:00.000Z');
const timeOf = (day: number): string => new Date(start + day * 86_400_000).toISOString();

for (const engine of storeEngines) {
  /** Applies a feed on three days: one record, a changed and a new one, and the new one alone. */
  const loaded = async (t: Parameters<typeof engine.create>[0]): Promise<Store> => {
    let day = 0;
    const store = await engine.create(t)({ now: () => start + day * 86_400_000 });
    const states = [
      [record('CVE-1')],
      [record('CVE-1', { severity: 'High' }), record('CVE-2')],
      [record('CVE-2')],
    ];
    for (const records of states) {
      const update = { fingerprint: `day ${day}`, acceptShrunk: true } as const;
      await store.advisories.apply(feedUpdate(update), stream(records));
      day++;
    }
    await store.advisories.apply(feedUpdate({ feed: 'other' }), stream([record('CVE-9')]));
    return store;
  };
  const feed = { source: 'debian', feed: 'tracker' };

  test(`${engine.name}: lists the newest updates of each feed`, async (t) => {
    const { updates } = await loaded(t);
    assert.deepEqual(
      (await updates.findApplied(2)).map((one) => [one.feed, one.fingerprint, one.appliedAt, one.isCurrent]),
      [
        ['other', 'one', timeOf(3), true],
        ['tracker', 'day 2', timeOf(2), true],
        ['tracker', 'day 1', timeOf(1), false],
      ],
    );
  });

  test(`${engine.name}: finds the records that differ between two updates, in both directions`, async (t) => {
    const { updates, vulnerabilities } = await loaded(t);
    const changes = async (from: string | null, to: string, limit = 9): Promise<string[][]> => {
      const { added, removed } = await updates.findChanges({ ...feed, from, to }, limit);
      const sides = [added, removed].map(async (numbers) =>
        (await vulnerabilities.findByNumbers(numbers)).map(({ id, severity }) => `${id} ${severity}`),
      );
      return await Promise.all(sides);
    };
    assert.deepEqual(await changes(null, timeOf(0)), [['CVE-1 Medium'], []]);
    assert.deepEqual(await changes(timeOf(0), timeOf(1)), [['CVE-1 High', 'CVE-2 Medium'], ['CVE-1 Medium']]);
    assert.deepEqual(await changes(timeOf(1), timeOf(0)), [['CVE-1 Medium'], ['CVE-1 High', 'CVE-2 Medium']]);
    assert.deepEqual(await changes(timeOf(1), timeOf(2)), [[], ['CVE-1 High']]);
    assert.deepEqual(await changes(timeOf(0), timeOf(2)), [['CVE-2 Medium'], ['CVE-1 Medium']]);
    assert.deepEqual(await changes(timeOf(2), timeOf(2)), [[], []]);
    assert.deepEqual(await changes(timeOf(0), timeOf(1), 1), [['CVE-1 High'], ['CVE-1 Medium']]);
    assert.deepEqual(await updates.findChanges({ ...feed, feed: 'unknown', from: null, to: timeOf(1) }, 9), {
      added: [],
      removed: [],
    });
  });

  test(`${engine.name}: deletes a replaced update, and neither the current one nor its records`, async (t) => {
    const { updates, vulnerabilities } = await loaded(t);
    const remove = (day: number, name = feed.feed) =>
      updates.removeReplaced({ ...feed, feed: name, appliedAt: timeOf(day) });
    assert.deepEqual([await remove(1), await remove(1), await remove(2)], [true, false, false]);
    assert.equal(await remove(1, 'unknown'), false);
    const left = (await updates.findApplied(9)).map(({ appliedAt }) => appliedAt);
    assert.deepEqual(left, [timeOf(3), timeOf(2), timeOf(0)]);
    assert.equal((await vulnerabilities.findNumbersById('CVE-2')).length, 1);
  });
}
