import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { directoryPlace } from '../advisory-db/directory-place.ts';
import type { CatalogueFeed } from '../advisory-db/documents.ts';
import { findDatabase } from '../advisory-db/layout.ts';
import { LayoutWriter } from '../advisory-db/layout-writer.ts';
import { PublishedPlaces } from '../advisory-db/published-places.ts';
import { keptVersions, publishedVersions } from '../advisory-db/published-versions.ts';
import { trustOptions, unsignedPolicy } from '../advisory-db/trust-policy.ts';
import { ClairError } from '../core/errors.ts';
import type { AdvisorySource } from '../plugin/advisory-source.ts';
import type { Enricher } from '../plugin/enricher.ts';
import {
  publishableLists,
  publishableNamespaces,
  publishableRatings,
} from '../service/feeds/publishable-content.ts';
import { type FeedOfSource, type FeedOutcome, updateFeeds } from '../service/feeds/update-feeds.ts';
import type { KeyedRecord } from '../store/advisory-store.ts';
import type { Store } from '../store/store.ts';
import { openBareEngine } from '../testing/bare-engines.ts';
import { affectedRow, feedUpdate, keys, record, stream, trixie } from '../testing/store-content.ts';
import { type SharedEngine, sharedEngines, temporaryDirectory } from '../testing/store-engines.ts';
import { keyVersions } from '../version/keyed-scheme.ts';
import { toCatalogueFeed } from './db/catalogue-feeds.ts';
import { publishNamespace } from './db/publish-namespace.ts';
import { PublishedFeeds } from './published-feeds.ts';

const unreachable = {
  fetch: () => Promise.reject(new Error('the vendor was asked')),
  async *parse() {
    // Nothing is fetched.
  },
};

const debian = {
  name: 'debian',
  version: 1,
  feeds: ['tracker'],
  feedsFor: () => ['tracker'],
  ...unreachable,
} as AdvisorySource;

const enrichers = [
  { name: 'nvd', version: 1, feeds: ['2026'], ...unreachable },
  { name: 'kev', version: 1, feeds: ['catalogue'], isPartOfScan: true, ...unreachable },
  { name: 'epss', version: 1, feeds: ['current'], isPartOfScan: true, ...unreachable },
] as const satisfies readonly Enricher[];

const extensions = { sources: [debian], enrichers };
const feeds = [debian, ...enrichers].flatMap((source) => source.feeds.map((feed) => ({ source, feed })));

/** A record with a row in each of two releases, in turns. */
function spanning(id: string, version: number): KeyedRecord {
  const to = { range: { to: String(version) }, fix: { state: 'fixed', version: String(version) } } as const;
  const bound = { ...to, keys: keys([], [version]) };
  return record(id, {
    aliases: [`DSA-${id}`],
    description: `About ${id}`,
    affected: [
      affectedRow('openssl', bound),
      affectedRow('openssl', { ...bound, namespace: trixie }),
      affectedRow('bash', bound),
      affectedRow('bash', { ...bound, namespace: trixie, only: { arch: ['src'] } }),
    ],
  });
}

const content: readonly KeyedRecord[] = [
  ...Array.from({ length: 20 }, (_, i) => spanning(`CVE-2026-${1000 + i}`, 5)),
  record('CVE-2026-1', { affected: [affectedRow('zlib', { namespace: trixie })] }),
];

const ratings = [
  {
    kind: 'enrichment',
    id: 'CVE-2026-1000',
    severity: 'High',
    description: 'Described twice',
    weaknesses: ['CWE-79'],
  },
  { kind: 'enrichment', id: 'CVE-2026-1', description: 'Described by NVD alone', severity: 'Low' },
] as const;

/** Loads a store as from the vendors. */
async function load(store: Store, records: readonly KeyedRecord[]): Promise<void> {
  await store.advisories.apply(feedUpdate(), stream(records));
}

async function loadRatings({ enrichments }: Store): Promise<void> {
  await enrichments.apply(feedUpdate({ source: 'nvd', feed: '2026' }), stream(ratings));
  const exploited = {
    kind: 'enrichment',
    id: 'CVE-2026-9',
    exploited: { since: '2026-01-02', ransomware: false },
  } as const;
  await enrichments.apply(feedUpdate({ source: 'kev', feed: 'catalogue' }), stream([exploited]));
  const score = { kind: 'enrichment', id: 'CVE-2026-9', epss: { score: 0.1, percentile: 0.2 } } as const;
  await enrichments.apply(feedUpdate({ source: 'epss', feed: 'current' }), stream([score]));
}

/** Publishes the content of a store in a directory, as `clair db build` does. */
async function publish(
  store: Store,
  directory: string,
  absent: readonly CatalogueFeed[] = [],
): Promise<void> {
  const scratch = join(directory, '.scratch');
  mkdirSync(scratch, { recursive: true });
  const before = findDatabase(directory);
  const versions = before === undefined ? [] : publishedVersions(before, keptVersions);
  const usedBlocks = new Set<number>();
  const shards = { ...before?.catalogue.shards };
  const deps = { store, extensions };
  for (const found of [...(await publishableNamespaces(deps)), ...(await publishableLists(deps))]) {
    const options = { directory, scratch, versions, usedBlocks, feedLocks: { ...lockDeps(store), store } };
    for (const { name, shard } of await publishNamespace(found, options)) {
      if (shard === undefined) continue;
      usedBlocks.add(shard.block);
      shards[name] = shard;
    }
  }
  await new LayoutWriter(directory).publish({
    version: (before?.catalogue.version ?? 0) + 1,
    built: store.now().toISOString(),
    before: before?.digest ?? null,
    keys: keyVersions,
    shards,
    ratings: (await publishableRatings(deps)).map(toCatalogueFeed),
    absent: [...absent],
  });
}

function lockDeps({ now }: Store) {
  return { now, owner: 'test', lockWaitMs: 0, sleep: () => Promise.resolve(), onProgress: () => undefined };
}

interface UpdateChoice {
  readonly wantedFeeds?: readonly FeedOfSource[];
  readonly takesAbsent?: boolean;
}

/** Updates feeds of a store from the published database in a directory. */
async function updateFrom(
  directory: string,
  store: Store,
  cache: string,
  { wantedFeeds = feeds, takesAbsent = true }: UpdateChoice = {},
): Promise<FeedOutcome[]> {
  const places = new PublishedPlaces([{ place: directoryPlace(directory), digest: undefined }], {
    cache,
    policy: unsignedPolicy(trustOptions),
    now: store.now,
    isOffline: true,
    onProgress: () => undefined,
    exclusively: (_, work) => work(),
  });
  const wanted = [{ source: 'debian', feed: 'tracker' }];
  return await updateFeeds(wantedFeeds, {
    ...lockDeps(store),
    store,
    schemes: [],
    origin: 'upstream',
    maxAgeMs: 0,
    client: { get: () => Promise.reject(new Error('the vendor was asked')) },
    publication: new PublishedFeeds(places, { cache, wanted, asksVendors: false, takesAbsent }),
  });
}

/** A publisher, the directory of its published database, and a server with a cache. */
interface Scene {
  readonly publisher: Store;
  readonly directory: string;
  readonly server: Store;
  /** Opens the database of the server without the store. */
  readonly location: string;
  readonly update: (choice?: UpdateChoice) => Promise<FeedOutcome[]>;
}

async function scene(t: TestContext, engine: SharedEngine): Promise<Scene> {
  const publisher = await engine.create(t)();
  const location = await engine.createLocation(t);
  const server = await engine.open(location);
  t.after(() => server[Symbol.asyncDispose]());
  const [directory, cache] = [temporaryDirectory(t), temporaryDirectory(t)];
  return {
    publisher,
    directory,
    server,
    location,
    update: (choice) => updateFrom(directory, server, cache, choice),
  };
}

/** Returns all rows of the tables with advisories, ratings and events. */
async function rowsIn(engine: SharedEngine, location: string): Promise<unknown> {
  await using opened = await openBareEngine(engine.name, location);
  const tables = [
    ...(['vulnerability', 'affected', 'alias', 'namespace', 'feed_namespace'] as const),
    ...(['enrichment', 'score_pack', 'event'] as const),
  ];
  const rows: Record<string, unknown> = {};
  for (const table of tables)
    rows[table] = (await opened.db.selectFrom(table).selectAll().execute())
      .map((row) => JSON.stringify(row))
      .sort();
  return rows;
}

function counts(outcomes: readonly FeedOutcome[]): string[] {
  return outcomes.map((one) =>
    one.outcome === 'updated'
      ? `${one.source.name} +${one.difference.added} ~${one.difference.changed} -${one.difference.removed} =${one.difference.unchanged}`
      : `${one.source.name} ${one.outcome === 'failed' ? one.error.message : one.outcome}`,
  );
}

async function eventsAfter(store: Store, number = 0): Promise<string[]> {
  const events = await store.events.findAfter(number, 100);
  return events.map(({ kind, key }) => `${kind} ${key}`).sort();
}

for (const engine of sharedEngines) {
  test(`${engine.name}: takes a feed as absent that its publisher did not find and whose vendor cannot be reached`, async (t) => {
    const { publisher, directory, server, update } = await scene(t, engine);
    await load(publisher, content);
    const [state = assert.fail()] = await publisher.advisories.findFeedStates();
    await publish(publisher, directory, [toCatalogueFeed({ ...state, feed: 'gone', presence: 'absent' })]);
    const away = new ClairError('feed-not-tried', 'not tried, as there is no network');
    const [offline, reached] = [away, new Error('the vendor has a damaged file')].map((error) => ({
      ...debian,
      feeds: ['tracker', 'gone', 'unpublished'],
      fetch: () => Promise.reject(error),
    }));
    const of = (source: AdvisorySource, ...names: readonly string[]): FeedOfSource[] =>
      names.map((feed) => ({ source, feed }));
    const choice = { wantedFeeds: of(reached ?? assert.fail(), 'gone'), takesAbsent: false };
    assert.deepEqual(counts(await update(choice)), ['debian the vendor has a damaged file']);
    const wantedFeeds = of(offline ?? assert.fail(), 'tracker', 'gone', 'unpublished');
    assert.deepEqual(counts(await update({ ...choice, wantedFeeds })), [
      'debian +21 ~0 -0 =0',
      'debian absent',
      `debian ${away.message}`,
    ]);
    const states = await server.advisories.findFeedStates();
    assert.deepEqual(
      states.map(({ feed, presence }) => `${feed} ${presence}`),
      ['gone absent', 'tracker loaded'],
    );
  });

  test(`${engine.name}: writes no row when a store that loaded the vendors' feeds takes them from a published database`, async (t) => {
    const { publisher, directory, server, location, update } = await scene(t, engine);
    for (const store of [publisher, server]) {
      await load(store, content);
      await loadRatings(store);
    }
    await publish(publisher, directory);
    const before = await rowsIn(engine, location);
    assert.deepEqual(counts(await update()), [
      'debian +0 ~0 -0 =21',
      'nvd +0 ~0 -0 =2',
      'kev +0 ~0 -0 =1',
      'epss +0 ~0 -0 =1',
    ]);
    assert.deepEqual(await rowsIn(engine, location), before);
    assert.deepEqual(counts(await update()), [
      'debian unchanged',
      'nvd unchanged',
      'kev unchanged',
      'epss unchanged',
    ]);
  });

  test(`${engine.name}: applies the changes of a published database with the events of the vendor's feed`, async (t) => {
    const { publisher, directory, server, update } = await scene(t, engine);
    const control = await engine.create(t)();
    await load(publisher, content);
    await load(control, content);
    await publish(publisher, directory);
    assert.deepEqual(counts(await update()).slice(0, 1), ['debian +21 ~0 -0 =0']);
    assert.deepEqual(await eventsAfter(server), []);
    const [, , ...others] = content;
    const changed = [spanning('CVE-2026-1000', 7), ...others, spanning('CVE-2026-2000', 5)];
    for (const store of [publisher, control]) await load(store, changed);
    await publish(publisher, directory);
    // The counts are those of the changes alone.
    assert.deepEqual(counts(await update()).slice(0, 1), ['debian +1 ~1 -1 =0']);
    const expected = await eventsAfter(control);
    assert.equal(expected.length, 3);
    assert.deepEqual(await eventsAfter(server), expected);
    const states = await server.advisories.findFeedStates();
    assert.deepEqual(states[0]?.records, 21);
    const ids = ['CVE-2026-1000', 'CVE-2026-1001', 'CVE-2026-2000'];
    const both = await Promise.all(
      [server, control].map(async ({ vulnerabilities }) =>
        (await vulnerabilities.findByIds('debian:13', ids)).map(({ number, validFrom, ...rest }) => rest),
      ),
    );
    assert.deepEqual(both[0], both[1]);
  });

  test(`${engine.name}: keeps a namespace that its feed dropped, as the publisher does`, async (t) => {
    const { publisher, directory, server, update } = await scene(t, engine);
    await load(publisher, content);
    await publish(publisher, directory);
    await update();
    const ofBookworm = content.flatMap((one) =>
      one.kind === 'vulnerability'
        ? { ...one, affected: one.affected.filter(({ namespace }) => namespace.name === 'debian:12') }
        : [],
    );
    await load(
      publisher,
      ofBookworm.filter(({ affected }) => affected.length > 0),
    );
    await publish(publisher, directory);
    await update();
    const [state] = await server.advisories.findFeedStates();
    assert.deepEqual(state?.kept, ['debian:13']);
    for (const name of ['debian:12', 'debian:13']) {
      const page = await server.vulnerabilities.pageByNamespace(name, { limit: 100 });
      assert.equal(page.length, name === 'debian:12' ? 20 : 21, name);
    }
    assert.deepEqual(await eventsAfter(server), []);
  });
}

const [sqlite] = sharedEngines;

test('keeps the stored content when a published feed has shrunk to less than half', async (t) => {
  const { publisher, directory, server, update } = await scene(t, sqlite ?? assert.fail());
  await load(server, [...content, ...Array.from({ length: 40 }, (_, i) => spanning(`CVE-2025-${i}`, 5))]);
  await load(publisher, content);
  await publish(publisher, directory);
  assert.match(
    counts(await update())[0] ?? '',
    /has 21 records, but the current content has 61\. .* clair db update debian --from PLACE --accept-shrunk$/,
  );
  assert.equal((await server.advisories.findFeedStates())[0]?.records, 61);
});

test('asks no vendor for a feed when the published database cannot be read, and keeps the stored content', async (t) => {
  const { publisher, directory, server, update } = await scene(t, sqlite ?? assert.fail());
  await load(publisher, content);
  await publish(publisher, directory);
  const empty = temporaryDirectory(t);
  const outcomes = await updateFrom(empty, server, temporaryDirectory(t));
  for (const line of counts(outcomes)) assert.match(line, /has no published database/);
  await update();
  assert.equal((await server.advisories.findFeedStates())[0]?.records, 21);
});

test('asks the vendor for a feed that is not published', async (t) => {
  const { publisher, directory, update } = await scene(t, sqlite ?? assert.fail());
  await load(publisher, content);
  await publish(publisher, directory);
  const [, ...others] = counts(await update());
  assert.deepEqual(
    others,
    ['nvd', 'kev', 'epss'].map((name) => `${name} the vendor was asked`),
  );
});
