import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { builtIn as extensions } from '../../../extensions.ts';
import { countFindings } from '../../../service/finding-counts/count-findings.ts';
import { type FleetServer, fleetServer } from '../../../testing/fleet-server.ts';
import { type BuiltImage, buildImage } from '../../../testing/image-builder.ts';
import { tar } from '../../../testing/tar-writer.ts';

/** An image with a layer for each text. */
function layered(...layers: readonly string[]): BuiltImage {
  const release = { path: 'etc/os-release', content: 'ID=debian\nVERSION_ID=12\n' };
  return buildImage({
    compression: 'gzip',
    steps: layers.map((content) => ({ tar: tar([release, { path: 'data', content }]) })),
  });
}

interface Base {
  readonly digest: string;
  readonly names: readonly string[];
  readonly images: number | null;
  readonly direct: number | null;
  readonly onOlder: number | null;
  readonly replacedBy: readonly { readonly name: string; readonly digest: string }[];
}

interface Rebuilds {
  readonly rebuilds: readonly {
    readonly names: readonly string[];
    readonly base: { readonly digest: string };
    readonly newer: { readonly name: string; readonly digest: string };
  }[];
  readonly next?: string;
}

interface Scene extends FleetServer {
  readonly digests: Readonly<Record<'old' | 'newer' | 'web', string>>;
  readonly count: () => Promise<void>;
  readonly tags: (names: readonly string[]) => string[];
}

/** Starts a server with an old and a newer base of one name, two images on the old one, and one on the newer one. */
async function scene(t: TestContext): Promise<Scene> {
  const server = await fleetServer(t, { extensions });
  const { scan, store, clock } = server;
  const at = async (image: BuiltImage, tag: string): Promise<string> => {
    clock.at += 60_000;
    return await scan(image, tag);
  };
  const old = await at(layered('base 1'), 'base');
  const web = await at(layered('base 1', 'web'), 'web');
  await at(layered('base 1', 'web', 'shop'), 'shop');
  const newer = await at(layered('base 2'), 'base');
  await at(layered('base 2', 'jobs'), 'jobs');
  const signal = new AbortController().signal;
  return {
    ...server,
    digests: { old, newer, web },
    count: () => countFindings({ store, extensions, signal }),
    tags: (names) => names.map((name) => name.split(':').at(-1) ?? ''),
  };
}

async function listBases({ get, digests, tags }: Scene): Promise<void> {
  const { bases, countedAt } = await get<{ bases: Base[]; countedAt: string }>('/bases');
  assert.equal(countedAt, '2026-03-01T00:05:00.000Z');
  assert.deepEqual(
    bases.map(({ digest, names, images, direct, onOlder }) => [digest, tags(names), images, direct, onOlder]),
    [
      [digests.old, [], 2, 1, 0],
      [digests.newer, ['base'], 1, 1, 2],
      [digests.web, ['web'], 1, 1, 0],
    ],
  );
  assert.deepEqual(
    bases[0]?.replacedBy.map(({ digest }) => digest),
    [digests.newer],
  );
  const outdated = await get<{ bases: Base[] }>('/bases?outdated=true');
  assert.deepEqual(
    outdated.bases.map(({ digest }) => digest),
    [digests.old],
  );
}

interface Chain {
  readonly bases: readonly Base[];
  readonly images: readonly { readonly names: readonly string[] }[];
  readonly next?: string;
}

async function listBasesOfImage({ get, call, digests, tags, refusal }: Scene): Promise<void> {
  const web = await get<Chain>(`/images/${digests.web}/bases`);
  assert.deepEqual(
    web.bases.map(({ digest, images }) => [digest, images]),
    [[digests.old, 2]],
  );
  assert.deepEqual(
    web.images.map(({ names }) => tags(names)),
    [['shop']],
  );
  const first = await get<Chain>(`/images/${digests.old}/bases?limit=1`);
  const second = await get<Chain>(`/images/${digests.old}/bases?limit=1&after=${first.next ?? ''}`);
  const both = [...first.images, ...second.images].flatMap(({ names }) => tags(names));
  assert.deepEqual(both.sort(), ['shop', 'web']);
  assert.equal(second.next, undefined);
  const csv = await call(`/images/${digests.old}/bases`, { headers: { accept: 'text/csv' } });
  assert.match(await csv.text(), /^digest,reference,names,platform,layers\r\n(?:sha256:.*\r\n){2}$/);
  assert.equal((await refusal(`/images/sha256:${'0'.repeat(64)}/bases`))[0], 404);
  assert.equal((await refusal(`/images/${digests.old}/bases?after=x`))[0], 400);
}

async function listRebuilds({ get, call, digests, tags }: Scene): Promise<void> {
  const rows: string[] = [];
  let next: string | undefined = '';
  while (next !== undefined) {
    const page: Rebuilds = await get(`/rebuilds?limit=1${next === '' ? '' : `&after=${next}`}`);
    for (const { names, base, newer } of page.rebuilds) {
      assert.deepEqual([base.digest, newer.digest], [digests.old, digests.newer]);
      rows.push(...tags(names));
    }
    next = page.next;
  }
  assert.deepEqual(rows.sort(), ['shop', 'web']);
  const csv = await call('/rebuilds', { headers: { accept: 'text/csv' } });
  const [head, ...lines] = (await csv.text()).trim().split('\r\n');
  assert.equal(head, 'digest,reference,names,platform,layers,base,name,newer,since');
  assert.equal(lines.length, 2);
}

async function leaveList({ get, count, scan, clock, tags }: Scene): Promise<void> {
  clock.at += 60_000;
  await scan(layered('base 2', 'web'), 'web');
  await count();
  const { rebuilds } = await get<Rebuilds>('/rebuilds');
  // The image on the earlier image of web is on two bases that have newer ones.
  const found = rebuilds.map(({ names, newer }) => [...tags(names), ...tags([newer.name])]);
  assert.deepEqual(found, [
    ['shop', 'web'],
    ['shop', 'base'],
  ]);
}

test('of base images, the server', async (t) => {
  const started = await scene(t);
  const { get, digests, count } = started;
  await t.test('lists none before the first count', async () => {
    assert.deepEqual(await get('/bases'), { countedAt: null, bases: [] });
    const { bases } = await get<Chain>(`/images/${digests.web}/bases`);
    assert.deepEqual(
      bases.map(({ digest, images, onOlder }) => [digest, images, onOlder]),
      [[digests.old, null, null]],
    );
  });
  await count();
  await t.test('lists those with images on them, and on older ones', () => listBases(started));
  await t.test('lists those of an image, and the images on it', () => listBasesOfImage(started));
  await t.test('lists the images on those that have a newer one of the same name', () =>
    listRebuilds(started),
  );
  await t.test('leaves out images that were built again', () => leaveList(started));
});

test('refuses tokens that are limited to repositories', async (t) => {
  const secret = 'a-token-of-a-team';
  const hash = createHash('sha256').update(secret).digest('hex');
  const tokens = [`read:${hash}:team::registry.example/team`];
  const { refusal } = await fleetServer(t, { extensions, tokens });
  const headers = { authorization: `Bearer ${secret}` };
  for (const path of ['/bases', '/rebuilds', `/images/sha256:${'0'.repeat(64)}/bases`])
    assert.equal((await refusal(path, { headers }))[0], 403);
});
