import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { assertSameReads } from '../../testing/same-reads.ts';
import { shardFiles } from '../../testing/shard-files.ts';
import { feedRecords, installedPackages } from '../../testing/store-arbitraries.ts';
import {
  affectedRow,
  feedUpdate,
  image,
  installed,
  keys,
  record,
  stream,
  trixie,
  versionKey,
} from '../../testing/store-content.ts';
import { storeEngines } from '../../testing/store-engines.ts';
import type { KeyedVulnerabilityRecord } from '../advisory-store.ts';
import { statesFor } from '../feed-state.ts';
import { openSqliteStore } from '../sql/sqlite-store.ts';
import type { Store } from '../store.ts';
import { OpenShard } from './open-shard.ts';
import { shardedStore } from './sharded-store.ts';

test('answers every read from shards as the database does that published them, for any content', async (t) => {
  await fc.assert(
    fc.asyncProperty(feedRecords, installedPackages, async (records, packages) => {
      await using published = await openSqliteStore(':memory:');
      await published.advisories.apply(feedUpdate(), stream(records));
      await using sharded = shardedStore(await openSqliteStore(':memory:'));
      sharded.addShards(await shardFiles(t, published));
      await assertSameReads(published, sharded, packages);
    }),
    { numRuns: 60 },
  );
});

for (const engine of storeEngines)
  test(`${engine.name}: answers with all fields from shards beside an empty database`, async (t) => {
    await using published = await openSqliteStore(':memory:');
    await published.advisories.apply(feedUpdate(), stream([full, ofSource, record('CVE-9')]));
    const rating = {
      kind: 'enrichment',
      id: 'CVE-2026-0002',
      severity: 'High',
      weaknesses: ['CWE-79'],
    } as const;
    const list = feedUpdate({ source: 'nvd', feed: '2026' });
    await published.enrichments.apply(list, stream([rating, { ...rating, id: 'CVE-2026-0007' }]));
    const sharded = shardedStore(await engine.create(t)());
    t.after(() => sharded[Symbol.asyncDispose]());
    sharded.addShards(await shardFiles(t, published, { enrichers: ['nvd'] }));
    await assertSameReads(published, sharded, [
      installed('bash'),
      { ...installed('libssl3', { name: 'openssl' }), arch: 'x86_64' },
      { ...installed('openssl'), source: { name: 'openssl', version: '3' } },
      {
        ...installed('zlib', { source: { version: '3', key: versionKey(3) } }),
        source: { name: 'z', version: '3' },
      },
      { ...installed('x'), lookup: null },
    ]);
    assert.deepEqual(
      await sharded.enrichments.findByIds(['CVE-2026-0002']),
      await published.enrichments.findByIds(['CVE-2026-0002']),
    );
    // No record of a shard names it.
    assert.equal((await sharded.enrichments.findByIds(['CVE-2026-0007'])).size, 0);
    const [state] = await sharded.advisories.findFeedStates();
    assert.deepEqual(state?.namespaces, ['debian:12']);
    assert.equal(state.records, 3);
  });

test('knows every exploited vulnerability, whether a published namespace names it or not', async (t) => {
  const published = await stored(t, [record('CVE-2026-0001')]);
  const exploited = { since: '2026-01-02', ransomware: false };
  const listed = ['CVE-2026-0001', 'CVE-2026-0007'].map(
    (id) => ({ kind: 'enrichment', id, exploited }) as const,
  );
  await published.enrichments.apply(feedUpdate({ source: 'kev', feed: 'catalogue' }), stream(listed));
  const sharded = shardedStore(await openSqliteStore(':memory:'));
  t.after(() => sharded[Symbol.asyncDispose]());
  sharded.addShards(await shardFiles(t, published, { enrichers: ['kev'] }));
  const ids = ['CVE-2026-0001', 'CVE-2026-0007', 'CVE-2026-0009'];
  assert.deepEqual(await sharded.enrichments.findByIds(ids), await published.enrichments.findByIds(ids));
  const states = await sharded.advisories.findFeedStates();
  assert.deepEqual(
    states.map(({ source }) => source),
    ['debian', 'kev'],
  );
  assert.deepEqual(
    (await sharded.advisories.findNamespaces()).map(({ name }) => name),
    ['debian:12'],
  );
});

test('knows the EPSS score of every vulnerability, and of one year apart from that of another', async (t) => {
  const published = await stored(t, [record('CVE-2026-0001')]);
  const scores = ['CVE-2025-0001', 'CVE-2026-0001', 'CVE-2026-0002', 'CVE-2026-70001'].map(
    (id, i) =>
      ({ kind: 'enrichment', id, epss: { score: 0.1 + i / 1000, percentile: 0.5 + i / 1000 } }) as const,
  );
  await published.enrichments.apply(feedUpdate({ source: 'epss', feed: 'current' }), stream(scores));
  const sharded = shardedStore(await openSqliteStore(':memory:'));
  t.after(() => sharded[Symbol.asyncDispose]());
  sharded.addShards(await shardFiles(t, published, { enrichers: ['epss'] }));
  const ids = [...scores.map(({ id }) => id), 'CVE-2026-0003', 'GHSA-1'];
  assert.deepEqual(await sharded.enrichments.findByIds(ids), await published.enrichments.findByIds(ids));
});

test('finds the rows of a record by its packages', async (t) => {
  const records = Array.from({ length: 2000 }, (_, i) => record(`CVE-${i}`));
  const published = await stored(t, [...records, record('CVE-X', { affected: [affectedRow('bash')] })]);
  const [file] = await shardFiles(t, published);
  assert.ok(file !== undefined);
  const shard = new OpenShard(file);
  t.after(() => {
    shard[Symbol.dispose]();
  });
  const [found] = await shard.findByNumbers(await shard.findNumbersByIds(['CVE-X']));
  assert.equal(found?.affected.length, 1);
  const database = new DatabaseSync(file.path);
  t.after(() => {
    database.close();
  });
  database.exec("update vulnerability set packages = '[]' where name = 'CVE-X'");
  const changed = new OpenShard(file);
  t.after(() => {
    changed[Symbol.dispose]();
  });
  // Without the index, all rows of the file would be read, and this one found.
  const [unindexed] = await changed.findByNumbers(await changed.findNumbersByIds(['CVE-X']));
  assert.deepEqual(unindexed?.affected, []);
});

test('counts the records of users and plugins beside a shard, and not those of its sources', async (t) => {
  const published = await stored(t, [record('CVE-1'), record('CVE-2')]);
  const store = await stored(t, [
    record('CVE-3'),
    record('CVE-4', { affected: [affectedRow('openssl', { namespace: trixie })] }),
  ]);
  await store.advisories.apply(feedUpdate({ source: 'acme', feed: 'all' }), stream([record('ACME-1')]));
  await store.advisories.apply(feedUpdate({ source: 'api', feed: 'v1' }), stream([record('OWN-1')]));
  const sharded = shardedStore(store);
  sharded.addShards(
    (await shardFiles(t, published)).filter(({ namespace }) => namespace.name === 'debian:12'),
  );
  const number = await sharded.images.save(
    image([installed('openssl'), installed('openssl', { namespace: trixie })]),
  );
  const found = await sharded.images.findMatches(number);
  assert.deepEqual(
    found.map((match) => `${match.package} ${match.id}`),
    ['0 ACME-1', '0 CVE-1', '0 CVE-2', '0 OWN-1', '1 CVE-4'],
  );
  assert.deepEqual(await sharded.vulnerabilities.findByIds('debian:12', ['CVE-3']), []);
  assert.equal((await sharded.vulnerabilities.findByIds('debian:13', ['CVE-4'])).length, 1);
  assert.deepEqual(await sharded.advisories.findSources('debian:12'), ['acme', 'api', 'debian']);
  const [hidden] = await sharded.vulnerabilities.findNumbersById('CVE-3');
  assert.ok(hidden !== undefined);
  assert.deepEqual(await sharded.images.pageAffected([hidden], { limit: 10 }), { images: [] });
  const ids: string[] = [];
  for (let after = 0; ; ) {
    const [next] = await sharded.vulnerabilities.pageByNamespace('debian:12', { limit: 1, after });
    if (next === undefined) break;
    ids.push(next.id);
    after = next.number;
  }
  assert.deepEqual(ids.sort(), ['ACME-1', 'CVE-1', 'CVE-2', 'OWN-1']);
});

test('uses the state of a published feed for its namespaces, and that of the database for others', async (t) => {
  const published = await stored(t, [record('CVE-1')]);
  const sharded = shardedStore(await openSqliteStore(':memory:'));
  t.after(() => sharded[Symbol.asyncDispose]());
  sharded.addShards(await shardFiles(t, published));
  const states = await sharded.advisories.findFeedStates();
  assert.deepEqual(
    statesFor('debian:12', states).map(({ source }) => source),
    ['debian'],
  );
  assert.deepEqual(statesFor('debian:13', states), []);
  assert.equal(await sharded.advisories.covers('debian:12'), true);
  assert.equal(await sharded.advisories.covers('debian:13'), false);
});

test('leaves the comparison to code when a shard has keys of another version', async (t) => {
  const published = await stored(t, [record('CVE-1'), record('CVE-2', { affected: [affectedRow('bash')] })]);
  const sharded = shardedStore(await openSqliteStore(':memory:'));
  t.after(() => sharded[Symbol.asyncDispose]());
  const files = await shardFiles(t, published);
  sharded.addShards(files.map((file) => ({ ...file, hasCurrentKeys: false })));
  const number = await sharded.images.save(image([installed('openssl', { key: versionKey(9) })]));
  const found = await sharded.images.findMatches(number);
  assert.deepEqual(
    found.map(({ id, decided }) => ({ id, decided })),
    [{ id: 'CVE-1', decided: false }],
  );
});

test('refuses a time in the past, of which a shard has no history', async (t) => {
  const published = await stored(t, [record('CVE-1')]);
  const sharded = shardedStore(await openSqliteStore(':memory:'));
  t.after(() => sharded[Symbol.asyncDispose]());
  const past = { asOf: new Date(Date.now() - 1000).toISOString() };
  await sharded.advisories.findFeedStates(past);
  sharded.addShards(await shardFiles(t, published));
  const number = await sharded.images.save(image([installed('openssl')]));
  for (const read of [
    () => sharded.advisories.findFeedStates(past),
    () => sharded.images.findMatches(number, past),
    () => sharded.vulnerabilities.findNumbersById('CVE-1', past),
  ])
    await assert.rejects(read, { code: 'usage', message: /has no history: leave out --from/ });
});

test('answers concurrent reads of one shard', async (t) => {
  const published = await stored(t, [record('CVE-1'), record('CVE-2', { affected: [affectedRow('bash')] })]);
  const sharded = shardedStore(await openSqliteStore(':memory:'));
  t.after(() => sharded[Symbol.asyncDispose]());
  sharded.addShards(await shardFiles(t, published));
  const numbers = [
    await sharded.images.save(image([installed('openssl')])),
    await sharded.images.save(image([installed('bash'), installed('bash')])),
  ];
  const found = await Promise.all(numbers.map((number) => sharded.images.findMatches(number)));
  assert.deepEqual(
    found.map((matches) => matches.map(({ id }) => id)),
    [['CVE-1'], ['CVE-2', 'CVE-2']],
  );
});

/**
 * Functions of the store that read no advisories, or only what it has itself: updates, exports and events. Every other function must
 * answer from shards, too. Add a new function here only if shards never change its result.
 */
const ofDatabaseAlone: Readonly<Record<string, readonly string[] | 'all'>> = {
  advisories: ['findFirstLoad', 'apply', 'touch', 'hasContent', 'recordFailure', 'saveNamespace'],
  vulnerabilities: ['findByKeys', 'pageByFeed'],
  enrichments: ['apply', 'findWithFeeds', 'pageByFeed', 'pageWithProducts', 'findLookups', 'saveLookups'],
  images: ['save', 'findByNumber', 'findDescription', 'saveDescription'],
  namedLayers: [
    'save',
    'find',
    'findAbove',
    'findChain',
    'pageIntroducing',
    'remove',
    'removeWithChildren',
    'page',
  ],
  // Servers count, and their database has the advisories of the shards.
  findingCounts: 'all',
  findingIndex: 'all',
  updates: 'all',
  events: 'all',
  notifications: 'all',
  batches: 'all',
  knownImages: 'all',
  baseImages: 'all',
  findingAges: 'all',
  layers: 'all',
  layerExtracts: 'all',
  ancestries: 'all',
  locks: 'all',
  jobs: 'all',
  scanJobs: 'all',
  suppressions: 'all',
  attachedVex: 'all',
  watches: 'all',
  noticedNames: 'all',
  keyValues: 'all',
};

test('reads advisories through shards in every function of the store', async () => {
  await using store = await openSqliteStore(':memory:');
  const sharded = shardedStore(store);
  const parts = { ...partsOf(store), ...partsOf(store.bulkReads, 'bulkReads.') };
  const shardedParts = { ...partsOf(sharded), ...partsOf(sharded.bulkReads, 'bulkReads.') };
  const bypassing: string[] = [];
  for (const [part, functions] of Object.entries(parts)) {
    const alone = ofDatabaseAlone[part.replace('bulkReads.', '')] ?? [];
    for (const [name, read] of Object.entries(functions))
      if (shardedParts[part]?.[name] === read && alone !== 'all' && !alone.includes(name))
        bypassing.push(`${part}.${name}`);
  }
  assert.deepEqual(bypassing, []);
});

type Functions = Readonly<Record<string, unknown>>;

function partsOf(store: object, prefix = ''): Readonly<Record<string, Functions>> {
  const parts = Object.entries(store).filter(
    ([name, part]) => typeof part === 'object' && part !== null && name !== 'bulkReads' && name !== 'schemas',
  );
  return Object.fromEntries(parts.map(([name, part]) => [`${prefix}${name}`, part as Functions]));
}

async function stored(t: TestContext, records: readonly KeyedVulnerabilityRecord[]): Promise<Store> {
  const store = await openSqliteStore(':memory:');
  t.after(() => store[Symbol.asyncDispose]());
  await store.advisories.apply(feedUpdate(), stream(records));
  return store;
}

/** A record with all fields. */
const full = record('RHSA-1', {
  aliases: ['CVE-2026-0002', 'CVE-2'],
  description: 'A na\u00efve flaw \u{1f41b}',
  title: 'flaw update',
  severity: 'Low',
  cvss: [{ source: 'nvd', vector: 'CVSS:3.1/AV:N', score: 9.8 }],
  modified: '2026-01-01T00:00:00Z',
  metadata: { note: 1 },
  affected: [
    affectedRow('openssl', {
      range: { from: '1', fromExcluded: true, to: '5', toIncluded: true },
      fix: { state: 'fixed', version: '6' },
      severity: 'High',
      only: { arch: ['x86_64'], products: ['cpe:/o:vendor:os:9'] },
      keys: keys([1], [6]),
    }),
    affectedRow('bash', { fix: { state: 'not-affected' } }),
  ],
});

/** A record about a source package. */
const ofSource = record('SRC-1', { affected: [affectedRow('z', { only: { arch: ['src'] } })] });
