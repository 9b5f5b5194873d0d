import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LayerIndex } from '../../model/layer-index.ts';
import { feedUpdate, hits, image, installed, record, stream } from '../../testing/store-content.ts';
import { storeEngines } from '../../testing/store-engines.ts';

const index: LayerIndex = {
  verified: true,
  whiteouts: ['etc/passwd'],
  opaques: ['var/cache'],
  nodes: [
    { path: 'etc', kind: 'directory' },
    { path: 'etc/os-release', kind: 'symbolic-link', target: '../usr/lib/os-release' },
  ],
  contents: [
    { path: 'usr/lib/os-release', content: new TextEncoder().encode('ID=debian\n') },
    { path: 'every-byte', content: Uint8Array.from({ length: 256 }, (_, i) => i) },
    { path: 'empty', content: new Uint8Array() },
  ],
  packages: [
    {
      path: 'var/lib/dpkg/status',
      lister: 'dpkg',
      packages: [{ type: 'deb', name: 'öpenssl', version: '1', source: { name: 'openssl', version: '1' } }],
    },
  ],
  owned: [],
  diversions: [],
  repositories: [],
  evidence: {
    found: [{ kind: 'npm', paths: ['app/node_modules/a/package.json'] }],
    links: [{ by: 'hard-link', path: 'opt/b', target: 'opt/a' }],
    whiteouts: ['app'],
    opaques: [],
    cut: ['generic'],
  },
  problems: [{ extension: 'dpkg', path: 'var/lib/dpkg/status', message: 'line 7 is cut off' }],
};

for (const engine of storeEngines) {
  test(`${engine.name}: returns a layer as it was saved`, async (t) => {
    const store = await engine.create(t)();
    assert.equal(await store.layers.find('sha256:one', 'key'), undefined);
    await store.layers.save('sha256:one', 'key', index);
    assert.deepEqual(await store.layers.find('sha256:one', 'key'), index);
    assert.equal(await store.layers.find('sha256:one', 'other key'), undefined);
    assert.equal(await store.layers.find('sha256:two', 'key'), undefined);
    await store.layers.save('sha256:one', 'key', index);
    assert.equal((await store.statistics()).rows['layer'], 1);
  });

  test(`${engine.name}: returns many layers at once and leaves out unknown ones`, async (t) => {
    const store = await engine.create(t)();
    const identities = Array.from({ length: 501 }, (_, i) => `sha256:${i}`);
    for (const [i, identity] of identities.entries())
      if (i % 100 === 0) await store.layers.save(identity, 'key', { ...index, whiteouts: [identity] });
    await store.layers.save('sha256:7', 'other key', index);
    const found = await store.layers.findAll([...identities, 'sha256:0'], 'key');
    assert.deepEqual(
      [...found].map(([identity, { whiteouts }]) => [identity, ...whiteouts]).sort(),
      [0, 100, 200, 300, 400, 500].map((i) => [`sha256:${i}`, `sha256:${i}`]),
    );
    assert.deepEqual(found.get('sha256:500'), { ...index, whiteouts: ['sha256:500'] });
    assert.equal((await store.layers.findAll([], 'key')).size, 0);
  });

  test(`${engine.name}: saves an image once`, async (t) => {
    const store = await engine.create(t)();
    await store.advisories.apply(feedUpdate(), stream([record('A')]));
    const packages = Array.from({ length: 700 }, (_, i) => installed(`package-${i}`));
    const [one, two] = [image([...packages, installed('openssl')], 'large'), image([])];
    const number = await store.images.save(one);
    assert.notEqual(await store.images.save(two), number);
    assert.equal(await store.images.save(one), number);
    assert.deepEqual(await Promise.all([store.images.save(one), store.images.save(two)]), [
      number,
      number + 1,
    ]);
    const { rows } = await store.statistics();
    assert.equal(rows['image'], 2);
    assert.deepEqual([rows['package_set'], rows['set_package']], [1, 701]);
    assert.deepEqual(await hits(store, one), ['openssl A']);
    assert.deepEqual(await store.images.findMatches(await store.images.save(two)), []);
  });

  test(`${engine.name}: keeps a package without a lookup key and matches nothing to it`, async (t) => {
    const store = await engine.create(t)();
    await store.advisories.apply(feedUpdate(), stream([record('A')]));
    const withoutLookup = { ...installed('openssl'), lookup: null };
    const full = {
      ...installed('openssl'),
      arch: 'amd64',
      source: { name: 'openssl', version: '3' },
    };
    assert.deepEqual(await hits(store, image([withoutLookup, full])), ['openssl A']);
    assert.equal((await store.statistics()).rows['set_package'], 2);
  });

  test(`${engine.name}: counts the rows of the store`, async (t) => {
    const store = await engine.create(t)();
    const { bytes, rows } = await store.statistics();
    assert.ok(bytes > 0);
    assert.deepEqual(Object.values(rows), Object.values(rows).fill(0));
    await store.advisories.apply(feedUpdate(), stream([record('A'), record('B')]));
    assert.deepEqual((await store.statistics()).rows, {
      ...rows,
      namespace: 1,
      feed: 1,
      vulnerability: 2,
      affected: 2,
    });
  });
}
