import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { isKey } from '../../plugin/version-scheme.ts';
import { openClair2 } from '../../store/clair2/open-clair2.ts';
import {
  type Clair2NotificationRow,
  type Clair2Row,
  makeClair2,
  runOn,
} from '../../store/contract/clair2-schema.ts';
import type { Store } from '../../store/store.ts';
import { isErrorWith } from '../../testing/registry-harness.ts';
import {
  affectedRow,
  feedUpdate,
  hits,
  image,
  installed,
  record,
  stream,
} from '../../testing/store-content.ts';
import { storeEngines, temporarySchema } from '../../testing/store-engines.ts';
import { dpkg } from '../../version/dpkg.ts';
import { findVulnerability } from '../findings/vulnerability-view.ts';
import { viewNotification } from '../notifications/notification-view.ts';
import { type MigrationDeps, migrateClair2 } from './migrate-clair2.ts';

const extensions = { schemes: [dpkg], sources: [] };
const date = (text: string): Date => new Date(text);

const vulnerabilities: readonly Clair2Row[] = [
  { namespace: 'debian:10', name: 'ACME-1', severity: 'Low', isDeleted: true, fixedIn: { openssl: '1.0' } },
  {
    namespace: 'debian:10',
    name: 'ACME-1',
    severity: 'Critical',
    metadata: '{"team":"red"}',
    fixedIn: { openssl: '1.1', curl: '#MAXV#' },
  },
  { namespace: 'debian:10', name: 'CVE-2020-1', fixedIn: { zlib: '1.2' } },
  { namespace: 'centos:7', name: 'CVE-2020-2', fixedIn: { zlib: '1.2' } },
  { namespace: 'acme:1', name: 'CVE-2020-3', metadata: 'null' },
  { namespace: 'debian:10', name: 'GONE-1', isDeleted: true },
  { namespace: 'debian:10', name: 'DAMAGED-1', metadata: '{' },
];
const notifications: readonly Clair2NotificationRow[] = [
  { name: 'changed', old: 1, new: 2, notifiedAt: '2020-01-03T00:00:00Z' },
  { name: 'withdrawn', old: 6 },
  { name: 'vendor', new: 3 },
  { name: 'deleted', new: 3, isDeleted: true },
  { name: 'damaged', new: 7 },
  { name: 'empty' },
];

/** Returns a line for each count. */
async function run(store: Store, place: string, changes: Partial<MigrationDeps> = {}): Promise<string[]> {
  await using source = await openClair2(place);
  const counts = await migrateClair2({
    source,
    store,
    extensions,
    isDryRun: false,
    now: store.now,
    isIncluded: () => false,
    onProgress: () => undefined,
    ...changes,
  });
  return counts
    .map(({ namespace, outcome, names }) => `${outcome} ${namespace} ${names.join(',')}`.replace('  ', ' '))
    .sort();
}

const damaged = ['damaged damaged', 'damaged debian:10 DAMAGED-1', 'damaged empty'];
const skipped = ['skipped centos:7 CVE-2020-2', 'skipped debian:10 CVE-2020-1'];
const taken = ['taken acme:1 CVE-2020-3', 'taken changed,withdrawn,vendor', 'taken debian:10 ACME-1'];

for (const engine of storeEngines) {
  test(`${engine.name}: takes over what users wrote, once`, async (t) => {
    const store = await engine.create(t)();
    const place = await makeClair2(await temporarySchema(t), vulnerabilities, notifications);
    const deps = { store };
    assert.deepEqual(await run(store, place, { isDryRun: true }), [...damaged, ...skipped, ...taken]);
    assert.deepEqual(await store.advisories.findNamespaces(), []);
    assert.equal(await findVulnerability('debian:10', 'ACME-1', deps), undefined);

    assert.deepEqual(await run(store, place), [...damaged, ...skipped, ...taken]);
    const view = (await findVulnerability('debian:10', 'ACME-1', deps)) ?? assert.fail();
    assert.deepEqual(
      [view.severity, view.description, view.link, view.metadata, view.fixes],
      [
        ...['Critical', 'about ACME-1', 'https://acme.example', { team: 'red' }],
        [
          { package: 'curl', fix: { state: 'unfixed' } },
          { package: 'openssl', fix: { state: 'fixed', version: '1.1' } },
        ],
      ],
    );
    const key = dpkg.key('1.0');
    const lookup = { namespace: { name: 'debian:10', versionScheme: 'dpkg' }, version: '1.0' };
    const packages = [installed('openssl', { ...lookup, ...(isKey(key) && { key }) })];
    assert.deepEqual(await hits(store, image(packages, 'x')), ['openssl ACME-1']);
    const again = [
      ...damaged,
      ...['present acme:1 CVE-2020-3', 'present changed,withdrawn,vendor', 'present debian:10 ACME-1'],
      ...skipped,
    ];
    assert.deepEqual(await run(store, place), again);
    const isIncluded = (one: string): boolean => one === 'centos:7/CVE-2020-2';
    assert.deepEqual(
      (await run(store, place, { isIncluded })).filter((line) => line.startsWith('taken')),
      ['taken centos:7 CVE-2020-2'],
    );
    assert.notEqual(await findVulnerability('rhel:7', 'CVE-2020-2', deps), undefined);
    // A migration makes no events: nothing is new.
    assert.deepEqual(await store.events.findAfter(0, 9), []);
  });

  test(`${engine.name}: takes over pending notifications with their names and sides`, async (t) => {
    const store = await engine.create(t)();
    const place = await makeClair2(await temporarySchema(t), vulnerabilities, notifications);
    // An event whose notification is not created yet.
    await store.advisories.apply(feedUpdate({ fingerprint: 'none' }), stream([]));
    const fixed = record('CVE-2020-1', { affected: [affectedRow('zlib')] });
    await store.advisories.apply(feedUpdate({ fingerprint: 'one', acceptShrunk: true }), stream([fixed]));
    const rows = [
      { source: 'api', id: 'CVE-2020-1', namespace: 'debian:10', package: 'zlib', version: '1.2' },
      { source: 'api', id: 'ACME-1', namespace: 'debian:10', package: 'openssl', version: '1.1' },
    ];
    await run(store, place);
    const due = await store.notifications.findDue(9);
    assert.deepEqual(due.map(({ name, id }) => [name.length === 36 ? 'of the event' : name, id]).sort(), [
      ['changed', 'ACME-1'],
      ['of the event', 'CVE-2020-1'],
      ['vendor', 'CVE-2020-1'],
      ['withdrawn', 'GONE-1'],
    ]);
    assert.equal(await store.notifications.createFromEvents(9), 0);
    const page = { affectedKind: 'layers', limit: 9, old: 0, new: 0 } as const;
    const view = (await viewNotification('changed', page, { store, extensions })) ?? assert.fail();
    assert.deepEqual(
      [view.old, view.new].map((side) => [side?.vulnerability.severity, side?.vulnerability.fixes.length]),
      [
        ['Low', 1],
        ['Critical', 2],
      ],
    );
    const { createdAt, notifiedAt, namespace } = view.notification;
    assert.deepEqual(
      [createdAt, notifiedAt, namespace].map((value) => value),
      [date('2020-01-02').toISOString(), date('2020-01-03').toISOString(), 'debian:10'],
    );
    assert.deepEqual(await store.events.findFixTimes(rows), [undefined, undefined]);
    assert.equal((await store.events.findAfter(0, 9)).length, 1);
    assert.equal(await store.notifications.markDeleted('changed'), true);
    await run(store, place);
    assert.equal((await store.notifications.findDue(9)).length, 3);
  });
}

async function opens(place: string): Promise<void> {
  const opened = await openClair2(place);
  await opened[Symbol.asyncDispose]();
}

test('refuses databases that are not of Clair 2, and those that it cannot open', async (t: TestContext) => {
  const empty = await temporarySchema(t);
  await assert.rejects(opens(empty), isErrorWith('store-incompatible', /not one of Clair 2.*namespace\.id/));
  const place = await makeClair2(await temporarySchema(t), []);
  await runOn(place, async (client) => {
    await client.query('drop table vulnerability_fixedin_feature');
  });
  await assert.rejects(
    opens(place),
    isErrorWith('store-incompatible', /no column vulnerability_fixedin_feature/),
  );
  const unknown = new URL(place);
  unknown.pathname = '/no-such-database';
  await assert.rejects(opens(unknown.href), isErrorWith('store-unusable', /does not exist/));
  await assert.rejects(
    opens('postgresql://127.0.0.1:1/x?sslmode=disable'),
    isErrorWith('store-unavailable', /ECONNREFUSED/),
  );
});

/** Ends the connections that read from the tables of Clair 2. */
async function endReaders(place: string): Promise<void> {
  await runOn(place, async (client) => {
    await client.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where state = 'idle in transaction' and query like '%vulnerability_fixedin_feature fixed join%'`,
    );
  });
}

test('goes on where it ended when the database of Clair 2 goes away', async (t) => {
  const [, inMemory = assert.fail()] = storeEngines;
  const store = await inMemory.create(t)();
  const many = Array.from({ length: 120 }, (_, i) => ({ namespace: 'acme:1', name: `ACME-${i}` }));
  const place = await makeClair2(await temporarySchema(t), many);
  let batches = 0;
  await using source = await openClair2(place);
  const failing = migrateClair2({
    store,
    extensions,
    isDryRun: false,
    now: store.now,
    isIncluded: () => false,
    onProgress: () => undefined,
    source: {
      ...source,
      findVulnerabilities: async (numbers) => {
        if (++batches === 2) await endReaders(place);
        return await source.findVulnerabilities(numbers);
      },
    },
  });
  await assert.rejects(
    failing,
    isErrorWith('store-unavailable', /connection to the server was lost|shutting down/),
  );
  const lines = await run(store, place);
  assert.deepEqual(
    lines.map((line) => line.split(' ')[0]),
    ['present', 'taken'],
  );
  assert.notEqual(await findVulnerability('acme:1', 'ACME-119', { store }), undefined);
});
