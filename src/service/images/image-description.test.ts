import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { zipSync } from 'fflate';
import { builtIn } from '../../extensions.ts';
import { openImage } from '../../image/open-image.ts';
import type { Report } from '../../model/report.ts';
import { jsonFormat, writePackages } from '../../report/json-formats.ts';
import { openSqliteStore } from '../../store/sql/sqlite-store.ts';
import type { Store } from '../../store/store.ts';
import { buildImage, dockerArchive } from '../../testing/image-builder.ts';
import { affectedRow, feedUpdate, keys, record, stream } from '../../testing/store-content.ts';
import { temporaryDirectory } from '../../testing/store-engines.ts';
import { type TarEntryPlan, tar } from '../../testing/tar-writer.ts';
import { matchImage } from '../findings/match-image.ts';
import { indexImage } from './index-image.ts';
import type { ImageScope, IndexedImage } from './indexed-image.ts';
import { LayerAnalyzer } from './layer-analyzer.ts';

const manifest = (path: string, fields: object): TarEntryPlan => ({
  path: `${path}/package.json`,
  content: JSON.stringify(fields),
});

/**
 * Packages of a system and of languages, with a problem and files that are not read. One has two locations, and one an unknown group.
 */
const layers: readonly (readonly TarEntryPlan[])[] = [
  [
    { path: 'etc/os-release', content: 'ID=debian\nVERSION_ID="12"\n' },
    {
      path: 'var/lib/dpkg/status',
      content:
        'Package: bash\nStatus: install ok installed\nArchitecture: amd64\nVersion: 5.2-1\n\nbroken\n\n',
    },
    { path: 'opt/tool', content: Buffer.concat([Buffer.from('\x7fELF'), Buffer.alloc(200)]), mode: 0o755 },
  ],
  [
    manifest('app/node_modules/a', { name: 'a', version: '1.0.0', dependencies: { b: '1' }, license: 'MIT' }),
    manifest('app/node_modules/b', { name: 'b', version: '1.0.0' }),
    manifest('app/node_modules/a/node_modules/b', { name: 'b', version: '1.0.0' }),
    { path: 'app/node_modules/c/package.json', content: '{' },
    { path: 'app/acme-util-1.0.jar', content: zipSync({ 'A.class': Buffer.from('code') }) },
  ],
];

interface Scene {
  readonly path: string;
  readonly store: Store;
  readonly build?: string;
}

async function index({ path, store, build = 'one' }: Scene, scope: ImageScope = {}): Promise<IndexedImage> {
  const startWorker = (): Promise<never> => Promise.reject(new Error('no thread is needed'));
  return await indexImage(await openImage(path), {
    ...scope,
    extensions: builtIn,
    store,
    analyzer: new LayerAnalyzer({ analyzers: builtIn, startWorker }),
    descriptions: { build, writePackages, charactersMax: 10_000 },
    verify: false,
    onProgress: () => undefined,
  });
}

async function report(image: IndexedImage, { path, store }: Scene): Promise<Report> {
  const target = { reference: path, kind: 'docker-archive', manifest: null, platform: null } as const;
  const now = (): Date => new Date('2026-01-01T00:00:00Z');
  const deps = { extensions: builtIn, store, outcomes: [], now, asOf: undefined, staleAfterMs: 1 };
  return (await matchImage(target, image, deps)).report;
}

const textOf = (written: Report): string => [...jsonFormat.write(written, { colors: false })].join('');

async function scene(t: TestContext): Promise<Scene> {
  const path = join(temporaryDirectory(t), 'image.tar');
  const image = buildImage({ steps: layers.map((entries) => ({ tar: tar(entries) })), tags: ['a:b'] });
  writeFileSync(path, dockerArchive(image));
  const store = await openSqliteStore(':memory:');
  t.after(() => store[Symbol.asyncDispose]());
  return { path, store };
}

test('describes an image when it is indexed for the second time, and then gives the same image and report', async (t) => {
  const place = await scene(t);
  const namespace = { name: 'maven', versionScheme: 'maven' };
  const affected = affectedRow('org.acme:acme-util', { namespace, keys: keys([], [0xff]) });
  const update = feedUpdate({ source: 'osv', feed: 'Maven' });
  await place.store.advisories.apply(update, stream([record('CVE-1', { affected: [affected] })]));
  const first = await index(place);
  assert.equal(first.isDescribed, undefined);
  assert.equal((await index(place)).isDescribed, true);
  const described = await index(place);
  const { covering = [], ungrouped = [], reported = [], isDescribed, packages, ...rest } = described;
  assert.equal(isDescribed, true);
  const { isDescribed: _, packages: read, ...firstRest } = first;
  assert.deepEqual(rest, firstRest);
  // In the same order of keys, too.
  assert.equal(JSON.stringify([...packages]), JSON.stringify(read));
  assert.deepEqual(
    covering.map(({ name }) => name),
    ['acme-util'],
  );
  assert.deepEqual(
    ungrouped.map((position) => packages[position]?.name),
    ['acme-util'],
  );
  assert.equal(reported.length, read.length);
  const [expected, found] = [await report(first, place), await report(described, place)];
  assert.equal(textOf(found), textOf(expected));
  assert.equal(JSON.stringify(found), JSON.stringify(expected));
  assert.equal(found.packages[0]?.name, 'bash');
  assert.deepEqual(
    found.matches.map(({ package: { name } }) => name),
    ['acme-util'],
  );
});

test('does not use the description of another program or of another scope', async (t) => {
  const place = await scene(t);
  await index(place);
  await index(place);
  assert.notEqual((await index(place)).reported, undefined);
  for (const [other, scope] of [
    [{ ...place, build: 'two' }, {}],
    [place, { exclude: ['app'] }],
    [place, { distro: { id: 'alpine', versionId: '3.20', like: [] } }],
  ] as const)
    assert.equal((await index(other, scope)).reported, undefined);
  const excluded = await index(place, { exclude: ['app'] });
  assert.deepEqual(
    excluded.packages.map(({ name }) => name),
    ['bash'],
  );
  assert.notDeepEqual(excluded.excluded, []);
});

test('describes no image whose packages are too long', async (t) => {
  const place = await scene(t);
  const many = Array.from({ length: 100 }, (_, i) =>
    manifest(`app/node_modules/p${i}`, { name: `p${i}`, version: '1.0.0' }),
  );
  writeFileSync(place.path, dockerArchive(buildImage({ steps: [{ tar: tar(many) }] })));
  for (let scans = 0; scans < 3; scans++) {
    const { isDescribed, packages } = await index(place);
    assert.deepEqual([isDescribed ?? false, packages.length], [false, 100]);
  }
});
