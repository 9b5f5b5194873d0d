import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { builtIn as extensions } from '../../../extensions.ts';
import { countFindings } from '../../../service/finding-counts/count-findings.ts';
import { debianImage, debianRecord, type FleetServer, fleetServer } from '../../../testing/fleet-server.ts';
import { feedUpdate, stream } from '../../../testing/store-content.ts';
import { type StoreEngine, storeEngines } from '../../../testing/store-engines.ts';

const exploited = 'CVE-2026-3';
const scoresOf = { dated: '2026-02-28', by: 'feed', model: 'v2026.02.01' } as const;

interface Counted extends FleetServer {
  readonly web: string;
  readonly shop: string;
  readonly clean: string;
  readonly count: () => Promise<void>;
}

/** Starts a server with three images whose findings are counted. */
async function countedServer(t: TestContext, engine?: StoreEngine): Promise<Counted> {
  const server = await fleetServer(t, { extensions, engine });
  const { store, scan, applyDebian } = server;
  await applyDebian([
    debianRecord('CVE-2026-1', 'openssl', { fixed: '3.0.2-1', severity: 'Critical' }),
    debianRecord('CVE-2026-2', 'bash', { fixed: '5.3-1', severity: 'Low' }),
    debianRecord(exploited, 'openssl', { fixed: '3.0.3-1', severity: 'Low' }),
  ]);
  await store.enrichments.apply(
    feedUpdate({ source: 'kev', feed: 'catalogue', dates: [{ dated: '2026-02-27', by: 'feed' }] }),
    stream([
      { kind: 'enrichment' as const, id: exploited, exploited: { since: '2026-01-01', ransomware: false } },
    ]),
  );
  await store.enrichments.apply(
    feedUpdate({ source: 'epss', feed: 'scores', dates: [scoresOf] }),
    stream([{ kind: 'enrichment' as const, id: 'CVE-2026-2', epss: { score: 0.25, percentile: 0.9 } }]),
  );
  const web = await scan(debianImage('openssl 3.0.1-1', 'bash 5.2-1'), 'web');
  const shop = await scan(debianImage('openssl 3.0.2-1', 'bash 5.2-1'), 'shop');
  const clean = await scan(debianImage('zlib 1-1'), 'clean');
  const count = () => countFindings({ store, extensions, signal: new AbortController().signal });
  await count();
  return { ...server, web, shop, clean, count };
}

interface Findings {
  readonly findings: readonly {
    readonly vulnerability: string;
    readonly epss: number | null;
    readonly package: { readonly name: string; readonly version: string };
    readonly images: number;
  }[];
  readonly next?: string;
}

/** Returns findings as `CVE-1 openssl 3 2`: with the number of their images at the end. */
function linesOf({ findings }: Findings): string[] {
  return findings.map(
    ({ vulnerability, package: { name, version }, images }) =>
      `${vulnerability} ${name} ${version} ${images}`,
  );
}

interface Images {
  readonly images: readonly {
    readonly digest: string;
    readonly namespaces: readonly string[] | null;
    readonly findings: Readonly<Record<string, number>> | null;
    readonly assessed: false | null;
    readonly notAssessed: readonly string[];
  }[];
  readonly next?: string | number;
}

const [critical, old, newer, bash] = [
  'CVE-2026-1 openssl 3.0.1-1 1',
  'CVE-2026-3 openssl 3.0.1-1 1',
  'CVE-2026-3 openssl 3.0.2-1 1',
  'CVE-2026-2 bash 5.2-1 2',
];

for (const engine of storeEngines.filter(({ name }) => name !== 'sqlite file'))
  test(`${engine.name}: lists findings and images of the fleet in each order, page by page`, async (t) => {
    const server = await countedServer(t, engine);
    await listsFindings(server);
    await listsVulnerabilities(server);
    await showsVulnerability(server);
    await showsPackages(server);
    await listsImages(server);
  });

async function listsFindings({ get, web, repository, refusal, call }: Counted): Promise<void> {
  const all = await get<Findings>('/findings');
  assert.deepEqual(linesOf(all), [critical, bash, old, newer]);
  assert.deepEqual(
    all.findings.map(({ epss }) => epss),
    [null, 0.25, null, null],
  );
  assert.equal(all.next, undefined);
  const paged: string[] = [];
  for (let after = ''; ; ) {
    const page = await get<Findings>(`/findings?limit=1${after}`);
    paged.push(...linesOf(page));
    if (page.next === undefined) break;
    after = `&after=${page.next}`;
  }
  assert.deepEqual(paged, [critical, bash, old, newer]);
  const filtered: readonly (readonly [string, readonly string[]])[] = [
    [`image=${web}`, [critical, 'CVE-2026-2 bash 5.2-1 1', old]],
    [`image=${repository}:web&severity=Low`, ['CVE-2026-2 bash 5.2-1 1', old]],
    [`repository=${repository}&package=bash`, [bash]],
    ['sourcePackage=bash', [bash]],
    [`sourcePackage=openssl&image=${web}`, [critical, old]],
    ['sourcePackage=openssl&package=bash', []],
    ['sourcePackage=none', []],
    ['vulnerability=CVE-2026-3', [old, newer]],
    ['exploited=true', [old, newer]],
    ['exploited=false&severity=Low', [bash]],
    ['fixable=false', []],
    ['namespace=debian:12&fixable=true', [critical, bash, old, newer]],
    ['namespace=debian:13', []],
    ['repository=other.example/app', []],
  ];
  for (const [query, lines] of filtered)
    assert.deepEqual(linesOf(await get<Findings>(`/findings?${query}`)), lines, query);
  assert.deepEqual(await refusal('/findings?severity=Awful'), [
    400,
    'severity must be one of Unknown, Negligible, Low, Medium, High, Critical, Defcon1',
  ]);
  assert.equal((await refusal(`/findings?image=sha256:${'0'.repeat(64)}`))[0], 404);
  assert.equal((await refusal('/findings?after=x'))[0], 400);
  assert.deepEqual(await refusal('/findings?a=b'), [400, 'unknown parameter a']);
  for (const list of ['findings', 'images', 'upgrades'])
    assert.deepEqual(await refusal(`/${list}?repository=registry.example/*`), [
      400,
      'repository must be the name of one repository, without *',
    ]);
  const csv = await call('/findings?severity=Critical', { headers: { Accept: 'text/csv' } });
  assert.equal(
    await csv.text(),
    [
      'vulnerability,severity,exploited,epss,namespace,type,package,version,purl,sourcePackage,fix,fixedVersion,images',
      'CVE-2026-1,Critical,no,,debian:12,deb,openssl,3.0.1-1,pkg:deb/debian/openssl@3.0.1-1?arch=amd64&distro=debian-12,openssl,fixed,3.0.2-1,1',
      '',
    ].join('\r\n'),
  );
}

interface Vulnerabilities {
  readonly advisories: readonly {
    readonly id: string;
    readonly severity: string;
    readonly exploited: string;
    readonly fixable: boolean;
    readonly images: number;
    readonly packages: number;
  }[];
  readonly next?: string;
}

async function listsVulnerabilities({ get, refusal }: Counted): Promise<void> {
  const idsOf = async (query: string): Promise<string[]> => {
    const ids: string[] = [];
    for (let after = ''; ; ) {
      const { advisories, next } = await get<Vulnerabilities>(`/advisories?limit=1&${query}${after}`);
      ids.push(...advisories.map(({ id }) => id));
      if (next === undefined) return ids;
      after = `&after=${next}`;
    }
  };
  const { advisories } = await get<Vulnerabilities>('/advisories?exploited=true');
  assert.deepEqual(advisories, [
    {
      id: exploited,
      severity: 'Low',
      exploited: 'yes',
      epss: null,
      fixable: true,
      images: 2,
      packages: 1,
    },
  ]);
  const sorted: readonly (readonly [string, readonly string[]])[] = [
    ['', ['CVE-2026-1', 'CVE-2026-2', exploited]],
    ['sort=images', ['CVE-2026-2', exploited, 'CVE-2026-1']],
    ['sort=epss', ['CVE-2026-2', 'CVE-2026-1', exploited]],
    ['q=26-2', ['CVE-2026-2']],
    ['q=%25', []],
    ['severity=Low&exploited=false', ['CVE-2026-2']],
    ['fixable=false', []],
  ];
  for (const [query, ids] of sorted) assert.deepEqual(await idsOf(query), ids, query);
  assert.equal((await refusal('/advisories?after=x'))[0], 400);
}

async function showsVulnerability({ get, refusal, applyDebian, clock, shop, call }: Counted): Promise<void> {
  clock.at += 3_600_000;
  await applyDebian([
    debianRecord('CVE-2026-1', 'openssl', { fixed: '3.0.2-1', severity: 'High' }),
    debianRecord('CVE-2026-2', 'bash', { fixed: '5.3-1', severity: 'Low' }),
    debianRecord(exploited, 'openssl', { fixed: '3.0.3-1', severity: 'Low' }),
  ]);
  const page = await get<Page>('/advisories/cve-2026-1');
  assert.deepEqual(
    [page.id, page.severity, page.severitySource, page.exploited, page.images],
    ['CVE-2026-1', 'High', 'debian', [], 1],
  );
  assert.deepEqual(
    page.sources.map(({ source, since, statements, changes }) => [source, since, statements, changes]),
    [
      [
        'debian',
        '2026-03-01T00:00:00.000Z',
        [
          {
            ...{ namespace: 'debian:12', package: 'openssl', range: { to: '3.0.2-1' }, severity: 'High' },
            fix: { state: 'fixed', version: '3.0.2-1' },
          },
        ],
        [{ number: 1, at: '2026-03-01T01:00:00.000Z', kind: 'changed', changed: ['severity'] }],
      ],
    ],
  );
  const rated = await get<Page>(`/advisories/${exploited}`);
  assert.deepEqual(rated.exploited, [{ source: 'kev', date: '2026-01-01' }]);
  assert.equal(rated.epssPercentile, null);
  const scored = await get<Page>('/advisories/CVE-2026-2');
  assert.deepEqual([scored.epss, scored.epssPercentile, scored.exploited], [0.25, 0.9, []]);
  // ENISA's list is not loaded, so nothing is known of it.
  assert.deepEqual(
    scored.lists.map(({ source, contentDate, model }) => [source, contentDate, model]),
    [
      ['kev', '2026-02-27T00:00:00.000Z', undefined],
      ['epss', '2026-02-28T00:00:00.000Z', 'v2026.02.01'],
    ],
  );
  assert.equal((await refusal('/advisories/CVE-1999-1'))[0], 404);

  const { images } = await get<Images>(`/advisories/${exploited}/images?limit=1000`);
  assert.equal(images.length, 2);
  assert.ok(images.some(({ digest }) => digest === shop));
  const csv = await call('/advisories/CVE-2026-1/images', { headers: { Accept: 'text/csv' } });
  assert.match(
    await csv.text(),
    /^digest,names,.*\r\nsha256:[^\r]*,CVE-2026-1,High,deb,openssl,3\.0\.1-1,[^\r]*\r\n$/,
  );
  assert.equal((await refusal('/advisories/CVE-1999-1/images'))[0], 404);
}

interface Page {
  readonly id: string;
  readonly severity: string;
  readonly severitySource: string;
  readonly exploited: readonly object[];
  readonly epss: number | null;
  readonly epssPercentile: number | null;
  readonly lists: readonly { source: string; contentDate: string | null; model?: string }[];
  readonly images: number;
  readonly sources: readonly {
    readonly source: string;
    readonly since: string;
    readonly statements: readonly object[];
    readonly changes: readonly object[];
  }[];
}

async function showsPackages({ get, refusal }: Counted): Promise<void> {
  const namespace = 'debian:12';
  const listed = { namespace, versions: 1 };
  const { packages } = await get<{ packages: object[] }>('/packages');
  const openssl = { namespace, name: 'openssl', versions: 2, images: 2, worst: 'Critical' };
  assert.deepEqual(packages, [
    { ...listed, name: 'bash', images: 2, worst: 'Low' },
    openssl,
    { ...listed, name: 'zlib', images: 1, worst: null },
  ]);
  const first = await get<{ packages: object[]; next: string }>('/packages?limit=1&q=S');
  assert.deepEqual(first.packages, [packages[0]]);
  const second = await get<{ packages: object[] }>(`/packages?limit=1&q=S&after=${first.next}`);
  assert.deepEqual(second, { packages: [openssl] });
  assert.deepEqual(await get('/packages?namespace=debian:13'), { packages: [] });

  const ruler = await get<{ versions: object[]; ranges: { id: string; from: number; to: number }[] }>(
    `/packages/versions?namespace=${namespace}&name=openssl`,
  );
  assert.deepEqual(ruler.versions, [
    { version: '3.0.1-1', images: 1, findings: 2 },
    { version: '3.0.2-1', images: 1, findings: 1 },
  ]);
  assert.deepEqual(
    ruler.ranges.map(({ id, from, to }) => `${id} ${from} ${to}`),
    ['CVE-2026-1 0 0', `${exploited} 0 1`],
  );
  assert.equal((await refusal('/packages/versions?namespace=npm&name=openssl'))[0], 404);

  const found = await get<{ images: object[]; advisories: object[]; packages: object[] }>(
    '/search?q=openssl',
  );
  assert.deepEqual(found, { images: [], advisories: [], packages: [openssl] });
  const byTag = await get<{ images: object[] }>('/search?q=shop');
  assert.equal(byTag.images.length, 1);
}

async function listsImages({ get, scan, count, web, shop, clean, refusal }: Counted): Promise<void> {
  const digestsOf = async (query: string): Promise<string[]> => {
    const digests: string[] = [];
    for (let after = ''; ; ) {
      const { images, next } = await get<Images>(`/images?limit=1&${query}${after}`);
      digests.push(...images.map(({ digest }) => digest));
      if (next === undefined) return digests;
      after = `&after=${next}`;
    }
  };
  const { images } = await get<Images>('/images');
  assert.deepEqual(images[0]?.namespaces, ['debian:12']);
  assert.deepEqual([images[0].assessed, images[0].notAssessed], [null, []]);
  assert.deepEqual(images[0].findings, {
    countedAt: '2026-03-01T00:00:00.000Z',
    Defcon1: 0,
    Critical: 1,
    High: 0,
    Medium: 0,
    Low: 2,
    Negligible: 0,
    Unknown: 0,
    fixable: 3,
    exploited: 1,
  });
  const late = await scan(debianImage('curl 1-1'), 'late');
  assert.deepEqual((await get<Images>('/images?q=LATE')).images[0]?.findings, null);
  const filtered: readonly (readonly [string, readonly string[]])[] = [
    ['', [web, shop, clean, late]],
    ['sort=seen', [late, clean, shop, web]],
    ['sort=risk', [web, shop, clean, late]],
    ['severity=Critical', [web]],
    ['sort=risk&severity=Low', [web, shop]],
    ['fixable=false', [clean]],
    ['exploited=true&q=shop', [shop]],
    ['namespace=debian:12', [web, shop, clean]],
    ['namespace=debian:1', []],
    [`q=${clean.slice(0, 20)}`, [clean]],
    ['label=a=b', []],
    ['untagged=true', []],
  ];
  for (const [query, digests] of filtered) assert.deepEqual(await digestsOf(query), digests, query);
  await count();
  assert.deepEqual(await digestsOf('namespace=debian:12'), [web, shop, clean, late]);
  assert.deepEqual(await refusal('/images?sort=size'), [400, 'sort must be seen or risk']);
  assert.equal((await refusal('/images?sort=risk&after=1'))[0], 400);
}

test('a token for repositories must name one of them, or an image', async (t) => {
  const sum = createHash('sha256').update('secret').digest('hex');
  const { refusal } = await fleetServer(t, {
    extensions,
    tokens: [`read:${sum}:one::other.example/**`],
  });
  const authorized = { headers: { Authorization: 'Bearer secret' } };
  for (const query of ['', '?repository=registry.example/app'])
    assert.equal((await refusal(`/findings${query}`, authorized))[0], 403);
  assert.equal((await refusal(`/findings?image=sha256:${'0'.repeat(64)}`, authorized))[0], 404);
});
