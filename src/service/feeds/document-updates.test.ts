import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { strToU8, zipSync } from 'fflate';
import { builtIn } from '../../extensions.ts';
import type { AdvisorySource, FetchedFeed } from '../../plugin/advisory-source.ts';
import type { Store } from '../../store/store.ts';
import { storeEngines } from '../../testing/store-engines.ts';
import { inChunks } from '../../testing/streams.ts';
import { tar } from '../../testing/tar-writer.ts';
import { type FeedOutcome, type UpdateFeedsDeps, updateFeeds } from './update-feeds.ts';

/** A feed of a real source, made of these fixed versions by package. */
interface Sample {
  readonly source: string;
  readonly feed: string;
  readonly url: string;
  readonly write: (fixes: readonly Fix[]) => Uint8Array;
}

interface Fix {
  readonly name: string;
  readonly number: number;
  readonly version: string;
}

const samples: readonly Sample[] = [
  { source: 'debian', feed: 'tracker', url: 'https://a.example/json', write: writeTracker },
  { source: 'osv', feed: 'npm', url: 'https://a.example/all.zip', write: writeOsv },
  { source: 'alma', feed: '9', url: 'https://a.example/errata.full.json', write: writeErrata },
  { source: 'rhel', feed: 'vex', url: 'https://a.example/csaf_vex.tar', write: writeVex },
  { source: 'oracle', feed: 'elsa', url: 'https://a.example/elsa.xml', write: writeOval },
  { source: 'amazon', feed: '2', url: 'https://a.example/updateinfo.xml', write: writeUpdateinfo },
];

function writeTracker(fixes: readonly Fix[]): Uint8Array {
  const issues = Object.groupBy(fixes, ({ name }) => name);
  const tracker = Object.entries(issues).map(([name, some = []]) => [
    name,
    Object.fromEntries(
      some.map(({ number, version }) => [
        `CVE-2024-${number}`,
        { description: 'ä', releases: { bookworm: { status: 'resolved', fixed_version: version } } },
      ]),
    ),
  ]);
  return Buffer.from(JSON.stringify(Object.fromEntries(tracker), null, 1));
}

function writeOsv(fixes: readonly Fix[]): Uint8Array {
  const files = fixes.map(({ name, number, version }) => {
    const id = `GHSA-${number}-${name}`;
    const ranges = [{ type: 'SEMVER', events: [{ introduced: '0' }, { fixed: `${version}.0` }] }];
    const withdrawn = number % 5 === 0 ? { withdrawn: '2024-01-01T00:00:00Z' } : {};
    const affected = [{ package: { ecosystem: 'npm', name }, ...(number % 7 !== 0 && { ranges }) }];
    return [`${id}.json`, strToU8(JSON.stringify({ id, ...withdrawn, affected }))] as const;
  });
  return zipSync(Object.fromEntries(files));
}

function writeErrata(fixes: readonly Fix[]): Uint8Array {
  const errata = fixes.map(({ name, number, version }) => ({
    id: `ALSA-2024:${number}-${name}`,
    type: number % 4 === 0 ? 'bugfix' : 'security',
    updated_date: 1_700_000_000 + number,
    packages: [{ name, version, release: '1.el9', arch: 'x86_64' }],
  }));
  return Buffer.from(JSON.stringify({ data: errata }));
}

function writeVex(fixes: readonly Fix[]): Uint8Array {
  return tar(
    fixes.map(({ name, number, version }) => ({
      path: `2024/cve-2024-${number}-${name}.json`,
      content: JSON.stringify(vexDocument(name, `CVE-2024-${number}`, version)),
    })),
  );
}

/** Definitions that state no version: it is in a state, or in the name of an object, which several definitions share. */
function writeOval(fixes: readonly Fix[]): Uint8Array {
  const definitions = fixes.map(
    ({ name, number }) =>
      `<definition id="oval:def:${number}${number % 3 === 0 ? '' : name}"><metadata><title>ELSA-2024-${number} é</title></metadata>
<criteria><criterion test_ref="oval:tst:1" comment="Oracle Linux 9 is installed"/>
<criterion test_ref='oval:tst:2' comment="Oracle Linux arch is x86_64"/><criterion test_ref="oval:tst:${name}${number}"
comment="${name} is old"/></criteria></definition>`,
  );
  const tests = fixes.map(
    ({ name, number, version }) =>
      `<rpminfo_test id="oval:tst:${name}${number}" check="at least one"><object object_ref="oval:obj:${name}"/>
${number % 4 === 0 ? `<state state_ref="oval:ste:${version}"/>` : `<state state_ref="oval:ste:${name}${number}"/>`}</rpminfo_test>`,
  );
  const objects = ['xz', 'bash', 'curl'].map((name) => {
    const version = fixes.find((one) => one.name === name && one.number === 8)?.version ?? '';
    return `<rpminfo_object id="oval:obj:${name}"><name>${name}${version}</name></rpminfo_object>`;
  });
  const states = [
    ...fixes.map(({ name, number, version }) => [`${name}${number}`, version] as const),
    ...['1.0', '2.0'].map((version) => [version, version] as const),
  ].map(
    ([id, version]) =>
      `<rpminfo_state id="oval:ste:${id}"><evr operation="less than">0:${version}-1.el9</evr></rpminfo_state>`,
  );
  return Buffer.from(
    `<oval_definitions><definitions>${definitions.join('\n')}</definitions><tests>${tests.join('')}</tests>
<objects>${objects.join('')}</objects><states>${states.join('')}</states></oval_definitions>`,
  );
}

function writeUpdateinfo(fixes: readonly Fix[]): Uint8Array {
  const updates = fixes.map(
    ({ name, number, version }) =>
      `<update type="${number % 4 === 0 ? 'bugfix' : 'security'}"><id>ALAS2-2024-${number}${name}</id><pkglist><collection>
<package name="${name}" version="${version}" release="1" arch="x86_64"/></collection></pkglist></update>`,
  );
  return Buffer.from(`<?xml version="1.0"?><updates>${updates.join('\n')}</updates>`);
}

function vexDocument(name: string, cve: string, version: string): unknown {
  const purl = `pkg:rpm/redhat/${name}@${version}-1.el9?arch=x86_64`;
  const leaf = (id: string, helper: object) => ({
    product: { product_id: id, product_identification_helper: helper },
  });
  return {
    document: { tracking: { current_release_date: '2024-05-01T00:00:00Z' } },
    product_tree: {
      branches: [leaf('base', { cpe: 'cpe:/o:redhat:enterprise_linux:9::baseos' }), leaf('rpm', { purl })],
      relationships: [
        {
          full_product_name: { product_id: 'base:rpm' },
          product_reference: 'rpm',
          relates_to_product_reference: 'base',
        },
      ],
    },
    vulnerabilities: [{ cve, product_status: { fixed: ['base:rpm'] } }],
  };
}

/** Returns a source whose fetch gives the content that is set. */
function scripted({ source: name, feed, url }: Sample): {
  readonly source: AdvisorySource;
  readonly set: (content: Uint8Array) => void;
} {
  const real = builtIn.sources.find((source) => source.name === name) ?? assert.fail(name);
  let content: Uint8Array = Buffer.alloc(0);
  let edition = 0;
  const fetch = async (): Promise<FetchedFeed> => ({
    url,
    body: inChunks(content, 512),
    fingerprint: String(edition),
  });
  return {
    source: { ...real, feeds: [feed], fetch },
    set: (bytes) => {
      content = bytes;
      edition++;
    },
  };
}

function depsOn(store: Store, programVersion?: string): UpdateFeedsDeps {
  return {
    store,
    schemes: builtIn.schemes,
    client: { get: () => Promise.reject(new Error('nothing is fetched')) },
    origin: '/mirror',
    maxAgeMs: 0,
    now: () => new Date(store.now()),
    owner: 'test',
    lockWaitMs: 0,
    sleep: () => Promise.resolve(),
    onProgress: () => undefined,
    acceptShrunk: true,
    acceptOlder: true,
    ...(programVersion !== undefined && { programVersion }),
  };
}

async function open(context: TestContext): Promise<Store> {
  const [sqlite] = storeEngines;
  assert.ok(sqlite !== undefined);
  return await sqlite.create(context)({ now: () => Date.parse('2026-01-02T00:00:00Z') });
}

async function outcomeOf(source: AdvisorySource, feed: string, deps: UpdateFeedsDeps): Promise<unknown> {
  const [outcome] = (await updateFeeds([{ source, feed }], deps)) as [FeedOutcome];
  if (outcome.outcome === 'failed') return [outcome.error.code, outcome.error.message];
  return outcome.outcome === 'updated' ? outcome.difference : outcome.outcome;
}

/** The current records, and the counts of all rows. */
async function contentOf(store: Store, { source, feed }: Sample): Promise<unknown> {
  const records = await store.vulnerabilities.pageByFeed({ source, feed }, { limit: 1000 });
  const [state] = await store.advisories.findFeedStates();
  return { records, state, rows: (await store.statistics()).rows };
}

const fix = fc.record({
  name: fc.constantFrom('xz', 'bash', 'curl'),
  number: fc.integer({ min: 1, max: 8 }),
  version: fc.constantFrom('1.0', '1.0', '1.0', '2.0'),
});

const edition = fc.record({
  fixes: fc.uniqueArray(fix, {
    selector: ({ name, number }) => `${name} ${number}`,
    minLength: 1,
    maxLength: 12,
  }),
  /** Damage of one byte at a place between 0 and 1. */
  damage: fc.option(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 1, max: 255 })), {
    freq: 2,
    nil: undefined,
  }),
});

for (const sample of samples) {
  test(`gives the records and failures of a plain update of ${sample.source} after any changes and damage`, async (t) => {
    await fc.assert(
      fc.asyncProperty(fc.array(edition, { minLength: 2, maxLength: 6 }), async (editions) => {
        const { source, set } = scripted(sample);
        const [plain, fast] = [await open(t), await open(t)];
        for (const { fixes, damage } of editions) {
          const bytes = sample.write(fixes);
          if (damage !== undefined) {
            const at = Math.floor(damage[0] * (bytes.length - 1));
            bytes[at] = (bytes[at] ?? 0) ^ damage[1];
          }
          set(bytes);
          assert.deepEqual(
            await outcomeOf(source, sample.feed, depsOn(fast, '1.0.0')),
            await outcomeOf(source, sample.feed, depsOn(plain)),
          );
          assert.deepEqual(await contentOf(fast, sample), await contentOf(plain, sample));
        }
      }),
      { numRuns: 15 },
    );
  });

  test(`does not parse a document of ${sample.source} that did not change`, async (t) => {
    const { source, set } = scripted(sample);
    const store = await open(t);
    const fixes: Fix[] = ['xz', 'bash', 'curl'].map((name) => ({ name, number: 1, version: '1.0' }));
    let read = 0;
    const counting: AdvisorySource = {
      ...source,
      async *documents(feed, content) {
        for await (const document of source.documents?.(feed, content) ?? [])
          yield {
            ...document,
            read: () => {
              read++;
              return document.read();
            },
          };
      },
    };
    for (const [version, expected] of [
      ['1.0', 3],
      ['1.0', 0],
      ['2.0', 1],
    ] as const) {
      read = 0;
      set(sample.write([...fixes.slice(1), { name: 'xz', number: 1, version }]));
      await outcomeOf(counting, sample.feed, depsOn(store, '1.0.0'));
      assert.equal(read, expected);
    }
  });
}
