import assert from 'node:assert/strict';
import { test } from 'node:test';
import { affectedRow, feedUpdate, record, stream, trixie } from '../../testing/store-content.ts';
import { storeEngines } from '../../testing/store-engines.ts';
import type { KeyedVulnerabilityRecord } from '../advisory-store.ts';
import {
  type NotificationPlace,
  type NotificationState,
  notificationStates,
  stateOfNotification,
} from '../notification-store.ts';
import type { Store } from '../store.ts';

const minute = 60_000;

async function apply(store: Store, records: readonly KeyedVulnerabilityRecord[]): Promise<void> {
  const fingerprint = String(store.now().getTime());
  await store.advisories.apply(feedUpdate({ acceptShrunk: true, fingerprint }), stream(records));
}

for (const engine of storeEngines)
  test(`${engine.name}: lists notifications by their state, and makes one due again`, async (t) => {
    const clock = { now: Date.parse('2026-03-01T00:00:00Z') };
    const store = await engine.create(t)({ now: () => clock.now });
    const { notifications } = store;
    await apply(store, [record('old')]);
    clock.now += minute;
    const both = [affectedRow('openssl'), affectedRow('openssl', { namespace: trixie })];
    const records = ['A', 'B', 'C'].map((id) => record(id));
    await apply(store, [record('old'), ...records, record('D', { affected: both })]);
    await notifications.createFromEvents(9);
    const due = await notifications.findDue(9);
    const nameOf = (id: string): string => due.find((one) => one.id === id)?.name ?? assert.fail();
    await notifications.markNotified(nameOf('A'), minute);
    await notifications.postpone(nameOf('B'), 'ever');
    await notifications.markNotified(nameOf('C'), minute);
    await notifications.markDeleted(nameOf('C'));

    const page = async (state?: NotificationState, limit = 9, after?: NotificationPlace) => {
      const found = await notifications.pageNewest(state, { limit, ...(after !== undefined && { after }) });
      return { ids: found.notifications.map(({ id }) => id), next: found.next };
    };
    const all = (await page()).ids;
    assert.deepEqual(all, [...all].sort().reverse());
    assert.deepEqual(all.toSorted(), ['A', 'B', 'C', 'D', 'D']);
    const states = { due: ['D', 'D'], delivered: ['A'], acknowledged: ['C'], skipped: ['B'] };
    for (const state of notificationStates)
      assert.deepEqual(await page(state), { ids: states[state], next: undefined }, state);
    const walked: string[] = [];
    for (let after: NotificationPlace | undefined, isLast = false; !isLast; isLast = after === undefined) {
      const { ids, next } = await page(undefined, 1, after);
      walked.push(...ids);
      after = next;
    }
    assert.deepEqual(walked, all, 'pages end between the two notifications of one event, too');

    for (const id of ['A', 'B', 'C']) {
      const sent = (await notifications.resend(nameOf(id))) ?? assert.fail();
      assert.deepEqual(
        [sent.id, stateOfNotification(sent), sent.dueAt],
        id === 'C'
          ? ['C', 'acknowledged', null]
          : [id, id === 'A' ? 'delivered' : 'due', new Date(clock.now).toISOString()],
      );
    }
    assert.equal(await notifications.resend('unknown'), undefined);
    const again = (await notifications.findDue(9)).map(({ id }) => id);
    assert.deepEqual(again.sort(), ['A', 'B', 'D', 'D']);
  });
