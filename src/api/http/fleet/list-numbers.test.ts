import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { builtIn as extensions } from '../../../extensions.ts';
import { countFindings } from '../../../service/finding-counts/count-findings.ts';
import {
  addImageName,
  debianImage,
  debianRecord,
  type FleetServer,
  fleetServer,
} from '../../../testing/fleet-server.ts';
import { type StoreEngine, storeEngines } from '../../../testing/store-engines.ts';

interface Findings {
  readonly findings: readonly {
    readonly vulnerability: string;
    readonly namespace: string;
    readonly package: { readonly purl: string };
    readonly images: number;
  }[];
  readonly total: { readonly findings: number } | null;
}

interface Images {
  readonly images: readonly { readonly digest: string }[];
  readonly total: { readonly images: number; readonly uncounted: number } | null;
}

interface Scene extends FleetServer {
  /** Images with the vulnerability: in two packages, in one of them, and in another version of it. */
  readonly digests: readonly [both: string, moved: string, newer: string];
}

/** Starts a server with five images. Three have the vulnerability. Another repository has the name of the second now. The last is not counted. */
async function scene(t: TestContext, engine: StoreEngine): Promise<Scene> {
  const server = await fleetServer(t, { extensions, engine });
  const { store, scan, repository } = server;
  const [openssl, bash] = [
    debianRecord('CVE-2026-1', 'openssl', { fixed: '3-1', severity: 'High' }),
    debianRecord('CVE-2026-1', 'bash', { fixed: '6-1' }),
  ];
  await server.applyDebian([
    { ...openssl, affected: [...openssl.affected, ...bash.affected] },
    debianRecord('CVE-2026-2', 'zlib', { fixed: '2-1', severity: 'Low' }),
  ]);
  const both = await scan(debianImage('openssl 1-1', 'bash 5-1'), 'both');
  const moved = await scan(debianImage('openssl 1-1'), 'moved');
  const newer = await scan(debianImage('openssl 2-1'), 'newer');
  await scan(debianImage('zlib 1-1'), 'zlib');
  await addImageName(store, moved, 'registry.example/other:moved');
  await store.knownImages.endNames([{ repository, tag: 'moved' }]);
  await countFindings({ store, extensions, signal: new AbortController().signal });
  await scan(debianImage('curl 1-1'), 'late');
  return { ...server, digests: [both, moved, newer] };
}

for (const engine of storeEngines.filter(({ name }) => name !== 'sqlite file'))
  test(`${engine.name}: the numbers of lists are those of the lists to which they lead`, async (t) => {
    const server = await scene(t, engine);
    await leadsToImages(server);
    await totalsFindings(server);
    await totalsImages(server);
  });

/** The number of images of each finding is that of the list with its vulnerability, package and namespace, in each scope. */
async function leadsToImages({ get, repository, digests, refusal }: Scene): Promise<void> {
  const [both, moved, newer] = digests;
  const scopes: readonly (readonly [scope: string, images: string, expected: readonly string[][]])[] = [
    ['', '', [[both, moved], [newer], [both]]],
    [`&repository=${repository}`, `&repository=${repository}`, [[both], [newer], [both]]],
    [`&image=${moved}`, `&q=${moved}`, [[moved]]],
  ];
  for (const [scope, images, expected] of scopes) {
    const { findings } = await get<Findings>(`/findings?vulnerability=CVE-2026-1${scope}`);
    const lists: string[][] = [];
    for (const { vulnerability, namespace, package: item, images: count } of findings) {
      const query = new URLSearchParams({ vulnerability, purl: item.purl, namespace, sort: 'risk' });
      const list = await get<Images>(`/images?${query.toString()}${images}`);
      assert.equal(list.images.length, count, item.purl);
      lists.push(list.images.map(({ digest }) => digest).sort());
    }
    const sorted = (all: readonly (readonly string[])[]): string[] =>
      all.map((one) => [...one].sort().join()).sort();
    assert.deepEqual(sorted(lists), sorted(expected), scope);
  }
  const all = await get<Images>('/images?vulnerability=CVE-2026-1');
  assert.deepEqual(
    all.images.map(({ digest }) => digest),
    digests,
  );
  assert.deepEqual((await get<Images>('/images?vulnerability=CVE-2026-1&namespace=npm')).images, []);
  assert.equal((await refusal('/images?purl=pkg:deb/debian/bash'))[0], 400);
}

/** The number of findings is the sum of the images of all rows, where the kept counts have it. */
async function totalsFindings({ get }: Scene): Promise<void> {
  for (const [query, findings] of [
    ['', 5],
    ['severity=High', 4],
    ['severity=Low&fixable=true', 1],
    ['fixable=false', 0],
    ['exploited=false', 5],
    ['exploited=true', 0],
  ] as const) {
    const list = await get<Findings>(`/findings?${query}`);
    const rows = list.findings.reduce((sum, { images }) => sum + images, 0);
    assert.deepEqual([list.total?.findings, rows], [findings, findings], query);
  }
  for (const query of ['package=bash', 'namespace=debian:12', 'vulnerability=CVE-2026-1'])
    assert.equal((await get<Findings>(`/findings?${query}`)).total, null, query);
}

/** The number of images is that of the last count. Of what it does not have, the list has no number. */
async function totalsImages({ get }: Scene): Promise<void> {
  const countedAt = '2026-03-01T00:00:00.000Z';
  for (const [query, images, uncounted] of [
    ['', 4, 0],
    ['sort=risk&limit=1', 4, 0],
    ['namespace=debian:12', 4, 0],
    ['namespace=none', 0, 0],
    ['source=debian', 4, 0],
    ['assessed=false', 0, 0],
    ['assessed=true&namespace=debian:12', 4, 0],
  ] as const)
    assert.deepEqual((await get<Images>(`/images?${query}`)).total, { images, uncounted, countedAt }, query);
  for (const query of ['q=both', 'severity=High', 'vulnerability=CVE-2026-1', 'untagged=true', 'label=a'])
    assert.equal((await get<Images>(`/images?${query}`)).total, null, query);
}
