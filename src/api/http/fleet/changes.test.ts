import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtIn as extensions } from '../../../extensions.ts';
import type { DayChanges } from '../../../model/finding-changes.ts';
import { countFindings } from '../../../service/finding-counts/count-findings.ts';
import type { SubjectChange } from '../../../store/finding-change-store.ts';
import { debianImage, debianRecord, type FleetServer, fleetServer } from '../../../testing/fleet-server.ts';
import { storeEngines } from '../../../testing/store-engines.ts';

const dayMs = 24 * 60 * 60 * 1000;

/** Counts the findings of all images some days later. */
async function countLater({ store, clock }: FleetServer, days: number): Promise<void> {
  clock.at += days * dayMs;
  await countFindings({ store, extensions, signal: new AbortController().signal });
}

/** Returns the numbers of a day, and a text for each cause. */
async function numbersOf({ get }: FleetServer, day = ''): Promise<unknown> {
  const changes = await get<DayChanges>(`/summary/changes${day}`);
  const { before, now, opened, closed, unexplained, causes } = changes;
  return [
    `${before} + ${opened} - ${closed} + ${unexplained} = ${now}`,
    ...(causes ?? []).map(
      (one) => `${one.cause} ${one.severity} ${one.subjects}: +${one.opened} -${one.closed} ~${one.rerated}`,
    ),
  ];
}

async function listOf({ get }: FleetServer, path: string): Promise<string[]> {
  const { changes } = await get<{ readonly changes: readonly SubjectChange[] }>(`/summary/changes/${path}`);
  return changes.map(
    ({ subject, digest, severity, opened, closed, rerated }) =>
      `${digest ?? subject} ${severity} +${opened} -${closed} ~${rerated}`,
  );
}

const openssl = debianRecord('CVE-2026-1', 'openssl', { fixed: '3.0.2-1', severity: 'High' });
const bash = debianRecord('CVE-2026-2', 'bash', { fixed: '5.3-1', severity: 'Low' });
const late = debianRecord('CVE-2026-3', 'openssl', { fixed: '3.0.9-1', severity: 'Critical' });

for (const engine of storeEngines) {
  test(`${engine.name}: explains new and closed findings by images and advisories`, async (t) => {
    const server = await fleetServer(t, { extensions, engine });
    assert.deepEqual(await numbersOf(server), ['null + null - null + null = null']);
    await server.applyDebian([openssl, bash]);
    const one = await server.scan(debianImage('openssl 3.0.1-1', 'bash 5.2-1'), 'one');
    const two = await server.scan(debianImage('openssl 3.0.1-1', 'curl 1-1'), 'two');
    await countLater(server, 0);
    assert.deepEqual(await numbersOf(server), ['null + 3 - 0 + null = 3', 'image-added null 2: +3 -0 ~0']);
    assert.deepEqual(await listOf(server, 'image-added'), [`${one} null +2 -0 ~0`, `${two} null +1 -0 ~0`]);
    await server.applyDebian([openssl, late]);
    await countLater(server, 1);
    assert.deepEqual(await numbersOf(server), [
      '3 + 2 - 1 + 0 = 4',
      'advisory Critical 1: +2 -0 ~0',
      'advisory Low 1: +0 -1 ~0',
    ]);
    const lines = ['CVE-2026-3 Critical +2 -0 ~0', 'CVE-2026-2 Low +0 -1 ~0'];
    assert.deepEqual(await listOf(server, 'advisory'), lines);
    assert.deepEqual(await listOf(server, 'advisory?severity=Low'), lines.slice(1));
    // Another image of the name, with one of the two findings.
    const three = await server.scan(debianImage('openssl 3.0.2-1'), 'one');
    await countLater(server, 3);
    assert.deepEqual(await numbersOf(server), ['4 + 0 - 1 + 0 = 3', 'image-rebuilt null 1: +0 -1 ~0']);
    assert.deepEqual(await listOf(server, 'image-rebuilt'), [`${three} null +0 -1 ~0`]);
    assert.deepEqual(await numbersOf(server, '?day=2026-03-01'), [
      'null + 3 - 0 + null = 3',
      'image-added null 2: +3 -0 ~0',
    ]);
  });

  test(`${engine.name}: explains other severities, and what is counted again`, async (t) => {
    const server = await fleetServer(t, { extensions, engine });
    await server.applyDebian([openssl]);
    await server.scan(debianImage('openssl 3.0.1-1'), 'one');
    await countLater(server, 0);
    await server.applyDebian([{ ...openssl, severity: 'Low' }]);
    await countLater(server, 1);
    assert.deepEqual(await numbersOf(server), ['1 + 0 - 0 + 0 = 1', 'rating Low 1: +0 -0 ~1']);
    assert.deepEqual(await listOf(server, 'rating'), ['CVE-2026-1 Low +0 -0 ~1']);
    // A new version of the rules counts all sets again, and here finds nothing. No event is recent.
    server.clock.at += 5 * dayMs;
    const { findingCounts } = server.store;
    await findingCounts.markChanged('other rules');
    for (const { sets } of await findingCounts.findDue(10))
      await findingCounts.save(sets.map((set) => ({ ...set, findings: [] })));
    await findingCounts.updateImages({ signal: new AbortController().signal });
    await findingCounts.updateTotals();
    assert.deepEqual(await numbersOf(server), ['1 + 0 - 1 + 0 = 0', 'counted-again Low 1: +0 -1 ~0']);
  });
}

for (const engine of storeEngines) {
  test(`${engine.name}: counts the difference of rebuilt images, and all findings of new and untagged ones`, async (t) => {
    const server = await fleetServer(t, { extensions, engine });
    await server.applyDebian([openssl, bash, late]);
    const one = await server.scan(debianImage('openssl 3.0.1-1', 'zlib 1'), 'one');
    await server.scan(debianImage('openssl 3.0.1-1', 'zlib 2'), 'two');
    await countLater(server, 0);
    // The tag `one` moves, and its earlier image keeps another tag. The tag `two` moves twice, and its last image is `later`.
    await server.scan(debianImage('openssl 3.0.1-1', 'zlib 1'), 'kept');
    const fresh = await server.scan(debianImage('bash 5.2-1', 'zlib 3'), 'one');
    await server.scan(debianImage('openssl 3.0.2-1', 'zlib 4'), 'two');
    const later = await server.scan(debianImage('openssl 3.0.2-1', 'bash 5.2-1'), 'two');
    await countLater(server, 1);
    assert.deepEqual(await numbersOf(server), [
      '4 + 2 - 1 + 0 = 5',
      'image-added null 1: +1 -0 ~0',
      'image-rebuilt null 1: +1 -1 ~0',
    ]);
    assert.deepEqual(await listOf(server, 'image-added'), [`${fresh} null +1 -0 ~0`]);
    assert.deepEqual(await listOf(server, 'image-rebuilt'), [`${later} null +1 -1 ~0`]);
    await server.store.knownImages.endNames([{ repository: server.repository, tag: 'kept' }]);
    await countLater(server, 1);
    assert.deepEqual(await numbersOf(server), ['5 + 0 - 2 + 0 = 3', 'image-removed null 1: +0 -2 ~0']);
    assert.deepEqual(await listOf(server, 'image-removed'), [`${one} null +0 -2 ~0`]);
    // A rollback: the image was counted before, and has a name again.
    await server.scan(debianImage('openssl 3.0.1-1', 'zlib 1'), 'one');
    await countLater(server, 1);
    assert.deepEqual(await numbersOf(server), ['3 + 2 - 1 + 0 = 4', 'image-rebuilt null 1: +2 -1 ~0']);
  });
}

test('lists all pages, and as CSV', async (t) => {
  const server = await fleetServer(t, { extensions });
  await server.applyDebian([openssl]);
  for (const tag of ['a', 'b', 'c']) await server.scan(debianImage('openssl 3.0.1-1', `${tag} 1-1`), tag);
  await countLater(server, 0);
  const subjects = new Set<string>();
  let after = '';
  for (let pages = 0; pages < 3; pages++) {
    const path = `/summary/changes/image-added?limit=1${after}`;
    const page = await server.get<{ readonly changes: SubjectChange[]; readonly next?: string }>(path);
    for (const { subject } of page.changes) subjects.add(subject);
    assert.equal(page.next === undefined, pages === 2);
    after = `&after=${page.next}`;
  }
  assert.equal(subjects.size, 3);
  const csv = await server.call('/summary/changes/image-added', { headers: { accept: 'text/csv' } });
  const [head, ...rows] = (await csv.text()).trimEnd().split('\r\n');
  assert.equal(head, 'subject,severity,digest,reference,opened,closed,rerated');
  assert.equal(rows.length, 3);
  assert.equal((await server.refusal('/summary/changes/weather'))[0], 404);
});
