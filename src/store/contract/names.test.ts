import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClairError } from '../../core/errors.ts';
import { composeEngineVersion } from '../../model/layer-index.ts';
import { ancestry, feedUpdate, image, installed, record, stream } from '../../testing/store-content.ts';
import { storeEngines } from '../../testing/store-engines.ts';
import type { NamedLayer, NamedLayerInput } from '../named-layer-store.ts';

for (const engine of storeEngines) {
  test(`${engine.name}: does not replace a name when a newer engine has read it meanwhile`, async (t) => {
    const { images, namedLayers, ancestries } = await engine.create(t)();
    const older = await images.save(image([], 'older'));
    const newer = await images.save(image([installed('openssl')], 'newer'));
    const [first, second] = [composeEngineVersion(1, 9), composeEngineVersion(2, 5)];
    const name = { name: 'base', parent: null, format: 'Docker' };
    await namedLayers.save({ ...name, image: newer, engineVersion: second });
    await namedLayers.save({ ...name, image: older, engineVersion: first });
    assert.equal((await namedLayers.find('base'))?.image, newer);
    await namedLayers.save({ ...name, image: older, engineVersion: second + 1 });
    assert.equal((await namedLayers.find('base'))?.image, older, 'another hash of the same revision');
    const shop = { name: 'shop', hashes: ['a'] };
    await ancestries.save({ ...shop, image: newer, engineVersion: second });
    await ancestries.save({ ...shop, image: older, engineVersion: first });
    assert.equal((await ancestries.find('shop'))?.image, newer);
    await ancestries.save({ ...shop, hashes: ['b'], image: older, engineVersion: first });
    assert.equal((await ancestries.find('shop'))?.image, older, 'other layers');
  });

  test(`${engine.name}: saves children while their parent is deleted, or rejects them with parent-unknown`, async (t) => {
    const open = engine.create(t);
    const stores = engine.isShared ? [await open(), await open()] : [await open()];
    const [store = assert.fail()] = stores;
    const number = await store.images.save(image([installed('curl')], 'one'));
    const layer = (name: string, parent: string | null): NamedLayerInput => {
      return { name, parent, image: number, format: 'Docker', engineVersion: 3 };
    };
    for (let round = 0; round < 5; round++) {
      await store.namedLayers.save(layer('parent', null));
      const saving = Array.from({ length: 12 }, async (_, i) => {
        const by = stores[i % stores.length] ?? store;
        await by.namedLayers.save(layer(`child ${i}`, 'parent'));
        if (i === 3) await by.namedLayers.remove('parent');
      });
      for (const outcome of await Promise.allSettled(saving))
        if (outcome.status === 'rejected')
          assert.equal((outcome.reason as ClairError).code, 'parent-unknown');
      assert.deepEqual(await store.namedLayers.findChain('parent'), []);
      assert.deepEqual(await store.namedLayers.findChain('child 0'), []);
    }
  });

  test(`${engine.name}: finds nothing under a name with a NUL character`, async (t) => {
    const store = await engine.create(t)();
    await store.advisories.apply(feedUpdate(), stream([record('A')]));
    const number = await store.images.save(image([installed('openssl')], 'one'));
    await store.namedLayers.save({
      name: 'base',
      parent: null,
      image: number,
      format: 'Docker',
      engineVersion: 3,
    });
    const name = 'base\u0000';
    assert.equal(await store.namedLayers.find(name), undefined);
    assert.deepEqual(await store.namedLayers.findChain(name), []);
    assert.equal(await store.namedLayers.remove(name), false);
    assert.equal(await store.ancestries.find(name), undefined);
    assert.equal(await store.ancestries.findLayerIdentity(name), undefined);
    assert.equal(await store.layers.find(name, 'key'), undefined);
    assert.equal(await store.notifications.find(name), undefined);
    assert.equal(await store.notifications.markDeleted(name), false);
    assert.equal(await store.batches.markDeleted(name), false);
    assert.equal(await store.keyValues.get(name), undefined);
    assert.deepEqual(await store.vulnerabilities.findNumbersById('A\u0000'), []);
    assert.deepEqual(await store.vulnerabilities.findByIds('debian:12\u0000', ['A']), []);
    assert.deepEqual(await store.vulnerabilities.findByIds('debian:12', ['A\u0000']), []);
    assert.deepEqual(await store.vulnerabilities.pageByNamespace('debian:12\u0000', { limit: 9 }), []);
    assert.equal(await store.advisories.covers('debian:12\u0000'), false);
    assert.equal((await store.enrichments.findByIds(['A\u0000'])).size, 0);
    assert.equal((await store.namedLayers.find('base'))?.image, number);
  });

  test(`${engine.name}: saves layers by name, each upon its parent`, async (t) => {
    const { namedLayers, images } = await engine.create(t)();
    const [base, top] = [await images.save(image([], 'base')), await images.save(image([], 'top'))];
    const layer = (name: string, parent: string | null, number: number): NamedLayerInput => {
      return { name, parent, image: number, format: 'Docker', engineVersion: 3 };
    };
    const saved = [layer('base', null, base), layer('mid', 'base', top), layer('top', 'mid', top)];
    for (const item of [...saved, layer('twin', 'base', top), layer('single', null, base)])
      await namedLayers.save(item);
    const layers = saved.map((item, i): NamedLayer => ({ ...item, number: i + 1 }));
    assert.deepEqual(await namedLayers.findChain('top'), layers);
    assert.deepEqual(await namedLayers.findChain('base'), [layers[0]]);
    assert.deepEqual(await namedLayers.findChain('unknown'), []);
    assert.deepEqual(await namedLayers.find('top'), layers[2] ?? assert.fail());
    assert.equal(await namedLayers.find('unknown'), undefined);

    const again = { ...layer('mid', 'single', base), engineVersion: 4 };
    await namedLayers.save(again);
    assert.deepEqual((await namedLayers.findChain('top'))[1], { ...again, parent: 'base', number: 2 });
    const orphan = namedLayers.save(layer('orphan', 'unknown', base));
    await assert.rejects(orphan, { code: 'parent-unknown' });
    await assert.rejects(namedLayers.save(layer('loop', 'loop', base)));

    assert.equal(await namedLayers.remove('mid'), true);
    assert.equal(await namedLayers.remove('mid'), false);
    const left = async (name: string) => (await namedLayers.findChain(name)).length;
    assert.deepEqual(await Promise.all(['base', 'mid', 'top', 'twin', 'single'].map(left)), [1, 0, 0, 2, 1]);
  });

  test(`${engine.name}: reads and removes a long chain of layers`, async (t) => {
    const { namedLayers, images } = await engine.create(t)();
    const number = await images.save(image([]));
    const names = Array.from({ length: 1500 }, (_, i) => `layer ${i}`);
    for (const [i, name] of names.entries())
      await namedLayers.save({
        name,
        parent: names[i - 1] ?? null,
        image: number,
        format: 'ACI',
        engineVersion: 3,
      });
    const chain = await namedLayers.findChain('layer 1499');
    assert.deepEqual(
      chain.map(({ name }) => name),
      names,
    );
    assert.equal(await namedLayers.remove('layer 0'), true);
    assert.deepEqual(await namedLayers.findChain('layer 1499'), []);
  });

  test(`${engine.name}: saves ancestries by name`, async (t) => {
    const { ancestries, images } = await engine.create(t)();
    const [one, two] = [await images.save(image([], 'one')), await images.save(image([], 'two'))];
    assert.equal(await ancestries.find('shop'), undefined);
    const long = ancestry('x'.repeat(300), one, { hashes: ['h'.repeat(300), 'h1', 'h1'] });
    const empty = ancestry('empty', two, { hashes: [] });
    for (const item of [ancestry('shop', one), long, empty]) await ancestries.save(item);
    assert.deepEqual(await ancestries.find('shop'), { ...ancestry('shop', one), number: 1 });
    assert.deepEqual(await ancestries.find(long.name), { ...long, number: 2 });
    assert.deepEqual(await ancestries.find('empty'), { ...empty, number: 3 });
    const again = ancestry('shop', two, { hashes: ['h2'], engineVersion: 4 });
    await ancestries.save(again);
    assert.deepEqual(await ancestries.find('shop'), { ...again, number: 1 });
    await assert.rejects(ancestries.save(ancestry('nothing', 999)));
  });

  test(`${engine.name}: removes an ancestry, and gives its name to another one`, async (t) => {
    const { ancestries, images } = await engine.create(t)();
    const [one, two] = [await images.save(image([], 'one')), await images.save(image([], 'two'))];
    for (const name of ['shop', 'other']) await ancestries.save(ancestry(name, one));
    assert.equal(await ancestries.remove('nothing'), false);
    assert.equal(await ancestries.remove('shop'), true);
    assert.equal(await ancestries.find('shop'), undefined);
    assert.equal(await ancestries.remove('shop'), false);
    assert.deepEqual((await ancestries.find('other'))?.hashes, ancestry('other', one).hashes);
    await ancestries.save(ancestry('shop', two, { hashes: ['h2'] }));
    const { hashes, image: number } = (await ancestries.find('shop')) ?? assert.fail();
    assert.deepEqual([hashes, number], [['h2'], two]);
  });

  test(`${engine.name}: keeps one of several ancestries saved simultaneously under one name`, async (t) => {
    const { ancestries, images } = await engine.create(t)();
    const one = await images.save(image([installed('openssl')], 'one'));
    await Promise.all(
      ['h0', 'h1', 'h2'].map((hash) => ancestries.save(ancestry('shop', one, { hashes: [hash] }))),
    );
    assert.equal((await ancestries.find('shop'))?.hashes.length, 1);
  });

  test(`${engine.name}: finds the content of a layer by the hash of its client`, async (t) => {
    const { ancestries } = await engine.create(t)();
    assert.equal(await ancestries.findLayerIdentity('h0'), undefined);
    await ancestries.saveLayerHash('h0', 'sha256:one');
    await ancestries.saveLayerHash('h1', 'sha256:one');
    await ancestries.saveLayerHash('h0', 'sha256:two');
    assert.equal(await ancestries.findLayerIdentity('h0'), 'sha256:two');
    assert.equal(await ancestries.findLayerIdentity('h1'), 'sha256:one');
  });

  test(`${engine.name}: saves values by key`, async (t) => {
    const { keyValues } = await engine.create(t)();
    assert.equal(await keyValues.get('updater/last'), undefined);
    await keyValues.set('updater/last', '1');
    await keyValues.set('updater/last', '2');
    await keyValues.set('other', '');
    assert.equal(await keyValues.get('updater/last'), '2');
    assert.equal(await keyValues.get('other'), '');
  });

  test(`${engine.name}: returns an image as it was saved`, async (t) => {
    const { images } = await engine.create(t)();
    const full = {
      ...installed('öpenssl'),
      arch: 'amd64',
      source: { name: 'openssl', version: '3' },
      modularity: 'nodejs:18:1:rhel9',
      vendor: 'Red Hat, Inc.',
      licence: 'MIT',
      owner: 'python3',
    };
    const { key: _, ...lookup } = full.lookup ?? assert.fail();
    const packages = [
      full,
      { ...installed('bash'), repositories: ['one', 'two'] },
      { ...installed('curl'), repositories: ['three'] },
      { ...installed('dash'), repositories: ['one', 'two'], lookup: null },
      { ...installed('ed'), repositories: [], lookup },
    ];
    const whole = { ...image(packages), detector: 'os-release' };
    assert.deepEqual(await images.findByNumber(await images.save(whole)), whole);
    const unread = [{ extension: 'npm', path: 'app/package.json', message: 'is not JSON' }];
    const partly = { ...whole, identity: 'partly', unread };
    assert.deepEqual(await images.findByNumber(await images.save(partly)), partly);
    const bare = { ...image([]), distro: null, layers: [] };
    assert.deepEqual(await images.findByNumber(await images.save(bare)), bare);
    await assert.rejects(images.findByNumber(999), /there is no image 999/);
  });
}
