import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import fc from 'fast-check';
import { ClairError } from '../../core/errors.ts';
import { compareText } from '../../model/order.ts';
import type { Vulnerability } from '../../model/vulnerability.ts';
import type { EnrichmentRecord, VulnerabilityRecord } from '../../plugin/index.ts';
import type { KeyedRecord } from '../../store/advisory-store.ts';
import type { Store } from '../../store/store.ts';
import {
  affectedRow,
  bookworm,
  feedUpdate,
  image,
  installed,
  record,
  stream,
} from '../../testing/store-content.ts';
import { storeEngines } from '../../testing/store-engines.ts';
import { collectAll, inChunks } from '../../testing/streams.ts';
import { dpkg } from '../../version/dpkg.ts';
import { rpm } from '../../version/rpm.ts';
import { exportDatabase } from './export-database.ts';
import { encodeExport } from './export-file.ts';
import { type ImportedFeed, importDatabase } from './import-database.ts';
import { withKeys } from './keyed-records.ts';
import { userFeed } from './user-vulnerabilities.ts';

const schemes = [dpkg, rpm];
const buster = { name: 'debian:10', versionScheme: 'dpkg' };
const oracle = { name: 'oracle:9', versionScheme: 'rpm' };
const start = Date.parse('2026-03-01T00:00:00Z');

const known = { name: 'known' };
/** Sources of which only the names matter here. */
const extensions = {
  schemes,
  sources: ['debian', 'oracle'].map((name) => ({ ...known, name })),
  enrichers: [{ name: 'nvd' }],
} as unknown as Parameters<typeof importDatabase>[1]['extensions'];

/** Rows of every kind: with and without keys, empty, with conditions in any order, in each state of a fix. */
function everyShape(): VulnerabilityRecord[] {
  const row = { namespace: bookworm, package: 'openssl' };
  const of = (id: string, affected: Vulnerability['affected'], rest: Partial<Vulnerability> = {}) => ({
    ...record(id),
    ...rest,
    affected,
  });
  return [
    of('CVE-1', [{ ...row, range: { to: '5' }, fix: { state: 'fixed', version: '5' } }], {
      aliases: ['DSA-1', 'CVE-2'],
      title: 'ein Titel',
      description: 'Ein „Fehler“\n\u2028 in zwei Zeilen',
      cvss: [
        { source: 'nvd', vector: 'AV:N', score: 7.5 },
        { source: 'x', vector: 'CVSS:4.0/AV:N' },
      ],
      modified: '2026-02-03T00:00:00.000Z',
    }),
    of('CVE-2', [
      {
        ...row,
        range: { from: '1', fromExcluded: true, to: '9', toIncluded: true },
        fix: { state: 'deferred' },
      },
      { ...row, range: {}, fix: { state: 'not-affected' }, severity: 'Negligible' },
      { ...row, range: { from: '9', to: '2' }, fix: { state: 'unfixed' } },
      { ...row, namespace: buster, range: { to: 'no version' }, fix: { state: 'fixed', version: '7' } },
    ]),
    of('CVE-3', [{ ...row, namespace: buster, range: {}, fix: { state: 'end-of-life' } }]),
  ];
}

const conditioned: VulnerabilityRecord = {
  ...record('ELSA-1'),
  affected: [
    {
      namespace: oracle,
      package: 'nodejs',
      range: { to: '18-1' },
      fix: { state: 'fixed', version: '18-1' },
      only: { products: ['cpe:/o:x'], module: 'nodejs:18', flavour: 'fips', arch: ['x86_64'] },
    },
  ],
};

const ratings: readonly EnrichmentRecord[] = [
  {
    kind: 'enrichment',
    id: 'CVE-1',
    severity: 'High',
    cvss: [{ source: 'nvd', vector: 'AV:N', score: 1 }],
    weaknesses: ['CWE-79'],
  },
  {
    kind: 'enrichment',
    id: 'CVE-2',
    exploited: { since: '2026-01-01', ransomware: false },
    epss: { score: 0.5, percentile: 0.9 },
  },
  { kind: 'enrichment', id: 'CVE-3', rejected: true },
  { kind: 'skipped', key: 'CVE-4', reason: 'no score' },
];

/** Fills a store with every kind of content: retained records of a dropped release, skipped records, an absent feed, a failed feed. */
async function fill(store: Store): Promise<void> {
  const apply = (update: Parameters<typeof feedUpdate>[0], records: readonly KeyedRecord[]) =>
    store.advisories.apply(feedUpdate(update), stream(records));
  const keyed = everyShape().map((one) => withKeys(one, schemes, 'test'));
  await apply({ fetchedAt: '2026-02-01T00:00:00Z' }, keyed);
  // CVE-3 and a row of CVE-2 apply to a release that the feed has dropped since. CVE-1 can no longer be parsed, so it is retained.
  const now = everyShape()[1];
  assert.ok(now !== undefined);
  const left = { ...now, affected: now.affected.filter(({ namespace }) => namespace === bookworm) };
  await apply({ fetchedAt: '2026-02-02T00:00:00Z', acceptShrunk: true }, [
    withKeys(left, schemes, 'test'),
    { kind: 'skipped', key: 'CVE-1', reason: 'no range' },
  ]);
  await apply({ source: 'oracle', feed: 'elsa', lastModified: '2025-01-01T00:00:00Z' }, [
    withKeys(conditioned, schemes, 'test'),
  ]);
  await store.enrichments.apply(feedUpdate({ source: 'nvd', feed: '2026' }), stream(ratings));
  const gone = { source: 'debian', feed: 'gone', sourceVersion: 1, origin: 'upstream' };
  const at = '2026-02-01T00:00:00.000Z';
  await store.advisories.touch({
    ...gone,
    presence: 'absent',
    fingerprint: '',
    fetchedAt: at,
    checkedAt: at,
  });
  // Users' vulnerabilities are not exported.
  await apply(userFeed, [record('OWN')]);
  await store.advisories.recordFailure({ ...gone, feed: 'never' }, { at, message: 'no route' });
}

function depsFor(store: Store) {
  return {
    store,
    extensions,
    now: () => new Date(start),
    owner: 'test',
    lockWaitMs: 0,
    sleep: async () => undefined,
    onProgress: () => undefined,
  };
}

async function exported(store: Store): Promise<{ readonly bytes: Buffer; readonly digest: string }> {
  let digest = '';
  const pieces = await collectAll(encodeExport(exportDatabase(depsFor(store)), (found) => (digest = found)));
  return { bytes: Buffer.concat(pieces), digest };
}

function imported(store: Store, bytes: Uint8Array, digest?: string): Promise<ImportedFeed[]> {
  const file = { name: 'a file', content: () => inChunks(bytes, 1000) };
  return collectAll(importDatabase(file, { ...depsFor(store), ...(digest !== undefined && { digest }) }));
}

/** Returns everything that reports are built from. */
async function contentOf(store: Store): Promise<unknown> {
  const number = await store.images.save(
    image([
      installed('openssl', { version: '1' }),
      installed('openssl', { namespace: buster }),
      installed('nodejs', { namespace: oracle }),
    ]),
  );
  const { feeds } = await store.statistics();
  return {
    states: feeds
      .filter(({ source, presence }) => presence !== 'failed' && source !== userFeed.source)
      .sort((a, b) => compareText(a.feed, b.feed)),
    matches: (await store.images.findMatches(number)).filter(({ source }) => source !== userFeed.source),
    ratings: [...(await store.enrichments.findByIds(['CVE-1', 'CVE-2', 'CVE-3', 'CVE-4']))],
  };
}

/** Returns a file with other lines and a matching digest. */
function altered(bytes: Uint8Array, change: (lines: string[]) => readonly string[]): Buffer {
  const lines = change(zstdDecompressSync(bytes).toString().split('\n').slice(0, -2));
  const text = lines.map((line) => `${line}\n`).join('');
  const digest = `sha256:${createHash('sha256').update(text).digest('hex')}`;
  return zstdCompressSync(Buffer.from(`${text}${JSON.stringify({ digest })}\n`));
}

/** Whether the file without this last frame is still complete: its content and its digest are before that frame. */
const emptyFrame = 9;

async function filled(context: TestContext): Promise<Store> {
  const [sqlite] = storeEngines;
  assert.ok(sqlite !== undefined);
  const store = await sqlite.create(context)({ now: () => start });
  await fill(store);
  return store;
}

for (const engine of storeEngines) {
  test(`${engine.name}: restores the same content in an empty store`, async (context) => {
    const here = await engine.create(context)({ now: () => start });
    await fill(here);
    const { bytes, digest } = await exported(here);
    for (const other of storeEngines) {
      const there = await other.create(context)({ now: () => start });
      const feeds = await imported(there, bytes, digest);
      assert.deepEqual(
        feeds.map(({ source, feed, outcome }) => `${source} ${feed} ${outcome}`),
        ['debian gone absent', 'debian tracker imported', 'nvd 2026 imported', 'oracle elsa imported'],
      );
      assert.deepEqual(await contentOf(there), await contentOf(here));
      assert.equal((await exported(there)).digest, digest);
    }
  });

  test(`${engine.name}: replaces older content with the exported content`, async (context) => {
    const { bytes, digest } = await exported(await filled(context));
    const there = await engine.create(context)({ now: () => start });
    // Older content of the same feed, which has dropped another release.
    const trixie = { name: 'debian:13', versionScheme: 'dpkg' };
    const old = [
      record('CVE-1'),
      record('CVE-9', { affected: [affectedRow('openssl', { namespace: trixie })] }),
    ];
    await there.advisories.apply(feedUpdate({ fetchedAt: '2026-01-01T00:00:00Z' }), stream(old));
    await imported(there, bytes);
    const [state] = (await there.advisories.findFeedStates()).filter(({ feed }) => feed === 'tracker');
    assert.deepEqual(state?.kept, ['debian:10', 'debian:13']);
    const again = await imported(there, bytes);
    for (const feed of again)
      if (feed.outcome === 'imported')
        assert.deepEqual(
          { ...feed.difference, unchanged: 0 },
          { added: 0, changed: 0, removed: 0, unchanged: 0, kept: 0, skipped: 0 },
        );
    assert.notEqual((await exported(there)).digest, digest);
  });
}

test('keeps newer content of the importing store', async (context) => {
  const store = await filled(context);
  const { bytes, digest } = await exported(store);
  const [state] = (await store.advisories.findFeedStates()).filter(({ feed }) => feed === 'tracker');
  assert.ok(state?.presence === 'loaded');
  await store.advisories.touch({ ...state, presence: 'loaded', checkedAt: '2026-02-05T00:00:00Z' });
  const before = await contentOf(store);
  const outcomes = await imported(store, bytes, digest);
  assert.deepEqual(
    outcomes.map(({ feed, outcome }) => `${feed} ${outcome}`),
    ['gone absent', 'tracker newer', '2026 imported', 'elsa imported'],
  );
  assert.deepEqual(await contentOf(store), before);
});

test('changes nothing when the file is damaged, truncated or of another format', async (context) => {
  const store = await filled(context);
  const { bytes } = await exported(store);
  const before = await exported(store);
  const refused = async (damaged: Uint8Array, what: string): Promise<void> => {
    await assert.rejects(imported(store, damaged), isRefused, what);
  };
  for (const [what, text] of Object.entries({
    empty: '',
    html: '<html>log in</html>',
    json: '{}',
    lines: '{}\n{}\n',
  }))
    await refused(Buffer.from(text), what);
  const lines = zstdDecompressSync(bytes)
    .toString()
    .split(/(?<=\n)/);
  await refused(Buffer.from(lines.slice(0, -1).join('')), 'without its end');
  await refused(Buffer.from([...lines.slice(0, 4), ...lines.slice(5)].join('')), 'without a line');
  await refused(Buffer.from([...lines, '{}\n'].join('')), 'with a line more');
  await refused(zstdCompressSync(Buffer.from(lines.join('').replace('openssl', 'openssh'))), 'another name');
  await refused(
    altered(bytes, (all) => [JSON.stringify({ clair: 'database', version: 2 }), ...all.slice(1)]),
    'version',
  );
  await fc.assert(
    fc.asyncProperty(
      fc.nat(bytes.length - 1 - emptyFrame),
      fc.integer({ min: 1, max: 255 }),
      async (at, bits) => {
        await refused(bytes.subarray(0, at), `cut at byte ${at}`);
        const flipped = Buffer.from(bytes);
        flipped[at] = (flipped[at] ?? 0) ^ bits;
        // A changed bit of the frame header may have no effect, so the content is intact.
        await imported(store, flipped).catch((error: unknown) => {
          assert.ok(isRefused(error), String(error));
        });
      },
    ),
    { numRuns: 50 },
  );
  assert.equal((await exported(store)).digest, before.digest);
});

test('refuses a file when its digest is not the expected one', async (context) => {
  const store = await filled(context);
  const { bytes } = await exported(store);
  await assert.rejects(imported(store, bytes, `sha256:${'0'.repeat(64)}`), isRefused);
});

test('stops at an invalid line and keeps the stored content of its feed', async (context) => {
  const { bytes } = await exported(await filled(context));
  for (const strange of [
    '{"record":{"key":"CVE-1"}}',
    '{"rating":{"id":"CVE-1"}}',
    '{"record":{"key":"X","id":"X","aliases":[],"links":[],"severity":"High","cvss":[],"affected":[],"more":1}}',
    '{"news":1}',
    'no json',
  ]) {
    const [sqlite] = storeEngines;
    const store = await sqlite?.create(context)({ now: () => start });
    assert.ok(store !== undefined);
    await store.advisories.apply(feedUpdate({ fetchedAt: '2026-01-01T00:00:00Z' }), stream([record('OLD')]));
    const withStrange = altered(bytes, (lines) =>
      lines.flatMap((line) =>
        line.includes('"ELSA-1"') || line.includes('"key":"CVE-2"') ? [strange, line] : [line],
      ),
    );
    await assert.rejects(imported(store, withStrange), isRefused, strange);
    const states = await store.advisories.findFeedStates();
    assert.deepEqual(
      states.map(({ feed, records, fetchedAt }) => [feed, records, fetchedAt.slice(0, 10)]),
      [
        ['tracker', 1, '2026-01-01'],
        ['gone', 0, '2026-02-01'],
      ],
    );
  }
});

test('skips a feed when its source is not installed', async (context) => {
  const { bytes } = await exported(await filled(context));
  const [sqlite] = storeEngines;
  const store = await sqlite?.create(context)({ now: () => start });
  assert.ok(store !== undefined);
  const strange = altered(bytes, (lines) =>
    lines.map((line) => line.replace('"source":"oracle"', '"source":"odd"')),
  );
  const outcomes = await imported(store, strange);
  assert.ok(outcomes.some(({ source, outcome }) => source === 'odd' && outcome === 'unknown'));
  assert.deepEqual((await store.advisories.findFeedStates()).map(({ source }) => source).sort(), [
    'debian',
    'debian',
    'nvd',
  ]);
});

test('neither exports nor overwrites a feed that another process updates', async (context) => {
  const store = await filled(context);
  const { bytes } = await exported(store);
  await store.locks.acquire('update debian/tracker', 'another', 60_000);
  await assert.rejects(exported(store), { code: 'store-unusable' });
  const outcomes = await imported(store, bytes);
  assert.deepEqual(
    outcomes.map(({ feed, outcome }) => `${feed} ${outcome}`),
    ['gone absent', 'tracker busy', '2026 imported', 'elsa imported'],
  );
});

function isRefused(error: unknown): boolean {
  return (
    error instanceof ClairError &&
    error.code === 'feed-corrupt' &&
    error.message.startsWith('a file cannot be imported: ')
  );
}
