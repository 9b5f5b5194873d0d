import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { builtIn as extensions } from '../../../extensions.ts';
import { countFindings } from '../../../service/finding-counts/count-findings.ts';
import type { LabelWeight } from '../../../store/finding-index-store.ts';
import { debianImage, debianRecord, type FleetServer, fleetServer } from '../../../testing/fleet-server.ts';
import { feedUpdate, stream } from '../../../testing/store-content.ts';

interface Upgrades {
  readonly upgrades:
    | readonly {
        readonly rank: number;
        readonly kind: string;
        readonly namespace: string;
        readonly package: string;
        readonly version: string | null;
        readonly versions: number;
        readonly fixedVersion: string;
        readonly images: number;
        readonly closes: Readonly<Record<string, number>>;
        readonly gain: number;
        readonly text: string;
      }[]
    | null;
  readonly before: { readonly findings: number } | null;
  readonly after: { readonly findings: number } | null;
  readonly countedAt: string | null;
  readonly hasImages: boolean;
}

interface Scene extends FleetServer {
  readonly count: (weights?: readonly LabelWeight[]) => Promise<void>;
}

/** Starts a server with three images of two versions of openssl and one of bash. Nothing is counted. */
async function scene(t: TestContext, tokens: readonly string[] = []): Promise<Scene> {
  const server = await fleetServer(t, { extensions, tokens });
  const { store, scan, applyDebian } = server;
  await applyDebian([
    debianRecord('CVE-2026-1', 'openssl', { fixed: '3.0.2-1', severity: 'High' }),
    // As text, 3.0.10 is lower than 3.0.2.
    debianRecord('CVE-2026-2', 'openssl', { fixed: '3.0.10-1', severity: 'Low' }),
    debianRecord('CVE-2026-3', 'bash', { fixed: '5.3-1', severity: 'Low' }),
  ]);
  await store.enrichments.apply(
    feedUpdate({ source: 'epss', feed: 'scores' }),
    stream(
      ['CVE-2026-1', 'CVE-2026-2', 'CVE-2026-3'].map((id) => ({
        kind: 'enrichment' as const,
        id,
        epss: { score: 0.1, percentile: 0.5 },
      })),
    ),
  );
  await scan(debianImage('openssl 3.0.1-1', 'bash 5.2-1'), 'one');
  await scan(debianImage('openssl 3.0.1-1', 'zlib 1-1'), 'two');
  await scan(debianImage('openssl 3.0.2-1'), 'three');
  const signal = new AbortController().signal;
  return { ...server, count: (weights) => countFindings({ store, extensions, signal, weights }) };
}

function linesOf({ upgrades }: Upgrades): unknown[] {
  return (upgrades ?? []).map((upgrade) => [
    ...[upgrade.kind, upgrade.namespace, upgrade.package, upgrade.version, upgrade.fixedVersion],
    ...[upgrade.images, upgrade.closes['findings'], upgrade.gain],
  ]);
}

test('ranks the upgrades of all images, as servers have counted them', async (t) => {
  const { get, count } = await scene(t);
  const none = {
    ...{ upgrades: null, before: null, after: null, countedAt: null },
    ...{ weights: [], hasImages: true },
  };
  assert.deepEqual(await get('/upgrades'), none);
  assert.deepEqual(await get('/upgrades?repository=registry.example/app'), none);
  await count();
  const plan = await get<Upgrades>('/upgrades');
  assert.deepEqual(linesOf(plan), [
    // 2 × 0.1 × 0.75 for CVE-2026-1, and 3 × 0.1 × 0.3 for CVE-2026-2.
    ['distro-package', 'debian:12', 'openssl', null, '3.0.10-1', 3, 5, 0.24],
    ['distro-package', 'debian:12', 'bash', '5.2-1', '5.3-1', 1, 1, 0.03],
  ]);
  assert.deepEqual([plan.before?.findings, plan.after?.findings], [6, 0]);
  assert.equal(plan.countedAt, '2026-03-01T00:00:00.000Z');
  const [first] = plan.upgrades ?? [];
  assert.equal(first?.text, 'Upgrade openssl from 3.0.1-1, 3.0.2-1 to 3.0.10-1');
  const one = await get<Upgrades>('/upgrades?limit=1');
  assert.deepEqual([one.upgrades?.length, one.after?.findings], [1, 1]);
});

test('follows images and advisories at the next count', async (t) => {
  const { get, count, scan, applyDebian } = await scene(t);
  await count();
  await scan(debianImage('bash 5.2-1'), 'four');
  await count();
  assert.deepEqual(linesOf(await get('/upgrades'))[1], [
    ...['distro-package', 'debian:12', 'bash', '5.2-1', '5.3-1', 2, 2, 0.06],
  ]);
  // The numbers by severity stay the same.
  await applyDebian([
    debianRecord('CVE-2026-1', 'openssl', { fixed: '3.0.2-1', severity: 'High' }),
    debianRecord('CVE-2026-2', 'openssl', { fixed: '3.0.11-1', severity: 'Low' }),
    debianRecord('CVE-2026-3', 'bash', { fixed: '5.3-1', severity: 'Low' }),
  ]);
  await count();
  assert.equal((await get<Upgrades>('/upgrades')).upgrades?.[0]?.fixedVersion, '3.0.11-1');
});

test('ranks again when weights of labels change, and names them', async (t) => {
  const { get, call, count } = await scene(t);
  await count();
  await count([{ label: { key: 'env', value: 'prod' }, weight: 3 }]);
  const list = await get<{ readonly weights: unknown; readonly before: { readonly findings: number } }>(
    '/upgrades',
  );
  assert.deepEqual([list.weights, list.before.findings], [[{ label: 'env=prod', weight: 3 }], 6]);
  const text = await (await call('/upgrades', { headers: { accept: 'text/markdown' } })).text();
  assert.match(text, /^In the order, images with the label env\\=prod count 3 times\.$/m);
});

test('ranks the upgrades of a repository', async (t) => {
  const { get, count, repository } = await scene(t);
  await count();
  assert.equal(linesOf(await get(`/upgrades?repository=${repository}`)).length, 2);
});

test('says that no image is in a repository, instead of that there is nothing to upgrade', async (t) => {
  const { get, call, count, repository } = await scene(t);
  await count();
  for (const [query, hasImages] of [
    [`repository=${repository}`, true],
    ['repository=registry.example/other', false],
    ['label=team=none', false],
  ] as const) {
    const list = await get<Upgrades>(`/upgrades?${query}`);
    assert.deepEqual([query, list.hasImages, list.upgrades?.length], [query, hasImages, hasImages ? 2 : 0]);
    const text = await (await call(`/upgrades?${query}`, { headers: { accept: 'text/markdown' } })).text();
    assert.equal(text.includes('No image matches the filter.'), !hasImages, query);
  }
});

test('leads to the images of an upgrade', async (t) => {
  const { get, count, scan } = await scene(t);
  await scan(debianImage('openssl 3.0.10-1'), 'fixed');
  await count();
  const namesOf = async (query: string): Promise<string[]> => {
    const list = await get<{
      readonly images: readonly { readonly names: readonly { readonly name: string }[] }[];
    }>(`/images?${query}`);
    return list.images.flatMap(({ names }) => names.map(({ name }) => name.split(':').at(-1) ?? ''));
  };
  assert.deepEqual(await namesOf('upgrade=openssl&namespace=debian:12'), ['one', 'two', 'three']);
  assert.deepEqual((await namesOf('upgrade=openssl&sort=risk')).sort(), ['one', 'three', 'two']);
  assert.deepEqual(await namesOf('upgrade=bash'), ['one']);
  assert.deepEqual(await namesOf('upgrade=bash&namespace=debian:13'), []);
  assert.deepEqual(await namesOf('upgrade=zlib'), []);
});

test('answers with Markdown or CSV to clients that prefer it', async (t) => {
  const { call, count } = await scene(t);
  await count();
  const textOf = async (accept: string): Promise<string> =>
    await (await call('/upgrades?limit=1', { headers: { accept } })).text();
  assert.match(
    await textOf('text/markdown'),
    /^1\. Upgrade openssl from 3\.0\.1-1, 3\.0\.2-1 to 3\.0\.10-1: 3 images, closes 5 findings \(2 High, 3 Low\)$/m,
  );
  const [head, row, ...rest] = (await textOf('text/csv')).split('\r\n');
  assert.match(head ?? '', /^rank,kind,namespace,package,versions,fixedVersion,images,findings,exploited,/);
  assert.match(row ?? '', /^1,distro-package,debian:12,openssl,3\.0\.1-1 3\.0\.2-1,3\.0\.10-1,3,5,0,/);
  assert.deepEqual(rest, ['']);
});

test('refuses unknown parameters, and tokens that may not read all images', async (t) => {
  const secret = 'a-token-of-a-team';
  const hash = createHash('sha256').update(secret).digest('hex');
  const open = await scene(t);
  assert.equal((await open.refusal('/upgrades?limit=101'))[0], 400);
  assert.equal((await open.refusal('/upgrades?image=a'))[0], 400);
  const limited = await scene(t, [`read:${hash}:team::registry.example/team`]);
  const headers = { authorization: `Bearer ${secret}` };
  assert.equal((await limited.refusal('/upgrades', { headers }))[0], 403);
  assert.equal((await limited.refusal('/upgrades?repository=registry.example/shop', { headers }))[0], 403);
});
