import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { builtIn as extensions } from '../../../extensions.ts';
import { debianRecord, fleetServer } from '../../../testing/fleet-server.ts';

interface ListedNotification {
  readonly name: string;
  readonly state: string;
  readonly event: { readonly id: string };
}

test('lists notifications with their events, and sends one again', async (t) => {
  const { applyDebian, clock, get, call, refusal, store } = await fleetServer(t, { extensions });
  assert.deepEqual(await get('/notifications'), { notifications: [] });
  const records = ['CVE-2026-1', 'CVE-2026-2'].map((id) => debianRecord(id, 'openssl', { fixed: '1' }));
  await applyDebian([]);
  clock.at += 60_000;
  await applyDebian(records);
  await store.notifications.createFromEvents(9);
  const at = new Date(clock.at).toISOString();
  const first = await get<{ notifications: ListedNotification[]; next: string }>('/notifications?limit=1');
  const [{ name } = assert.fail()] = first.notifications;
  assert.deepEqual(first.notifications, [
    {
      ...{ name, state: 'due', namespace: 'debian:12', createdAt: at, notifiedAt: null, dueAt: at },
      deletedAt: null,
      event: {
        ...{ number: 2, id: 'CVE-2026-2', kind: 'new', changed: [], source: 'debian', feed: 'tracker', at },
        severity: { before: null, after: 'Medium' },
      },
    },
  ]);
  const rest = await get<{ notifications: ListedNotification[] }>(`/notifications?after=${first.next}`);
  assert.deepEqual(
    rest.notifications.map(({ event }) => event.id),
    ['CVE-2026-1'],
  );

  await store.notifications.markNotified(name, 3_600_000);
  clock.at += 60_000;
  assert.deepEqual((await store.notifications.findDue(9)).length, 1);
  const resent = await call(`/notifications/${name}/resend`, { method: 'POST' });
  const { dueAt, state } = (await resent.json()) as { dueAt: string; state: string };
  assert.deepEqual([resent.status, dueAt, state], [202, new Date(clock.at).toISOString(), 'delivered']);
  assert.deepEqual((await store.notifications.findDue(9)).length, 2);
  const csv = await (
    await call('/notifications?state=delivered', { headers: { accept: 'text/csv' } })
  ).text();
  const row = `${name},delivered,CVE-2026-2,debian:12,new,${at},${at},${dueAt},`;
  assert.equal(csv.split('\r\n')[1], row);
  await store.notifications.markDeleted(name);
  const init = { method: 'POST' };
  assert.deepEqual(await refusal(`/notifications/${name}/resend`, init), [
    409,
    'a client has acknowledged this notification',
  ]);
  assert.deepEqual(await refusal('/notifications/x/resend', init), [404, 'there is no such notification']);
  assert.deepEqual(await refusal('/notifications?state=lost'), [
    400,
    'state must be one of due, delivered, acknowledged, skipped',
  ]);
});

test('lets only the scope admin send notifications again', async (t) => {
  const scopes = ['read', 'triage', 'scan', 'admin'] as const;
  const { call } = await fleetServer(t, {
    extensions,
    tokens: scopes.map((scope) => `${scope}:${createHash('sha256').update(scope).digest('hex')}:${scope}`),
  });
  const statuses: number[] = [];
  for (const scope of scopes) {
    const init = { method: 'POST', headers: { authorization: `Bearer ${scope}` } };
    statuses.push((await call('/notifications/x/resend', init)).status);
  }
  assert.deepEqual(statuses, [403, 403, 403, 404]);
});
