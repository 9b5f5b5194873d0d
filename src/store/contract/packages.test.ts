import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeFunctions } from '../../model/function-set.ts';
import { feedUpdate, image, installed, record, stream, versionKey } from '../../testing/store-content.ts';
import { storeEngines } from '../../testing/store-engines.ts';
import type { ImagePackage } from '../image-store.ts';
import type { RetentionTerms } from '../maintenance.ts';

const dayMs = 24 * 3_600_000;
const terms: RetentionTerms = { keepHistoryMs: dayMs, keepEventsMs: dayMs, keepLayersUnusedMs: dayMs };

/** Copies a package into a layer, with its repositories. */
function located(item: ImagePackage, layer: string | null, repositories?: readonly string[]): ImagePackage {
  return {
    ...item,
    location: { ...item.location, layer: layer as ImagePackage['location']['layer'] },
    ...(repositories !== undefined && { repositories }),
  };
}

/** Yields packages that differ in one field each. */
function* variants(): Generator<ImagePackage> {
  const item = installed('openssl');
  const lookup = item.lookup ?? assert.fail();
  const { key: _, ...withoutKey } = lookup;
  const source = { name: 'openssl', version: '3' };
  yield* [item, { ...item, lookup: null }, { ...item, lookup: withoutKey }];
  yield* [{ version: '4' }, { namespace: { name: 'debian:13', versionScheme: 'dpkg' } }].map((change) => ({
    ...item,
    lookup: { ...lookup, ...change },
  }));
  yield* [
    { type: 'rpm' as const },
    { name: 'o' },
    { version: '4' },
    { arch: 'amd64' },
    { purl: 'pkg:deb/o' },
  ].map((change) => ({ ...item, ...change }));
  yield* [
    { modularity: 'a' },
    { vendor: 'a' },
    { licence: 'a' },
    { owner: 'a' },
    { foundBy: 'a' },
    { source },
  ].map((change) => ({ ...item, ...change }));
  yield* [
    { evidence: 'vendored' as const },
    { evidence: 'dormant' as const },
    { parent: { name: 'npm' } },
    { parent: { name: 'npm', version: '9' } },
    { functions: encodeFunctions(['a']) },
    { functions: encodeFunctions(['b']) },
  ].map((change) => ({ ...item, ...change }));
  yield { ...item, location: { path: 'elsewhere', layer: null } };
  yield { ...item, lookup: { ...lookup, key: versionKey(4) } };
  for (const key of [3, 4])
    yield { ...item, source, lookup: { ...lookup, source: { version: '3', key: versionKey(key) } } };
}

for (const engine of storeEngines) {
  test(`${engine.name}: stores a package once, whatever its layers and repositories`, async (t) => {
    const store = await engine.create(t)();
    const all = [...variants()];
    const images = [
      image(all, 'all'),
      image([...all].reverse(), 'reversed'),
      image(
        all.map((item, i) => located(item, `sha256:${i % 3}`, [`repository ${i % 2}`])),
        'from places',
      ),
      image([all[0] ?? assert.fail(), located(all[0] ?? assert.fail(), 'sha256:one')], 'twice'),
    ];
    for (const index of images) {
      const number = await store.images.save(index);
      assert.deepEqual(await store.images.findByNumber(number), index);
    }
    const { rows } = await store.statistics();
    // One of the variants differs in its path alone.
    assert.equal(rows['package'], all.length - 1);
  });

  test(`${engine.name}: deletes packages together with the last image that has them`, async (t) => {
    const clock = { now: 0 };
    const store = await engine.create(t)({ now: () => clock.now });
    const save = (identity: string, ...names: string[]): Promise<number> =>
      store.images.save(
        image(
          names.map((name) => installed(name)),
          identity,
        ),
      );
    const countPackages = async () => (await store.statistics()).rows['package'];
    await store.advisories.apply(feedUpdate(), stream([record('A')]));
    const numbers = await store.vulnerabilities.findNumbersById('A');
    const affected = async (): Promise<string[]> =>
      (await store.images.pageAffected(numbers, { limit: 9 })).images.map(({ identity }) => identity);
    await save('old', 'openssl', 'bash');
    await save('older', 'openssl', 'curl');
    clock.now = dayMs;
    await save('new', 'bash');
    clock.now = 2 * dayMs;
    assert.deepEqual([await countPackages(), await affected()], [3, ['old', 'older']]);
    await store.collectGarbage(terms);
    assert.deepEqual([await countPackages(), await affected()], [1, []]);
    const again = await save('again', 'openssl');
    assert.deepEqual([await countPackages(), await affected()], [2, ['again']]);
    assert.equal((await store.images.findByNumber(again)).packages.length, 1);
  });

  test(`${engine.name}: returns images with packages of one version in their order, whatever else differs`, async (t) => {
    const store = await engine.create(t)();
    await store.advisories.apply(feedUpdate(), stream([record('A')]));
    const expected: (readonly [key: number, image: number])[] = [];
    // Every third image has them in a version, and every fifth at a path.
    for (let i = 0; i < 60; i++) {
      const key = [2, 1, 4][i % 3] ?? 0;
      const item = installed('openssl', { key: versionKey(key) });
      const paths = [i % 5, (i * 7) % 11].map((path) => ({
        ...item,
        location: { path: `${path}`, layer: null },
      }));
      expected.push([key, await store.images.save(image(paths, `image ${i}`))]);
    }
    const numbers = await store.vulnerabilities.findNumbersById('A');
    for (const limit of [1, 7, 30]) {
      const found: (readonly [number, number])[] = [];
      for (let after: string | undefined; ; ) {
        const page = await store.images.pageAffected(numbers, {
          limit,
          ...(after !== undefined && { after }),
        });
        for (const { image: number, packages } of page.images) {
          assert.equal(packages.length, 2);
          found.push([packages[0]?.lookup?.key?.[0] ?? 0, number]);
        }
        after = page.next;
        if (after === undefined) break;
      }
      assert.deepEqual(
        found,
        expected.toSorted(([a, i], [b, j]) => a - b || i - j),
      );
    }
  });
}
