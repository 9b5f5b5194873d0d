import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ClairError } from '../../core/errors.ts';
import { feedUpdate, image, installed, record, stream } from '../../testing/store-content.ts';
import { runsOn, storeEngines } from '../../testing/store-engines.ts';
import type { KeyedRecord } from '../advisory-store.ts';
import type { Store } from '../store.ts';

const openssl = image([installed('openssl')]);
const start = Date.parse('2026-01-01T00:00:00Z');
const dayMs = 24 * 3_600_000;

/** Returns a day as ISO 8601; day 0 is 1 January 2026. */
function day(number: number): string {
  return new Date(start + number * dayMs).toISOString();
}

for (const engine of storeEngines) {
  const open = async (t: Parameters<typeof engine.create>[0]) => {
    const clock = { day: 0 };
    const store = await engine.create(t)({ now: () => start + clock.day * dayMs });
    const apply = (number: number, records: readonly KeyedRecord[]) => {
      clock.day = number;
      const update = { fingerprint: `of day ${number}`, fetchedAt: day(number), acceptShrunk: true } as const;
      return store.advisories.apply(feedUpdate(update), stream(records));
    };
    return { store, clock, apply };
  };

  test(`${engine.name}: matches an image as of a past day`, async (t) => {
    const { store, clock, apply } = await open(t);
    await apply(1, [record('A'), record('B')]);
    await apply(3, [record('A'), record('C')]);
    await apply(5, [record('A', { severity: 'High' }), record('C')]);
    clock.day = 9;
    assert.deepEqual(await hitsAsOf(store, day(0.5)), []);
    assert.deepEqual(await hitsAsOf(store, day(1)), ['A Medium', 'B Medium']);
    assert.deepEqual(await hitsAsOf(store, day(2.999)), ['A Medium', 'B Medium']);
    assert.deepEqual(await hitsAsOf(store, day(3)), ['A Medium', 'C Medium']);
    assert.deepEqual(await hitsAsOf(store, day(9)), ['A High', 'C Medium']);
    assert.deepEqual(await hitsAsOf(store, undefined), ['A High', 'C Medium']);
  });

  test(`${engine.name}: returns the states of feeds as of a past day`, async (t) => {
    const { store, clock, apply } = await open(t);
    const at = async (number: number) => {
      const states = await store.advisories.findFeedStates({ asOf: day(number) });
      return states.map(({ fingerprint, fetchedAt, checkedAt, records }) =>
        [fingerprint, fetchedAt, checkedAt, records].join(' '),
      );
    };
    await apply(1, [record('A'), record('B')]);
    const [state] = await store.advisories.findFeedStates();
    assert.ok(state !== undefined);
    clock.day = 2;
    await store.advisories.touch({ ...state, presence: 'loaded', checkedAt: day(2) });
    await apply(3, [record('A')]);
    clock.day = 4;
    assert.deepEqual(await at(0.5), []);
    // Content that was confirmed on day 2 was current on the days before.
    assert.deepEqual(await at(1.5), [`of day 1 ${day(1)} ${day(1.5)} 2`]);
    assert.deepEqual(await at(2.5), [`of day 1 ${day(1)} ${day(2)} 2`]);
    assert.deepEqual(await at(3), [`of day 3 ${day(3)} ${day(3)} 1`]);
    assert.deepEqual(await at(4), [`of day 3 ${day(3)} ${day(3)} 1`]);
  });

  test(`${engine.name}: finds records by id and key as of a past day`, async (t) => {
    const { store, clock, apply } = await open(t);
    const feed = feedUpdate();
    await apply(1, [record('A', { aliases: ['also A'] }), record('B')]);
    await apply(3, [record('A', { severity: 'High' })]);
    clock.day = 9;
    const at = async (number: number): Promise<string[]> => {
      const asOf = day(number);
      const named = await Promise.all(
        ['A', 'also A', 'B'].map((id) => store.vulnerabilities.findNumbersById(id, { asOf })),
      );
      const keyed = await store.vulnerabilities.findByKeys(feed, ['A', 'B'], { asOf });
      const found = await store.vulnerabilities.findByNumbers(named.flat());
      return [...found, ...keyed].map(({ id, severity }) => `${id} ${severity}`);
    };
    assert.deepEqual(await at(0), []);
    assert.deepEqual(await at(2), ['A Medium', 'B Medium', 'A Medium', 'B Medium']);
    assert.deepEqual(await at(3), ['A High', 'A High']);
    await assert.rejects(
      store.vulnerabilities.findNumbersById('A', { asOf: day(10) }),
      isUsage(/is in the future/),
    );
  });

  test(`${engine.name}: rejects a time outside the history`, async (t) => {
    const { store, apply } = await open(t);
    await apply(1, [record('A')]);
    for (const [asOf, message] of [
      ['last week', /^last week is not a valid time; write it as /],
      [day(2), /is in the future/],
    ] as const) {
      await assert.rejects(hitsAsOf(store, asOf), isUsage(message));
      await assert.rejects(store.advisories.findFeedStates({ asOf }), isUsage(message));
    }
  });

  test(`${engine.name}: returns for any past day the state of that day`, async (t) => {
    const { store, clock, apply } = await open(t);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.subarray(['A', 'B', 'C', 'D']), { minLength: 1, maxLength: 6 }),
        async (days) => {
          const first = clock.day + 1;
          for (const [i, ids] of days.entries())
            await apply(
              first + i,
              ['always', ...ids].map((id) => record(id)),
            );
          for (const [i, ids] of days.entries()) {
            const expected = [...ids, 'always'].map((id) => `${id} Medium`);
            assert.deepEqual(await hitsAsOf(store, day(first + i)), expected.sort());
          }
        },
      ),
      { numRuns: runsOn(engine, 30) },
    );
  });
}

async function hitsAsOf(store: Store, asOf: string | undefined): Promise<string[]> {
  const number = await store.images.save(openssl);
  const found = await store.images.findMatches(number, asOf === undefined ? {} : { asOf });
  return found.map(({ id, severity }) => `${id} ${severity}`);
}

function isUsage(message: RegExp): (error: unknown) => boolean {
  return (error) => error instanceof ClairError && error.code === 'usage' && message.test(error.message);
}
