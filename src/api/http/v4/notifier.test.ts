import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { builtIn } from '../../../extensions.ts';
import { parseDigest } from '../../../model/digest.ts';
import type { Severity } from '../../../model/severity.ts';
import { affectsManifest } from '../../../notify/clair4-callback.ts';
import { isKey } from '../../../plugin/version-scheme.ts';
import { manifestNotifications } from '../../../report/clair4/notification.ts';
import type { V4NotificationPage } from '../../../report/clair4/types.ts';
import { notificationMessage, sidesOf } from '../../../service/notifications/notification-message.ts';
import type { KeyedVulnerabilityRecord } from '../../../store/advisory-store.ts';
import type { Store } from '../../../store/store.ts';
import { affectedRow, feedUpdate, record, stream } from '../../../testing/store-content.ts';
import { collectAll } from '../../../testing/streams.ts';
import {
  alpineLayer,
  alpineLayerBytes,
  postOf,
  startV4Server,
  type V4TestServer,
  v4Manifest,
} from '../../../testing/v4-server.ts';
import { apk } from '../../../version/apk.ts';

const notification = '/notifier/api/v1/notification';
const otherManifest = parseDigest(`sha256:${hash('sha256', 'other')}`) ?? assert.fail();

/** Loads a feed without records, and then one with an advisory on openssl, or the other way round. */
async function changeAdvisories({ advisories }: Store, isWithdrawn: boolean): Promise<void> {
  const fixed = '3.3.1-r1';
  const hi = apk.key(fixed);
  assert.ok(isKey(hi));
  const affected = affectedRow('openssl', {
    namespace: { name: 'alpine:v3.20', versionScheme: 'apk' },
    range: { to: fixed },
    fix: { state: 'fixed', version: fixed },
    keys: { lo: new Uint8Array(), hi },
  });
  const advisory = record('CVE-2026-1', {
    severity: 'Defcon1',
    affected: [affected],
    description: 'Reads too far.',
    links: ['https://alpine.test/a b', 'https://alpine.test/c'],
  });
  // A feed that drops all records of a namespace keeps them.
  const kept = record('CVE-2026-2', { affected: [{ ...affected, package: 'other' }] });
  const states = isWithdrawn ? [[kept, advisory], [kept]] : [[kept], [kept, advisory]];
  for (const [i, records] of states.entries()) {
    const update = { fingerprint: String(i), acceptShrunk: true as const };
    await advisories.apply(feedUpdate({ source: 'alpine', feed: 'v3.20/main', ...update }), stream(records));
  }
}

/** Starts a server with two manifests of one layer, and a notification about both. */
async function startNotified(
  t: TestContext,
  { isWithdrawn = false } = {},
): Promise<V4TestServer & { readonly name: string }> {
  const server = await startV4Server(t, { '/alpine': alpineLayerBytes }, { extensions: builtIn });
  const other = JSON.stringify({ hash: otherManifest, layers: [alpineLayer] });
  for (const init of [postOf([alpineLayer]), { method: 'POST', body: other }])
    assert.equal((await server.request('/indexer/api/v1/index_report', init)).status, 201);
  await changeAdvisories(server.store, isWithdrawn);
  await server.store.notifications.createFromEvents(10);
  const [due] = await server.store.notifications.findDue(1);
  return { ...server, name: due?.name ?? assert.fail() };
}

test('returns the manifests that a new vulnerability affects', async (t) => {
  const { request, name } = await startNotified(t);
  const response = await request(`${notification}/${name}`);
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('content-type'), 'application/vnd.clair.notification_page.v1+json');
  const { page, notifications } = (await response.json()) as V4NotificationPage;
  assert.deepEqual(page, { size: 500 });
  assert.deepEqual(
    notifications.map(({ manifest, reason }) => [manifest, reason]),
    [v4Manifest, otherManifest].sort().map((manifest) => [manifest, 'added']),
  );
  const [{ id, vulnerability } = assert.fail()] = notifications;
  assert.match(id, /^[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-a[\da-f]{3}-[\da-f]{12}$/);
  const { package: item, distribution, ...rest } = vulnerability;
  assert.deepEqual(rest, {
    name: 'CVE-2026-1',
    description: 'Reads too far.',
    severity: 'Critical',
    normalized_severity: 'Critical',
    repo: { cpe: '' },
    fixed_in_version: '3.3.1-r1',
    links: 'https://alpine.test/a%20b https://alpine.test/c',
  });
  assert.deepEqual(
    [item.name, item.version, distribution.did, distribution.version_id],
    ['libssl3', '3.3.0-r1', 'alpine', '3.20'],
  );
});

/** An advisory on a package of the layer, by default on its installed version, which is below 9. */
function advisoryOn(
  id: string,
  severity: Severity,
  { name = 'openssl', fixed = '9' } = {},
): KeyedVulnerabilityRecord {
  const hi = apk.key(fixed);
  assert.ok(isKey(hi));
  const affected = affectedRow(name, {
    namespace: { name: 'alpine:v3.20', versionScheme: 'apk' },
    range: { to: fixed },
    fix: { state: 'fixed', version: fixed },
    keys: { lo: new Uint8Array(), hi },
  });
  return record(id, { severity, affected: [affected] });
}

/** Applies advisories as one update, and returns the name of the notification that represents it. */
async function representedUpdate(
  { advisories, notifications }: Store,
  records: readonly KeyedVulnerabilityRecord[],
): Promise<string> {
  const update = { fingerprint: String(records.length), acceptShrunk: true as const };
  await advisories.apply(feedUpdate({ source: 'alpine', feed: 'v3.20/main', ...update }), stream(records));
  while ((await notifications.createFromEvents(100)) > 0);
  const due = await notifications.findDue(1000);
  return await notifications.representUpdate(due.at(-1)?.name ?? assert.fail());
}

/** Reads all pages of a notification, as Quay does. */
async function allPages(
  { request }: V4TestServer,
  name: string,
  size: number,
): Promise<V4NotificationPage['notifications'][]> {
  const pages: V4NotificationPage['notifications'][] = [];
  for (let next: string | undefined = ''; next !== undefined; ) {
    const query = `page_size=${size}&next=${encodeURIComponent(next)}`;
    const response = await request(`${notification}/${name}?${query}`);
    assert.equal(response.status, 200);
    const body = (await response.json()) as V4NotificationPage;
    pages.push(body.notifications);
    next = body.page.next;
  }
  return pages;
}

function shown(notifications: V4NotificationPage['notifications']): string[] {
  return notifications.map(({ manifest, reason, vulnerability: { name, severity } }) =>
    [manifest === v4Manifest ? 'one' : 'other', reason, name, severity].join(' '),
  );
}

test('shows the most severe of all vulnerabilities of an update for each manifest, by reason', async (t) => {
  const server = await startNotified(t);
  const before = [advisoryOn('CVE-2026-3', 'High'), advisoryOn('CVE-2026-2', 'Low', { name: 'other' })];
  await representedUpdate(server.store, before);
  const name = await representedUpdate(server.store, [
    ...[advisoryOn('CVE-2026-4', 'Low'), advisoryOn('CVE-2026-5', 'Critical')],
    ...[advisoryOn('CVE-2026-6', 'Medium'), advisoryOn('CVE-2026-7', 'Critical', { name: 'absent' })],
    advisoryOn('CVE-2026-2', 'Low', { name: 'other' }),
  ]);
  const pages = await allPages(server, name, 500);
  assert.deepEqual(
    pages.map((page) => shown(page).sort()),
    [
      [
        ...['one added CVE-2026-5 Critical', 'one removed CVE-2026-3 High'],
        ...['other added CVE-2026-5 Critical', 'other removed CVE-2026-3 High'],
      ],
    ],
  );
  assert.deepEqual([...new Set(pages.flat().map(({ id }) => id))].length, 4);
});

test('shows the same of several most severe vulnerabilities each time, whatever their order in the feed', async (t) => {
  const worst = ['CVE-2026-4', 'CVE-2026-5', 'CVE-2026-6'].map((id) => advisoryOn(id, 'Critical'));
  const kept = advisoryOn('CVE-2026-2', 'Low', { name: 'other' });
  const seen = new Set<string>();
  for (const records of [worst, worst.toReversed()]) {
    const server = await startNotified(t);
    const name = await representedUpdate(server.store, [...records, kept]);
    for (let i = 0; i < 2; i++)
      seen.add(String((await allPages(server, name, 500)).map((page) => shown(page).sort())));
  }
  assert.equal(seen.size, 1, [...seen].join('\n'));
});

test('has all manifests of an update on its pages, whatever their size', async (t) => {
  const server = await startNotified(t);
  const many = Array.from({ length: 250 }, (_, i) =>
    advisoryOn(`CVE-2026-${1000 + i}`, 'Low', { name: `absent-${i}` }),
  );
  const name = await representedUpdate(server.store, [
    ...many,
    ...[
      advisoryOn('CVE-2025-1', 'High'),
      advisoryOn('CVE-2027-1', 'Low'),
      advisoryOn('CVE-2026-2', 'Low', { name: 'other' }),
    ],
  ]);
  for (const size of [1, 2, 500]) {
    const all = (await allPages(server, name, size)).flatMap(shown);
    assert.deepEqual(
      [...new Set(all.map((one) => one.split(' ')[0]))].sort(),
      ['one', 'other'],
      String(size),
    );
    assert.ok(all.includes('one added CVE-2025-1 High'), String(size));
  }
});

test('gives the reason removed for the manifests that a changed vulnerability no longer affects', async (t) => {
  const server = await startNotified(t);
  const kept = advisoryOn('CVE-2026-2', 'Low', { name: 'other' });
  const before = ['CVE-2026-3', 'CVE-2026-4'].map((id) => advisoryOn(id, 'High'));
  await representedUpdate(server.store, [kept, ...before]);
  const name = await representedUpdate(server.store, [
    ...[kept, advisoryOn('CVE-2026-3', 'High', { fixed: '3.3.0-r1' })],
    ...[advisoryOn('CVE-2026-4', 'Medium', { fixed: '10' }), advisoryOn('CVE-2026-5', 'Low')],
  ]);
  for (const size of [1, 500])
    assert.deepEqual(
      new Set((await allPages(server, name, size)).flatMap(shown)),
      new Set([
        ...['one added CVE-2026-4 Medium', 'one removed CVE-2026-3 High'],
        ...['other added CVE-2026-4 Medium', 'other removed CVE-2026-3 High'],
      ]),
      String(size),
    );
});

test('messages about a change have the manifests that it no longer affects', async (t) => {
  const { store } = await startNotified(t);
  const kept = advisoryOn('CVE-2026-2', 'Low', { name: 'other' });
  await representedUpdate(store, [kept, advisoryOn('CVE-2026-3', 'High')]);
  const fixed = advisoryOn('CVE-2026-3', 'Medium', { fixed: '3.3.0-r1' });
  const name = await representedUpdate(store, [kept, fixed]);
  const notification = (await store.notifications.find(name)) ?? assert.fail();
  const deps = { store, extensions: builtIn };
  const message = notificationMessage(notification, await sidesOf(notification, deps), deps);
  assert.ok(message.kind === 'change');
  const { images, noLongerAffected } = await message.content();
  assert.deepEqual([images.length, noLongerAffected?.images.length], [0, 1]);
  assert.ok(await affectsManifest(message));
  const pages = await collectAll(message.pages?.() ?? assert.fail());
  assert.deepEqual(pages.flatMap((content) => shown(manifestNotifications(name, content))).sort(), [
    'one removed CVE-2026-3 High',
    'other removed CVE-2026-3 High',
  ]);
});

test('answers 400 for an unknown position in an update', async (t) => {
  const server = await startNotified(t);
  const name = await representedUpdate(server.store, [advisoryOn('CVE-2026-3', 'High')]);
  for (const next of ['x', `${otherManifest}:`, `:x`])
    assert.equal((await server.request(`${notification}/${name}?next=${next}`)).status, 400, next);
});

test('gives the reason removed for a withdrawn vulnerability', async (t) => {
  const { request, name } = await startNotified(t, { isWithdrawn: true });
  const { notifications } = (await (await request(`${notification}/${name}`)).json()) as V4NotificationPage;
  assert.deepEqual(
    notifications.map(({ reason }) => reason),
    ['removed', 'removed'],
  );
});

test('acknowledges a notification, which can still be read', async (t) => {
  const { request, name, store } = await startNotified(t);
  for (let i = 0; i < 2; i++)
    assert.equal((await request(`${notification}/${name}`, { method: 'DELETE' })).status, 200);
  assert.deepEqual(await store.notifications.findDue(1), []);
  assert.equal((await request(`${notification}/${name}`)).status, 200);
});

test('takes a UUID in every spelling of it, and answers 404 for an unknown one', async (t) => {
  const { request, name } = await startNotified(t);
  const statusOf = async (id: string, method = 'GET') =>
    (await request(`${notification}/${id}`, { method })).status;
  for (const id of [name.toUpperCase(), `%7B${name}%7D`, `urn:uuid:${name}`])
    assert.equal(await statusOf(id), 200, id);
  const unknown = '11111111-1111-1111-1111-111111111111';
  assert.deepEqual([await statusOf(unknown), await statusOf(unknown, 'DELETE')], [404, 404]);
  assert.deepEqual([await statusOf('nothing'), await statusOf('nothing', 'DELETE')], [400, 400]);
  assert.equal(await statusOf(name, 'POST'), 405);
});

test('reads page size and position as Clair, except for a negative size', async (t) => {
  const { request, name } = await startNotified(t);
  const answerTo = async (query: string) => {
    const response = await request(`${notification}/${name}?${query}`);
    const { page } = (await response.json()) as Partial<V4NotificationPage>;
    return [response.status, page?.size];
  };
  for (const query of ['page_size=0', 'page_size=', 'next=', 'next=00000000-0000-0000-0000-000000000000'])
    assert.deepEqual(await answerTo(query), [200, 500], query);
  assert.deepEqual(await answerTo('page_size=100000'), [200, 1000]);
  for (const query of ['page_size=x', 'page_size=-1', 'next=x'])
    assert.deepEqual(await answerTo(query), [400, undefined], query);
});
