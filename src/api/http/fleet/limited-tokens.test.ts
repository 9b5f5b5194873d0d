import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
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

const own = 'registry.example/own';
const other = 'registry.example/other';
/** The tokens of a team that may read `own`, and of one whose repository has no images. */
const [team, outsider] = ['the-secret-of-a-team', 'the-secret-of-a-outsider'];

interface Images {
  readonly total: object | null;
  readonly images: readonly {
    readonly digest: string;
    readonly number: number;
    readonly names: readonly { readonly name: string }[];
  }[];
  readonly next?: string | number;
}

interface Scene extends FleetServer {
  /** The digests of the four images. */
  readonly digests: readonly string[];
  readonly list: (query: string, secret?: string) => Promise<Images>;
}

/**
 * Starts a server with four images. The second and the fourth have a name in `own`, the fourth also one in `other`. The third had one in
 * `own`. The first and the third have a finding.
 */
async function scene(t: TestContext): Promise<Scene> {
  const entry = (secret: string, repository: string): string =>
    `read:${createHash('sha256').update(secret).digest('hex')}:team::${repository}`;
  const tokens = [entry(team, own), entry(outsider, 'registry.example/none')];
  const server = await fleetServer(t, { extensions, tokens });
  const { store } = server;
  await server.applyDebian([debianRecord('CVE-2026-1', 'openssl', { fixed: '2', severity: 'High' })]);
  const digests: string[] = [];
  for (const [i, text] of ['openssl 1', 'zlib 1', 'openssl 1.1', 'bash 1'].entries())
    digests.push(await server.scan(debianImage(text), `v${i + 1}`));
  const [, second = '', third = '', fourth = ''] = digests;
  await addImageName(store, second, `${own}:two`);
  await addImageName(store, third, `${own}:three`);
  await store.knownImages.endNames([{ repository: own, tag: 'three' }]);
  await addImageName(store, fourth, `${own}:four`);
  await addImageName(store, fourth, `${other}:plans`);
  await countFindings({ store, extensions, signal: new AbortController().signal });
  const list: Scene['list'] = async (query, secret = team) => {
    const response = await server.call(`/images?${query}`, as(secret));
    assert.equal(response.status, 200, query);
    return (await response.json()) as Images;
  };
  return { ...server, digests, list };
}

function as(secret: string, accept = 'application/json'): RequestInit {
  return { headers: { authorization: `Bearer ${secret}`, accept } };
}

function digestsOf({ images }: Images): string[] {
  return images.map(({ digest }) => digest);
}

test('a token that is limited to repositories learns nothing of other images', async (t) => {
  const server = await scene(t);
  await listsOwnImages(server);
  await refusesConditions(server);
  await filtersOwnNames(server);
  await hidesOtherNames(server);
});

/** A list says nothing of images that a token may not read, not even by its end. */
async function listsOwnImages({ digests, list, call }: Scene): Promise<void> {
  const first = await list('limit=1');
  assert.deepEqual(digestsOf(first), [digests[1]]);
  assert.equal(first.next, first.images[0]?.number);
  const second = await list(`limit=1&after=${first.next}`);
  assert.deepEqual([digestsOf(second), second.next], [[digests[3]], undefined]);
  assert.deepEqual(
    second.images[0]?.names.map(({ name }) => name),
    [`${own}:four`],
  );
  assert.deepEqual(await list('limit=2'), { total: null, images: [...first.images, ...second.images] });
  assert.deepEqual(await list('limit=1', outsider), { total: null, images: [] });
  const csv = await (await call('/images', as(team, 'text/csv'))).text();
  assert.deepEqual(
    csv.split('\r\n').map((line) => line.split(',')[0]),
    ['digest', digests[1], digests[3], ''],
  );
}

/** Conditions and orders of a list of images need a repository of the token. */
async function refusesConditions({ refusal, repository }: Scene): Promise<void> {
  const detail =
    'this token is limited to repositories: give one of them as repository, or list images without conditions and order';
  const conditions = [
    'vulnerability=CVE-2026-1',
    'q=app',
    'q=nosuch',
    'severity=High',
    'fixable=true',
    'exploited=false',
    'label=a',
  ];
  const others = [
    'namespace=debian:12',
    'upgrade=openssl',
    'source=debian',
    'assessed=false',
    'untagged=true',
  ];
  const repositories = [`repository=${repository}`, 'repository=registry.example/nosuch'];
  for (const query of [...conditions, ...others, ...repositories, 'sort=risk', 'sort=seen'])
    for (const accept of ['application/json', 'text/csv'])
      assert.deepEqual(await refusal(`/images?limit=1&${query}`, as(team, accept)), [403, detail], query);
}

/** Conditions for a repository of the token hold for its current names alone. */
async function filtersOwnNames({ digests, list, call }: Scene): Promise<void> {
  const [, second, , fourth] = digests;
  const expected: readonly (readonly [string, readonly (string | undefined)[]])[] = [
    ['', [second, fourth]],
    ['sort=seen', [fourth, second]],
    ['severity=High', []],
    ['vulnerability=CVE-2026-1', []],
    ['label=tag=three', []],
    ['q=OWN:f', [fourth]],
    ['q=plans', []],
    ['q=app', []],
    [`q=${second}`, [second]],
  ];
  for (const [query, found] of expected) {
    const page = await list(`repository=${own}&limit=2&${query}`);
    assert.deepEqual([digestsOf(page), page.next, page.total], [found, undefined, null], query);
  }
  const upgrades = await call(`/upgrades?repository=${own}&label=tag=three`, as(team));
  assert.equal(((await upgrades.json()) as { hasImages: boolean }).hasImages, false);
}

/** A name of another repository finds no image, also if the token may read the image. */
async function hidesOtherNames({ call, digests }: Scene): Promise<void> {
  for (const [name, status] of [
    [`${own}:four`, 200],
    [digests[3], 200],
    [`${other}@${digests[3]}`, 200],
    [`${other}:plans`, 404],
    [`${other}:nosuch`, 404],
  ] as const) {
    assert.equal((await call(`/findings?image=${name}`, as(team))).status, status, name);
    assert.equal((await call(`/diff?a=${own}:two&b=${name}`, as(team))).status, status, name);
  }
}
