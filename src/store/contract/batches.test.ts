import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Package } from '../../model/package.ts';
import { ancestry, feedUpdate, image, installed, record, stream } from '../../testing/store-content.ts';
import { storeEngines } from '../../testing/store-engines.ts';
import type { BatchItem } from '../batch-store.ts';
import type { Store } from '../store.ts';

const minute = 60_000;
const start = Date.parse('2026-01-02T00:00:00Z');

function item(number: number, version: string): BatchItem {
  const { type, name, purl, location }: Package = installed('openssl');
  const fix = { state: 'fixed', version: '5' } as const;
  return { image: number, packages: [{ type, name, version, source: null, purl, location }], fix };
}

for (const engine of storeEngines) {
  /** Creates two images and the notifications of A and B; returns the names of the notifications in this order. */
  const open = async (t: Parameters<typeof engine.create>[0]) => {
    const clock = { now: start };
    const store = await engine.create(t)({ now: () => clock.now });
    await apply(store, []);
    await apply(store, ['A', 'B']);
    await store.notifications.createFromEvents(9);
    const named = (await store.notifications.findDue(9)).toSorted((a, b) => a.event - b.event);
    const [a = '', b = ''] = named.map(({ name }) => name);
    const one = await store.images.save(image([installed('openssl')], 'one'));
    const two = await store.images.save(image([installed('openssl')], 'two'));
    await store.ancestries.save(ancestry('registry/one', one));
    return { store, clock, a, b, one, two };
  };

  test(`${engine.name}: adds items to a batch until it is closed, and then always returns the same`, async (t) => {
    const { store, clock, a, b, one, two } = await open(t);
    const { batches } = store;
    for (const name of [a, b]) await store.notifications.postpone(name, 'ever');
    assert.equal(await store.notifications.findNextDue(), undefined);
    await batches.add(a, [item(one, '3'), item(two, '3')], minute);
    clock.now += minute / 2;
    await batches.add(b, [item(one, '3'), item(one, '4')], minute);
    assert.deepEqual(await batches.findDue(9), []);
    assert.equal(await store.notifications.findNextDue(), '2026-01-02T00:01:00.000Z');
    clock.now += minute / 2;
    const due = await batches.findDue(9);
    assert.deepEqual(new Set(due.map((batch) => batch.image)), new Set([one, two]));
    const first = due.find((batch) => batch.image === one) ?? assert.fail();
    assert.deepEqual(
      { ...first, name: '' },
      {
        name: '',
        image: one,
        createdAt: '2026-01-02T00:00:00.000Z',
        notifiedAt: null,
        deletedAt: null,
        dueAt: '2026-01-02T00:01:00.000Z',
      },
    );
    const content = await batches.close(first.name);
    const { items = [], ...rest } = content ?? {};
    assert.deepEqual(rest, { identity: 'one', names: ['registry/one'] });
    const delivered = items.map(({ notification, packages, fix }) => [
      notification,
      packages.map((found) => found.version).join(),
      fix.state,
    ]);
    assert.deepEqual(delivered[0], [a, '3', 'fixed']);
    assert.deepEqual(
      new Set(delivered.slice(1).map(String)),
      new Set(
        [
          [b, '3', 'fixed'],
          [b, '4', 'fixed'],
        ].map(String),
      ),
    );

    // Items added before go into no other batch. New items do, even if the first batch was not delivered yet.
    await batches.add(a, [item(one, '3'), item(one, '9')], minute);
    assert.deepEqual(await batches.close(first.name), content);
    clock.now += minute;
    const others = (await batches.findDue(9)).filter(
      ({ image: of, name }) => of === one && name !== first.name,
    );
    const later = await Promise.all(others.map(({ name }) => batches.close(name)));
    assert.deepEqual(
      later.flatMap((batch) => batch?.items.map(({ packages }) => packages[0]?.version)),
      ['9'],
    );
    assert.equal(await batches.close('unknown'), undefined);
  });

  test(`${engine.name}: redelivers a batch until it is acknowledged`, async (t) => {
    const { store, clock, a, one } = await open(t);
    const { batches } = store;
    await batches.add(a, [item(one, '3')], 0);
    const [batch = assert.fail()] = await batches.findDue(9);
    await batches.postpone(batch.name, new Date(clock.now + minute));
    assert.deepEqual(await batches.findDue(9), []);
    clock.now += minute;
    await batches.markNotified(batch.name, minute);
    clock.now += minute;
    const delivered = {
      ...batch,
      notifiedAt: '2026-01-02T00:01:00.000Z',
      dueAt: '2026-01-02T00:02:00.000Z',
    };
    assert.deepEqual(await batches.findDue(9), [delivered]);
    assert.equal(await batches.markDeleted(batch.name), true);
    await batches.markNotified(batch.name, 0);
    await batches.postpone(batch.name, new Date(clock.now));
    assert.deepEqual(await batches.findDue(9), []);
    assert.equal((await batches.find(batch.name))?.dueAt, null);
    assert.equal(await batches.markDeleted('unknown'), false);
    assert.equal(await batches.find('unknown'), undefined);
  });

  test(`${engine.name}: deletes batches together with their events and their image`, async (t) => {
    const { store, clock, a, b, one, two } = await open(t);
    const { batches } = store;
    await batches.add(a, [item(one, '3'), item(two, '3')], 0);
    await batches.add(b, [item(two, '3')], 0);
    const names = (await batches.findDue(9)).map(({ name }) => name);
    const isThere = async () => (await Promise.all(names.map((name) => batches.find(name)))).map(Boolean);
    const terms = { keepHistoryMs: 99 * minute, keepEventsMs: 99 * minute, keepLayersUnusedMs: 99 * minute };
    clock.now += 48 * 60 * minute;
    await store.collectGarbage({ ...terms, keepEventsMs: 99 * 60 * minute, keepLayersUnusedMs: minute });
    const left = (await isThere()).filter(Boolean);
    assert.equal(left.length, 1, 'the image without a name is gone');
    await store.collectGarbage({ ...terms, keepEventsMs: minute });
    assert.deepEqual(await isThere(), [false, false]);
  });
}

async function apply(store: Store, ids: readonly string[]): Promise<void> {
  const records = ids.map((id) => record(id));
  await store.advisories.apply(feedUpdate({ acceptShrunk: true }), stream(records));
}
