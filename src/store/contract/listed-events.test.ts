import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits } from '../../core/limits.ts';
import { affectedRow, feedUpdate, record, stream, trixie } from '../../testing/store-content.ts';
import { storeEngines } from '../../testing/store-engines.ts';
import type { KeyedVulnerabilityRecord } from '../advisory-store.ts';
import type { EventFilter, EventPage } from '../event-store.ts';
import type { Store } from '../store.ts';

const dayMs = 24 * 3_600_000;

async function apply(
  store: Store,
  records: readonly KeyedVulnerabilityRecord[],
  feed = 'tracker',
): Promise<void> {
  const fingerprint = String(store.now().getTime());
  await store.advisories.apply(feedUpdate({ acceptShrunk: true, fingerprint, feed }), stream(records));
}

const labels = ({ events }: EventPage): string[] =>
  events.map(({ number, id, kind }) => `${number} ${id} ${kind}`);

for (const engine of storeEngines)
  test(`${engine.name}: pages through events, the newest first, with filters`, async (t) => {
    const clock = { now: Date.parse('2026-01-31T23:00:00Z') };
    const store = await engine.create(t)({ now: () => clock.now });
    const page = async (filter: EventFilter, limit = 9, after?: number) =>
      await store.events.pageNewest(filter, { limit, ...(after !== undefined && { after }) });
    assert.deepEqual(await page({}), { events: [] });
    assert.deepEqual(await page({ day: '2026-01-31' }), { events: [] });
    assert.deepEqual(await store.events.findDays('2026-01-01'), { since: null, days: [] });

    await apply(store, [record('CVE-1'), record('CVE-2')]);
    await apply(store, [record('x')], 'other');
    const rows = [affectedRow('openssl', { severity: 'High' })];
    await apply(store, [record('CVE-1'), record('CVE-2', { affected: rows }), record('CVE-3')]);
    await apply(store, [record('x'), record('y')], 'other');
    clock.now += 2 * 3_600_000;
    await apply(store, [record('CVE-1'), record('CVE-3', { severity: 'Low' }), record('CVE-4')]);

    const all = [
      '6 CVE-2 withdrawn',
      '5 CVE-4 new',
      '4 CVE-3 changed',
      '3 y new',
      '2 CVE-3 new',
      '1 CVE-2 changed',
    ];
    const first = await page({}, 4);
    assert.deepEqual([first.next, labels(first)], [3, all.slice(0, 4)]);
    assert.deepEqual(labels(await page({}, 4, first.next)), all.slice(4));
    assert.equal((await page({}, 6)).next, undefined);
    assert.deepEqual(labels(await page({ before: 3 })), all.slice(4));
    assert.deepEqual(labels(await page({ kind: 'new' })), [all[1], all[3], all[4]]);
    assert.deepEqual((await page({ kind: 'new' }, 2)).next, 3);
    assert.deepEqual(labels(await page({ id: 'cve-3' })), [all[2], all[4]]);
    assert.deepEqual(labels(await page({ day: '2026-01-31' })), all.slice(3));
    assert.deepEqual(labels(await page({ day: '2026-02-01', kind: 'new' })), [all[1]]);
    assert.deepEqual(
      (await page({})).events.map(({ severityBefore, severityAfter }) => [severityBefore, severityAfter]),
      [
        ['High', null],
        [null, 'Medium'],
        ['Medium', 'Low'],
        [null, 'Medium'],
        [null, 'Medium'],
        ['Medium', 'High'],
      ],
    );

    const none = { new: 0, changed: 0, withdrawn: 0 };
    const [tracker, other] = ['tracker', 'other'].map((feed) => ({ source: 'debian', feed }));
    assert.deepEqual(await store.events.findDays('2026-01-01'), {
      since: '2026-01-31',
      days: [
        { ...other, day: '2026-01-31', ...none, new: 1 },
        { ...tracker, day: '2026-01-31', ...none, new: 1, changed: 1 },
        { ...tracker, day: '2026-02-01', new: 1, changed: 1, withdrawn: 1 },
      ],
    });
    assert.equal((await store.events.findDays('2026-02-01')).days.length, 1);
  });

for (const engine of storeEngines)
  test(`${engine.name}: says when a feed was applied, and which namespaces it covers`, async (t) => {
    const clock = { now: Date.parse('2026-01-31T00:00:00Z') };
    const store = await engine.create(t)({ now: () => clock.now });
    const both = [affectedRow('openssl'), affectedRow('openssl', { namespace: trixie })];
    await apply(store, [record('CVE-1', { affected: both })]);
    const failed = { source: 'debian', feed: 'other', sourceVersion: 1, origin: 'upstream' };
    await store.advisories.recordFailure(failed, { at: '2026-01-31T00:00:00Z', message: 'no route' });
    clock.now += dayMs;
    await apply(store, [record('CVE-1')]);
    assert.deepEqual(await store.updates.findContents(), [
      { source: 'debian', feed: 'tracker', appliedAt: '2026-02-01T00:00:00.000Z', namespaces: ['debian:12'] },
      { source: 'debian', feed: 'other', appliedAt: null, namespaces: [] },
    ]);
  });

test('reads a bounded number of events for one page, and leads to the rest', async (t) => {
  const store = (await storeEngines[1]?.create(t)()) ?? assert.fail();
  await apply(store, [record('CVE-1'), record('CVE-2')]);
  await apply(store, [record('CVE-2')]);
  const many = Array.from({ length: limits.listedEvents }, (_, i) =>
    record(`CVE-${i + 10}`, { affected: [] }),
  );
  await apply(store, [record('CVE-2'), ...many]);
  const first = await store.events.pageNewest({ kind: 'withdrawn' }, { limit: 5 });
  assert.deepEqual([first.next, first.events.length], [2, 0]);
  const rest = await store.events.pageNewest({ kind: 'withdrawn' }, { limit: 5, after: 2 });
  assert.deepEqual([rest.next, labels(rest)], [undefined, ['1 CVE-1 withdrawn']]);
});
