import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { builtIn } from '../extensions.ts';
import type { AdvisorySource, FetchedFeed } from '../plugin/advisory-source.ts';
import type { Enricher } from '../plugin/enricher.ts';
import { type FeedOutcome, type UpdateFeedsDeps, updateFeeds } from '../service/feeds/update-feeds.ts';
import { openSqliteStore } from '../store/sql/sqlite-store.ts';
import type { Store } from '../store/store.ts';
import { inChunks } from '../testing/streams.ts';
import { tar } from '../testing/tar-writer.ts';
import { ParserPool } from './parser-pool.ts';

const script = new URL('../parser-worker.ts', import.meta.url);
const faulty = new URL('../testing/faulty-parser-worker.ts', import.meta.url);
const missing = new URL('./there-is-no-such-worker.ts', import.meta.url);

/** A feed of a real source. `write` makes it of the texts of its documents. */
interface Sample {
  readonly source: AdvisorySource | Enricher;
  readonly feed: string;
  readonly url: string;
  readonly text: fc.Arbitrary<Text>;
  readonly write: (texts: readonly Text[]) => Uint8Array;
}

function sourceNamed(name: string): AdvisorySource | Enricher {
  return [...builtIn.sources, ...builtIn.enrichers].find((one) => one.name === name) ?? assert.fail(name);
}

/** A document by the number of its CVE. */
type Text = readonly [number: number, text: string | Buffer];

const number = fc.integer({ min: 1, max: 30 });
const padding = fc.integer({ min: 0, max: 3000 }).map((length) => 'é'.repeat(length));

/** Returns texts of the kinds that `write` makes, mostly of the first one. */
function textsOf(
  variants: fc.Arbitrary<string>,
  ...kinds: ((cve: string, variant: string, padding: string) => string | Buffer)[]
): fc.Arbitrary<Text> {
  const kind = fc.oneof(
    { weight: 40, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.nat({ max: kinds.length - 1 }) },
  );
  return fc
    .tuple(number, kind, variants, padding)
    .map(([cve, index, variant, text]) => [cve, kinds[index]?.(`CVE-2024-${cve}`, variant, text) ?? '']);
}

const vexText = textsOf(
  fc.constantFrom('1.0', '2.0'),
  vexDocument,
  (cve, version, text) => vexDocument(cve, version, text, { status: 'deleted' }),
  () => '{"document":{"tracking":{}}}',
  () => '{"document":7}',
  () => '',
  () => '{',
  () => Buffer.from('{"a":"\xff"}', 'latin1'),
);

function vexDocument(cve: string, version: string, padding: string, tracking: object = {}): string {
  const leaf = (id: string, helper: object) => ({
    product: { product_id: id, product_identification_helper: helper },
  });
  const purls = [`pkg:rpm/redhat/xz@${version}-1.el9?arch=x86_64`, 'pkg:rpm/redhat/%zz@1-1.el9'];
  const relationships = purls.map((_, i) => ({
    full_product_name: { product_id: `base:${i}` },
    product_reference: `rpm${i}`,
    relates_to_product_reference: 'base',
  }));
  return JSON.stringify({
    document: { tracking: { current_release_date: '2024-05-01T00:00:00Z', ...tracking }, padding },
    product_tree: {
      branches: [
        leaf('base', { cpe: 'cpe:/o:redhat:enterprise_linux:9::baseos' }),
        ...purls.map((purl, i) => leaf(`rpm${i}`, { purl })),
      ],
      relationships,
    },
    vulnerabilities: [
      { cve, product_status: { fixed: version === '2.0' ? ['base:0', 'base:1'] : ['base:0'] } },
    ],
  });
}

const nvdText = textsOf(
  fc.constantFrom('4.1', '9.8'),
  nvdCve,
  (cve) => `{"cve":{"descriptions":[],"id":"${cve}"}}`,
  (cve, score, text) => `${nvdCve('CVE-2024-1', score, text).slice(0, -2)},"id":"${cve}"}}`,
  () => '{}',
  () => '{"cve":{"id":7}}',
  (cve, score, text) => nvdCve(cve, score, text).slice(0, -1),
);

function nvdCve(id: string, score: string, value: string): string {
  const head = { sourceIdentifier: 'a@b.example', published: '2024-01-01T00:00:00.000' };
  const cvssData = { vectorString: 'CVSS:3.1/AV:N', baseScore: Number(score) };
  return JSON.stringify({
    cve: {
      id,
      ...head,
      lastModified: `2024-02-0${id.length % 9}T00:00:00.000`,
      vulnStatus: 'Analyzed',
      descriptions: [{ lang: 'en', value }],
      metrics: { cvssMetricV31: [{ source: 'nvd@nist.gov', type: 'Primary', cvssData }] },
    },
  });
}

const samples: readonly Sample[] = [
  {
    source: sourceNamed('rhel'),
    feed: 'vex',
    url: 'https://a.example/csaf_vex.tar',
    text: vexText,
    write: (texts) => tar(texts.map(([cve, content]) => ({ path: `2024/cve-2024-${cve}.json`, content }))),
  },
  {
    source: sourceNamed('nvd'),
    feed: '2024',
    url: 'https://a.example/2024.json',
    text: nvdText,
    write: (texts) => Buffer.from(`{"vulnerabilities":[${texts.map(([, text]) => text).join(',')}]}`),
  },
];

/** Bounds with which a few documents make many batches. */
const readAheadBounds = { parserStartBytes: 0, parserBatchBytes: 2000, parserAheadBytes: 9000 };

function poolOf(t: TestContext, threads: number, url = script): ParserPool {
  const pool = new ParserPool(url, threads);
  t.after(() => pool[Symbol.asyncDispose]());
  return pool;
}

async function open(t: TestContext): Promise<Store> {
  const store = await openSqliteStore(':memory:', { now: () => Date.parse('2026-01-02T00:00:00Z') });
  t.after(() => store[Symbol.asyncDispose]());
  return store;
}

/** Applies a content of a feed. Returns the outcome, and everything that the store then has of it. */
async function applied(
  { source, feed, url }: Sample,
  content: Uint8Array,
  deps: Pick<UpdateFeedsDeps, 'store' | 'parsers'> & { readonly store: Store },
): Promise<{ readonly outcome: unknown; readonly [detail: string]: unknown }> {
  const { store } = deps;
  const fetched: FetchedFeed = { url, body: inChunks(content, 512), fingerprint: '' };
  const made = { ...source, feeds: [feed], fetch: () => Promise.resolve(fetched) };
  const [outcome] = (await updateFeeds([{ source: made, feed }], {
    ...deps,
    readAheadBounds,
    schemes: builtIn.schemes,
    programVersion: '1.0.0',
    origin: '/mirror',
    maxAgeMs: 0,
    owner: 'test',
    lockWaitMs: 0,
    acceptShrunk: true,
    acceptOlder: true,
    client: { get: () => Promise.reject(new Error('nothing is fetched')) },
    now: () => new Date(store.now()),
    sleep: () => Promise.resolve(),
    onProgress: () => undefined,
  })) as [FeedOutcome];
  const name = { source: source.name, feed };
  return {
    outcome: outcome.outcome === 'failed' ? [outcome.error.code, outcome.error.message] : outcome.outcome,
    difference: outcome.outcome === 'updated' && outcome.difference,
    records: await store.vulnerabilities.pageByFeed(name, { limit: 1000 }),
    ratings: await store.enrichments.pageByFeed(name, { limit: 1000 }),
    states: await store.advisories.findFeedStates(),
    rows: (await store.statistics()).rows,
  };
}

for (const sample of samples) {
  const { source, text, write } = sample;

  test(`gives the records, order and failures of one thread for any documents of ${source.name}`, async (t) => {
    const pools = [1, 2, 3].map((threads) => poolOf(t, threads));
    const distinct = fc.uniqueArray(text, { selector: ([cve]) => cve, minLength: 1, maxLength: 25 });
    const edition = fc.oneof(
      { weight: 4, arbitrary: distinct },
      { weight: 1, arbitrary: distinct.map((texts) => [...texts, ...texts.slice(0, 1)]) },
    );
    const editions = fc.array(edition, { minLength: 1, maxLength: 3 });
    /** A place between 0 and 1 where the content is cut off. */
    const cut = fc.oneof(
      { weight: 3, arbitrary: fc.constant(undefined) },
      { weight: 1, arbitrary: fc.double({ min: 0, max: 1, noNaN: true }) },
    );
    await fc.assert(
      fc.asyncProperty(editions, cut, async (contents, end) => {
        const [plain, ...parallel] = await Promise.all([undefined, ...pools].map(async () => open(t)));
        assert.ok(plain !== undefined);
        for (const texts of contents) {
          const whole = write(texts);
          const content = end === undefined ? whole : whole.subarray(0, Math.ceil(end * whole.length));
          const expected = await applied(sample, content, { store: plain });
          for (const [i, store] of parallel.entries())
            assert.deepEqual(await applied(sample, content, { store, parsers: pools[i] }), expected);
        }
      }),
      { numRuns: 40 },
    );
  });

  test(`parses the documents of ${source.name} on this thread when the others end or cannot start`, async (t) => {
    const make = source.name === 'rhel' ? vexDocument : nvdCve;
    const content = write(
      Array.from({ length: 30 }, (_, i) => [
        i,
        make(`CVE-2024-${i}`, '1.0', i === 9 ? 'ends its thread' : 'x'.repeat(500)),
      ]),
    );
    const expected = await applied(sample, content, { store: await open(t) });
    assert.match(JSON.stringify(expected), /"difference":\{"added":30,/);
    for (const [url, threads] of [
      [faulty, 1],
      [faulty, 2],
      [missing, 2],
      [script, 0],
    ] as const) {
      const parsers = poolOf(t, threads, url);
      assert.deepEqual(await applied(sample, content, { store: await open(t), parsers }), expected);
    }
  });
}

test('refuses a rating that occurs twice, also if it is known', async (t) => {
  const [, nvd] = samples;
  assert.ok(nvd !== undefined);
  const known: Text = [1, nvdCve('CVE-2024-1', '9.8', '')];
  const others = Array.from({ length: 9 }, (_, i): Text => [i + 2, nvdCve(`CVE-2024-${i + 2}`, '9.8', '')]);
  const store = await open(t);
  const parsers = poolOf(t, 1);
  await applied(nvd, nvd.write([known]), { store, parsers });
  const { outcome } = await applied(nvd, nvd.write([...others, known, known]), { store, parsers });
  assert.deepEqual(outcome, ['feed-corrupt', 'nvd 2024: CVE-2024-1 occurs twice; the current content stays']);
});

test('has a reader on its threads for every built-in source that offers one', async (t) => {
  const pool = poolOf(t, 1);
  const sources = [...builtIn.sources, ...builtIn.enrichers].filter(
    (one) => one.documentReader !== undefined,
  );
  assert.deepEqual(
    sources.map(({ name }) => name),
    ['rhel', 'nvd'],
  );
  for (const { name, feeds } of sources) {
    const batch = { source: name, feed: feeds[0] ?? '', url: 'https://a.example/', texts: [] };
    assert.deepEqual(await pool.parse({ ...batch, memory: new SharedArrayBuffer(0) }), []);
  }
});
