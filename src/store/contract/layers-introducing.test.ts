import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  affectedRow,
  ancestry,
  feedUpdate,
  image,
  installed,
  record,
  stream,
  versionKey,
} from '../../testing/store-content.ts';
import { runsOn, storeEngines } from '../../testing/store-engines.ts';
import type { KeyedVulnerabilityRecord } from '../advisory-store.ts';
import type { ImagePackage } from '../image-store.ts';
import type { Store } from '../store.ts';

/** A package at a version key; records name its versions up to key 5. */
function at(name: string, key: number): ImagePackage {
  return installed(name, { version: `${key}`, key: versionKey(key) });
}

for (const engine of storeEngines) {
  test(`${engine.name}: finds the layers that introduce something vulnerable, in the order of their names`, async (t) => {
    const store = await engine.create(t)();
    await load(store, [record('A')]);
    await saveLayers(store, ['L0', 'L1', 'L2'], [at('openssl', 3)]);
    await saveLayers(store, ['app'], [at('openssl', 3), at('curl', 1)], 'L1');
    await saveLayers(store, ['up'], [at('openssl', 4)], 'L0');
    await saveLayers(store, ['fixed'], [at('openssl', 5)], 'L0');
    await saveLayers(store, ['down'], [at('openssl', 3)], 'fixed');
    assert.deepEqual(await pagesIntroducing(store, 'A'), ['L0', 'L1', 'L2', 'up', 'down']);
    assert.deepEqual(await pagesIntroducing(store, 'A', 2), ['L0', 'L1', '|', 'L2', 'up', '|', 'down']);
    assert.deepEqual(await store.namedLayers.pageIntroducing([], { limit: 9 }), { layers: [] });
    assert.deepEqual(await store.namedLayers.findHitVersions([]), []);
  });

  test(`${engine.name}: finds the ancestries that have something vulnerable, in the order of their names`, async (t) => {
    const store = await engine.create(t)();
    await load(store, [record('A')]);
    const save = async (name: string, ...packages: ImagePackage[]): Promise<void> => {
      await store.ancestries.save(ancestry(name, await store.images.save(image(packages))));
    };
    for (const name of ['one', 'two', 'three']) await save(name, at('openssl', 3), at('curl', 1));
    await save('fixed', at('openssl', 5));
    await save('older', at('openssl', 4));
    await save('two', at('openssl', 6));
    await saveLayers(store, ['layer'], [at('openssl', 3)]);
    const versions = await store.namedLayers.findHitVersions(
      await store.vulnerabilities.findNumbersById('A'),
    );
    const numbers = versions.map(({ number }) => number);
    const shown = [
      { number: 1, name: 'one' },
      { number: 3, name: 'three' },
      { number: 5, name: 'older' },
    ];
    assert.deepEqual(await store.ancestries.pageByVersions(numbers, { limit: 9 }), { ancestries: shown });
    assert.deepEqual(await store.ancestries.pageByVersions(numbers, { limit: 2 }), {
      ancestries: shown.slice(0, 2),
      next: 3,
    });
    assert.deepEqual(await store.ancestries.pageByVersions(numbers, { limit: 2, after: 3 }), {
      ancestries: shown.slice(2),
    });
    assert.deepEqual(await store.ancestries.pageByVersions([], { limit: 9 }), { ancestries: [] });
  });

  test(`${engine.name}: returns one version for all packages built from it, except for rpm`, async (t) => {
    const store = await engine.create(t)();
    await load(store, [record('A')]);
    const binary = (name: string, changes: Partial<ImagePackage>) => {
      return { ...at('openssl', 3), name, ...changes };
    };
    const versions = async () => {
      const found = await store.namedLayers.findHitVersions(await store.vulnerabilities.findNumbersById('A'));
      return found.map(({ number: _, hits, ...version }) => ({ ...version, hits: hits.length }));
    };
    await saveLayers(store, ['deb'], [binary('libssl3', {}), binary('openssl', { arch: 'amd64' })]);
    assert.deepEqual(await versions(), [{ type: 'deb', version: '3', hits: 1 }]);
    const modularity = 'nodejs:18:1:rhel9';
    await saveLayers(
      store,
      ['rpm'],
      [
        binary('openssl', { type: 'rpm', arch: 'x86_64' }),
        binary('openssl', { type: 'rpm', arch: 'x86_64', modularity, version: '3.module+1' }),
      ],
    );
    const rpm = { type: 'rpm', version: '3', arch: 'x86_64', hits: 1 } as const;
    assert.deepEqual(
      (await versions()).slice(1).toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
      [
        { ...rpm, build: '3' },
        { ...rpm, build: '3.module+1', modularity },
      ].toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
    );
  });

  test(`${engine.name}: returns undecided versions when keys cannot decide`, async (t) => {
    const store = await engine.create(t)();
    const { keys: _, ...open } = affectedRow('openssl');
    await load(store, [record('A'), record('B', { affected: [open] })]);
    const { key: __, ...withoutKey } = installed('openssl').lookup ?? assert.fail();
    await saveLayers(store, ['keyed'], [at('openssl', 9)]);
    await saveLayers(store, ['unkeyed'], [{ ...installed('openssl'), lookup: withoutKey }]);
    const decided = async (id: string) => {
      const versions = await store.namedLayers.findHitVersions(
        await store.vulnerabilities.findNumbersById(id),
      );
      return versions.map(({ version, hits }) => [version, ...hits.map((hit) => hit.decided)]);
    };
    assert.deepEqual(await decided('A'), [['3', false]]);
    assert.deepEqual(await decided('B'), [
      ['9', false],
      ['3', false],
    ]);
  });

  test(`${engine.name}: applies rows of source packages to the packages built from them`, async (t) => {
    const store = await engine.create(t)();
    const source = affectedRow('src', { only: { arch: ['src'] } });
    await load(store, [record('A', { affected: [source] })]);
    const built = {
      ...installed('lib', { source: { version: '3', key: versionKey(3) } }),
      source: { name: 'src', version: '3' },
    };
    await saveLayers(store, ['built', 'again'], [built]);
    await saveLayers(store, ['named'], [installed('src')]);
    assert.deepEqual(await pagesIntroducing(store, 'A'), ['built', 'again']);
  });

  test(`${engine.name}: updates introduced versions when a layer or its parent is replaced`, async (t) => {
    const store = await engine.create(t)();
    await load(store, [record('A'), record('C', { affected: [affectedRow('curl')] })]);
    await saveLayers(store, ['base'], [at('openssl', 3)]);
    await saveLayers(store, ['child'], [at('openssl', 3), at('curl', 3)], 'base');
    await saveLayers(store, ['grandchild'], [at('openssl', 3), at('curl', 3)], 'child');
    assert.deepEqual(
      [await pagesIntroducing(store, 'A'), await pagesIntroducing(store, 'C')],
      [['base'], ['child']],
    );
    await saveLayers(store, ['base'], [at('curl', 3)]);
    assert.deepEqual(
      [await pagesIntroducing(store, 'A'), await pagesIntroducing(store, 'C')],
      [['child'], ['base']],
    );
    await saveLayers(store, ['base'], [at('openssl', 3), at('bash', 3)]);
    assert.deepEqual(
      [await pagesIntroducing(store, 'A'), await pagesIntroducing(store, 'C')],
      [['base'], ['child']],
    );
    assert.equal(await store.namedLayers.remove('base'), true);
    assert.deepEqual([await pagesIntroducing(store, 'A'), await pagesIntroducing(store, 'C')], [[], []]);
  });

  test(`${engine.name}: neither skips nor repeats a layer while layers are added and removed`, async (t) => {
    const store = await engine.create(t)();
    await load(store, [record('A')]);
    await saveLayers(store, ['a', 'b', 'c', 'd', 'e'], [at('openssl', 3)]);
    const versions = await versionsOf(store, 'A');
    const page = (after: number) => store.namedLayers.pageIntroducing(versions, { limit: 2, after });
    const first = await page(0);
    for (const name of ['a', 'b', 'd']) await store.namedLayers.remove(name);
    await saveLayers(store, ['a', 'f'], [at('openssl', 3)]);
    const second = await page(first.next ?? assert.fail());
    assert.deepEqual(
      second.layers.map(({ name }) => name),
      ['c', 'e'],
    );
    const third = await page(second.next ?? assert.fail());
    assert.deepEqual(third, {
      layers: [
        { number: 6, name: 'a' },
        { number: 7, name: 'f' },
      ],
    });
  });

  test(`${engine.name}: numbers layers and finds their introduced versions when they are saved simultaneously`, async (t) => {
    const open = engine.create(t);
    const stores = engine.isShared ? [await open(), await open()] : [await open()];
    const [store] = stores as [Store];
    await load(store, [record('A')]);
    const names = Array.from({ length: 12 }, (_, i) => `layer ${i % 8}`);
    await Promise.all(
      names.map((name, i) =>
        saveLayers(stores[i % stores.length] ?? store, [name], [at('openssl', i % 3), at('bash', i)]),
      ),
    );
    const introducing = await pagesIntroducing(store, 'A', 3);
    assert.deepEqual(introducing.filter((name) => name !== '|').toSorted(), [...new Set(names)].toSorted());
  });

  test(`${engine.name}: returns over all pages the layers whose parent was not affected`, async (t) => {
    const store = await engine.create(t)();
    await load(store, [record('A', { affected: [affectedRow('openssl'), affectedRow('curl')] })]);
    let round = 0;
    const packages = fc.uniqueArray(
      fc.record({ name: fc.constantFrom('openssl', 'curl'), key: fc.integer({ min: 3, max: 7 }) }),
      { maxLength: 3, selector: ({ name, key }) => `${name} ${key}` },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ packages, parent: fc.nat(9) }), { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 3 }),
        async (layers, limit) => {
          round++;
          const names: string[] = [];
          const expected: string[] = [];
          for (const [i, { packages: list, parent }] of layers.entries()) {
            const below = parent < i ? parent : undefined;
            const name = `${round} ${i}`;
            await saveLayers(
              store,
              [name],
              list.map((item) => at(item.name, item.key)),
              below === undefined ? null : names[below],
            );
            names.push(name);
            const known = below === undefined ? [] : (layers[below]?.packages ?? []);
            const isIntroduced = list.some(
              (item) =>
                item.key < 5 &&
                !known.some(({ name: other, key }) => other === item.name && key === item.key),
            );
            if (isIntroduced) expected.push(name);
          }
          const introducing = await pagesIntroducing(store, 'A', limit);
          assert.deepEqual(
            introducing.filter((name) => name.startsWith(`${round} `)),
            expected,
          );
        },
      ),
      { numRuns: runsOn(engine, 50) },
    );
  });
}

async function load(store: Store, records: readonly KeyedVulnerabilityRecord[]): Promise<void> {
  await store.advisories.apply(feedUpdate(), stream(records));
}

async function saveLayers(
  store: Store,
  names: readonly string[],
  packages: readonly ImagePackage[],
  parent: string | null = null,
): Promise<void> {
  const number = await store.images.save(image(packages));
  for (const name of names)
    await store.namedLayers.save({ name, parent, image: number, format: 'Docker', engineVersion: 3 });
}

async function versionsOf(store: Store, id: string): Promise<number[]> {
  const versions = await store.namedLayers.findHitVersions(await store.vulnerabilities.findNumbersById(id));
  return versions.map(({ number }) => number);
}

/** Returns the names of all layers, with a bar between pages. */
async function pagesIntroducing(store: Store, id: string, limit = 100): Promise<string[]> {
  const versions = await versionsOf(store, id);
  const names: string[] = [];
  for (let after: number | undefined = 0; after !== undefined; ) {
    const { layers, next } = await store.namedLayers.pageIntroducing(versions, { limit, after });
    if (after > 0) names.push('|');
    names.push(...layers.map(({ name }) => name));
    after = next;
  }
  return names;
}
