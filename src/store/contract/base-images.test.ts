import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import type { Digest } from '../../model/digest.ts';
import { image, installed } from '../../testing/store-content.ts';
import { type StoreEngine, storeEngines } from '../../testing/store-engines.ts';
import type { KnownImage } from '../known-image-store.ts';
import type { Store } from '../store.ts';

const signal = new AbortController().signal;

/** Returns the digest of a layer. Its first half is the same for all, but for the last digits of the first eight bytes. */
const diffId = (layer: string): Digest => `sha256:${layer.padStart(16, 'f').padEnd(64, '0')}` as Digest;

/** A store into which a test scans images by their layers. */
interface Scene {
  readonly store: Store;
  readonly clock: { at: number };
  /** Scans an image that a name means now, if one is given. Returns its number. */
  readonly scan: (layers: readonly string[], tag?: string) => Promise<number>;
  readonly update: () => Promise<void>;
}

async function scene(t: TestContext, engine: StoreEngine): Promise<Scene> {
  const clock = { at: Date.parse('2026-03-01T00:00:00Z') };
  const store = await engine.create(t)({ now: () => clock.at });
  const scan = async (layers: readonly string[], tag?: string): Promise<number> => {
    clock.at += 1000;
    const digest = diffId(`9${layers.join('')}`);
    const number = await store.knownImages.record({
      image: await store.images.save(image([installed('openssl')], layers.join(' '))),
      isScoped: false,
      isVerified: true,
      diffIds: layers.map(diffId),
      platform: 'linux/amd64',
      reference: 'registry.example/app:1',
      origin: 'registry',
      digest,
      hasManifest: true,
      digests: [digest],
      root: digest,
      labels: {},
      names: tag === undefined ? [] : [{ repository: 'registry.example/app', tag }],
    });
    return number ?? assert.fail('not recorded');
  };
  return { store, clock, scan, update: () => store.baseImages.update({ signal }) };
}

const layersOf = ({ diffIds }: Pick<KnownImage, 'diffIds'>): string =>
  diffIds.map((id) => id.slice(7, 23).replace(/^f+/, '')).join(' ');

async function basesOf({ baseImages }: Store): Promise<string[]> {
  const { bases } = await baseImages.pageBases({}, { limit: 99 });
  return bases.map(({ image: base, images, direct }) => `${layersOf(base)}: ${images}, ${direct} direct`);
}

for (const engine of storeEngines) {
  test(`${engine.name}: counts the images on each base, and those without one in between`, async (t) => {
    const { store, scan, update } = await scene(t, engine);
    assert.equal(await store.baseImages.findCountedAt(), undefined);
    await scan(['1', '2', '3'], 'app');
    await scan(['1', '4'], 'other');
    await update();
    assert.equal(await store.baseImages.findCountedAt(), '2026-03-01T00:00:02.000Z');
    assert.deepEqual(await basesOf(store), []);
    const base = await scan(['1'], 'base');
    await scan(['1', '2'], 'middle');
    // 1a begins as 1 does, but is another layer.
    await scan(['1a', '2'], 'alike');
    await update();
    assert.deepEqual(await basesOf(store), ['1: 3, 2 direct', '1 2: 1, 1 direct']);
    assert.deepEqual((await store.baseImages.countImagesOn([base, 99])).get(base), { images: 3, direct: 2 });
    assert.equal((await store.baseImages.countImagesOn([99])).size, 0);
  });

  test(`${engine.name}: follows images that lose their names, and images that are deleted`, async (t) => {
    const { store, scan, update } = await scene(t, engine);
    await scan(['1'], 'base');
    const app = await scan(['1', '2'], 'app');
    await scan(['1', '3'], 'other');
    await update();
    await scan(['4'], 'other');
    await update();
    assert.deepEqual(await basesOf(store), ['1: 1, 1 direct']);
    await store.knownImages.forget([app]);
    // An engine may use the number of the deleted image again.
    await scan(['4', '5'], 'app');
    await update();
    assert.deepEqual(await basesOf(store), ['4: 1, 1 direct']);
  });

  test(`${engine.name}: lists base images and the images on them page by page`, async (t) => {
    const { store, scan, update } = await scene(t, engine);
    for (const layers of ['1', '1 2', '1 2 3', '1 2 4', '1 5', '6', '6 7']) await scan(layers.split(' '));
    await update();
    const seen: string[] = [];
    for (let after: readonly [number, number] | undefined; ; ) {
      const page = await store.baseImages.pageBases({}, { limit: 1, ...(after && { after }) });
      seen.push(...page.bases.map(({ image: base, images }) => `${layersOf(base)}: ${images}`));
      after = page.next;
      if (after === undefined) break;
    }
    assert.deepEqual(seen, ['1: 4', '1 2: 2', '6: 1']);
    const onBase: string[] = [];
    for (let after: readonly [string, number] | undefined; ; ) {
      const base = { diffIds: [diffId('1')] };
      const page = await store.baseImages.pageImagesOn(base, { limit: 1, ...(after && { after }) });
      onBase.push(...page.images.map(layersOf));
      after = page.next;
      if (after === undefined) break;
    }
    assert.deepEqual(onBase, ['1 2', '1 2 3', '1 2 4', '1 5']);
    const none = await store.baseImages.pageImagesOn({ diffIds: [] }, { limit: 9 });
    assert.deepEqual(none, { images: [] });
  });

  test(`${engine.name}: knows which base images have lost a name to another one`, async (t) => {
    const { store, scan, update } = await scene(t, engine);
    const old = await scan(['1'], 'base');
    await scan(['1', '2'], 'app');
    await scan(['1', '3'], 'other');
    await scan(['4'], 'stays');
    await scan(['4', '5'], 'third');
    const newer = await scan(['1', '6'], 'base');
    await scan(['1', '6', '7'], 'fourth');
    await update();
    const { bases } = await store.baseImages.pageBases({ isOutdated: true }, { limit: 9 });
    assert.deepEqual(
      bases.map(({ image: { number }, images }) => [number, images]),
      [[old, 4]],
    );
    assert.deepEqual(await store.baseImages.findReplacements([old, newer]), [
      {
        number: old,
        replacedBy: newer,
        repository: 'registry.example/app',
        tag: 'base',
        since: '2026-03-01T00:00:06.000Z',
      },
    ]);
    // The newer image and the one on it have the layer of the older one, too.
    const older = await store.baseImages.countImagesOnOlder([newer, old]);
    assert.deepEqual(
      [...older],
      [
        [newer, 2],
        [old, 0],
      ],
    );
  });
}

test('an image with more layers than a path has is the base of none', async (t) => {
  const [engine] = storeEngines.filter(({ name }) => name === 'sqlite in memory');
  const { store, scan, update } = await scene(t, engine ?? assert.fail());
  const layers = Array.from({ length: 300 }, (_, i) => (i + 16).toString(16));
  await scan(layers.slice(0, 257));
  await scan(layers);
  await scan(layers.slice(0, 255));
  await update();
  const { bases } = await store.baseImages.pageBases({}, { limit: 9 });
  assert.deepEqual(
    bases.map(({ image: { diffIds }, images, direct }) => [diffIds.length, images, direct]),
    [[255, 2, 2]],
  );
});

test('agrees with a comparison of all pairs of images', async (t) => {
  const [engine] = storeEngines.filter(({ name }) => name === 'sqlite in memory');
  const layers = fc.array(fc.constantFrom('1', '2', 'ffffffffffffffff'), { minLength: 1, maxLength: 4 });
  const fleet = fc.uniqueArray(layers, { minLength: 1, maxLength: 30, selector: String });
  await fc.assert(
    fc.asyncProperty(fleet, async (stacks) => {
      const { store, scan, update } = await scene(t, engine ?? assert.fail());
      const half = Math.floor(stacks.length / 2);
      for (const stack of stacks.slice(0, half)) await scan(stack);
      await update();
      for (const stack of stacks.slice(half)) await scan(stack);
      await update();
      const isOn = (upper: readonly string[], base: readonly string[]): boolean =>
        base.length < upper.length && base.every((layer, i) => upper[i] === layer);
      const expected = stacks.flatMap((base) => {
        const on = stacks.filter((upper) => isOn(upper, base));
        const direct = on.filter((upper) => !on.some((middle) => isOn(upper, middle)));
        return on.length === 0
          ? []
          : [`${layersOf({ diffIds: base.map(diffId) })}: ${on.length}, ${direct.length} direct`];
      });
      assert.deepEqual((await basesOf(store)).sort(), expected.sort());
    }),
    { numRuns: 8 },
  );
});
