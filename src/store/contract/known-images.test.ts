import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Digest } from '../../model/digest.ts';
import { feedUpdate, image, installed, record, stream } from '../../testing/store-content.ts';
import { type StoreEngine, storeEngines } from '../../testing/store-engines.ts';
import type { KnownImage, SeenImage } from '../known-image-store.ts';
import type { Store } from '../store.ts';

const dayMs = 24 * 3_600_000;
const start = Date.parse('2026-01-01T00:00:00Z');
const day = (days: number): string => new Date(start + days * dayMs).toISOString();
const web = { repository: 'registry.example/web', tag: '1' };
const digest = (digit: string): Digest => `sha256:${digit.repeat(64)}` as Digest;

/** An image of a registry with one layer. */
function seen(layer: string, changes: Partial<SeenImage>): SeenImage {
  return {
    image: 1,
    isScoped: false,
    isVerified: true,
    diffIds: [digest(layer)],
    platform: 'linux/amd64',
    reference: 'registry.example/web:1',
    origin: 'registry',
    digest: digest(layer),
    hasManifest: true,
    digests: [digest(layer)],
    names: [web],
    root: digest(layer),
    labels: {},
    ...changes,
  };
}

async function open(
  context: TestContext,
  engine: StoreEngine,
): Promise<{ store: Store; clock: { day: number } }> {
  const clock = { day: 0 };
  const store = await engine.create(context)({ now: () => start + clock.day * dayMs });
  await store.advisories.apply(feedUpdate(), stream([record('A')]));
  return { store, clock };
}

const save = (store: Store, identity: string): Promise<number> =>
  store.images.save(image([installed('openssl')], identity));

const numbers = (images: readonly KnownImage[]): number[] => images.map(({ number }) => number);

async function affected(store: Store): Promise<unknown[]> {
  const records = await store.vulnerabilities.findNumbersById('A');
  const { images } = await store.images.pageAffected(records, { limit: 9 });
  return images.map(({ image: number, names, known }) => [number, names, known?.untaggedSince ?? null]);
}

for (const engine of storeEngines) {
  test(`${engine.name}: ends a name that no longer exists`, async (t) => {
    const { store, clock } = await open(t, engine);
    const [first, second] = [await save(store, 'one'), await save(store, 'two')];
    await store.knownImages.record(seen('a', { image: first, names: [web, { ...web, tag: '2' }] }));
    await store.knownImages.record(seen('b', { image: second, names: [{ ...web, tag: '3' }] }));
    clock.day = 1;
    assert.equal(
      await store.knownImages.endNames([web, { ...web, tag: '3' }, { ...web, tag: 'unknown' }]),
      2,
    );
    assert.equal(await store.knownImages.endNames([web]), 0);
    const { images } = await store.knownImages.page({}, { limit: 9 });
    assert.deepEqual(
      images.map(({ names, untaggedSince }) => [names.map(({ tag }) => tag), untaggedSince]),
      [
        [['2'], null],
        [[], day(1)],
      ],
    );
    const [period] = await store.knownImages.findNameHistory(web, 9);
    assert.equal(period?.until, day(1));
  });

  test(`${engine.name}: knows an image by its layers, wherever it was read from`, async (t) => {
    const { store, clock } = await open(t, engine);
    const [first, second] = [await save(store, 'one'), await save(store, 'two')];
    const labels = { team: 'ü', empty: '' };
    const number = await store.knownImages.record(
      seen('a', { image: first, labels, created: '2025-12-31T00:00:00Z' }),
    );
    clock.day = 2;
    const again = seen('a', {
      image: second,
      origin: 'docker-archive',
      reference: '/tmp/web.tar',
      hasManifest: false,
      digest: digest('b'),
      digests: [digest('b')],
      names: [{ repository: 'docker.io/library/web', tag: 'latest' }],
    });
    const { root: _, ...archive } = again;
    assert.equal(await store.knownImages.record(archive), number);
    const [found, ...others] = await store.knownImages.findByDigest(digest('a'));
    assert.deepEqual(others, []);
    assert.deepEqual(found, {
      number,
      image: second,
      diffIds: [digest('a')],
      labels: {},
      digest: digest('a'),
      platform: 'linux/amd64',
      reference: '/tmp/web.tar',
      origin: 'docker-archive',
      created: null,
      names: [
        { repository: 'docker.io/library/web', tag: 'latest', since: day(2) },
        { ...web, since: day(0) },
      ],
      firstSeen: day(0),
      lastSeen: day(2),
      untaggedSince: null,
    });
    assert.deepEqual(numbers(await store.knownImages.findByDigest(digest('b'))), [number]);
    assert.deepEqual(numbers(await store.knownImages.findByName(web)), [number]);
    assert.deepEqual(await store.knownImages.findByDigest(digest('c')), []);
    assert.deepEqual(await store.knownImages.findByName({ ...web, tag: '2' }), []);
    // The earlier index of the same image is not a second image.
    assert.deepEqual(await affected(store), [
      [second, ['docker.io/library/web:latest', 'registry.example/web:1'], null],
    ]);
  });

  test(`${engine.name}: keeps the labels and the source of another repository while it names the image`, async (t) => {
    const { store, clock } = await open(t, engine);
    const image = await save(store, 'one');
    const other = { repository: 'registry.example/other', tag: '1' };
    const own = { labels: { team: 'web' }, keepsOthers: true, image };
    const foreign = {
      ...{ image, labels: { team: 'other' }, keepsOthers: true, names: [other] },
      ...{ reference: 'registry.example/other:1', digest: digest('f'), digests: [digest('f')] },
    };
    const recorded = async (changes: Partial<SeenImage>): Promise<unknown> => {
      const described = seen('a', changes);
      const number = (await store.knownImages.record(described)) ?? assert.fail();
      await store.knownImages.saveSource(number, `source of ${described.labels['team']}`, described);
      const [known] = await store.knownImages.findByNumbers([number]);
      const source = await store.knownImages.findSource(number);
      assert.equal(source, `source of ${known?.labels['team']}`);
      return [known?.labels['team'], known?.digest, known?.reference, known?.names.length];
    };
    const ofWeb = [digest('a'), 'registry.example/web:1'];
    assert.deepEqual(await recorded(own), ['web', ...ofWeb, 1]);
    assert.deepEqual(await recorded(foreign), ['web', ...ofWeb, 2]);
    assert.equal((await store.knownImages.findByDigest(digest('f'))).length, 1);
    clock.day = 1;
    assert.deepEqual(await recorded({ ...own, labels: { team: 'new' } }), ['new', ...ofWeb, 2]);
    await store.knownImages.endNames([web]);
    assert.deepEqual(await recorded(foreign), ['other', digest('f'), 'registry.example/other:1', 1]);
  });

  test(`${engine.name}: finds the images whose layers are the lowest ones of an image`, async (t) => {
    const { store } = await open(t, engine);
    const stacks = ['a', 'ab', 'abc', 'b', 'ac'];
    for (const layers of stacks) {
      const image = await save(store, layers);
      const diffIds = Array.from(layers, (layer) => digest(layer));
      // The diffIDs of an archive are only claims.
      const isVerified = layers !== 'ab';
      const digests = [digest(String(stacks.indexOf(layers)))];
      await store.knownImages.record(seen('a', { image, diffIds, isVerified, digests, names: [] }));
    }
    const basesOf = async (layers: string): Promise<string[]> => {
      const found = await store.knownImages.findBases(Array.from(layers, (layer) => digest(layer)));
      return found.map(({ diffIds }) => diffIds.map((diffId) => diffId.at(-1)).join(''));
    };
    assert.deepEqual(await basesOf('abc'), ['ab', 'a']);
    assert.deepEqual(await basesOf('abd'), ['ab', 'a']);
    assert.deepEqual(await basesOf('ad'), ['a']);
    assert.deepEqual(await basesOf('a'), []);
    assert.deepEqual(await basesOf(''), []);
  });

  test(`${engine.name}: keeps the index of the whole image when a scan excluded a part`, async (t) => {
    const { store } = await open(t, engine);
    const [part, whole, other] = [
      await save(store, 'part'),
      await save(store, 'whole'),
      await save(store, 'other'),
    ];
    const indexOf = async (changes: Partial<SeenImage>): Promise<number | undefined> => {
      await store.knownImages.record(seen('a', changes));
      return (await store.knownImages.findByDigest(digest('a')))[0]?.image;
    };
    assert.equal(await indexOf({ image: part, isScoped: true }), part);
    assert.equal(await indexOf({ image: whole }), whole);
    assert.equal(await indexOf({ image: other, isScoped: true }), whole);
    assert.deepEqual(await affected(store), [[whole, ['registry.example/web:1'], null]]);
  });

  test(`${engine.name}: takes an archive of claimed layers for a known image only if it has the same packages`, async (t) => {
    for (const isFirst of [true, false]) {
      const { store } = await open(t, engine);
      const verified = seen('a', { image: await save(store, 'verified') });
      const { root: _, ...claimed } = seen('a', {
        image: await save(store, 'claimed'),
        isVerified: false,
        origin: 'docker-archive',
        names: [{ ...web, tag: '2' }],
      });
      for (const one of isFirst ? [verified, claimed] : [claimed, verified])
        await store.knownImages.record(one);
      const names = ['registry.example/web:1', 'registry.example/web:2'];
      assert.deepEqual(await affected(store), [[verified.image, names, null]]);
      const forged = await store.images.save(image([installed('openssl'), installed('bash')], 'false'));
      await store.knownImages.record({ ...claimed, image: forged, names: [{ ...web, tag: '3' }] });
      assert.deepEqual(await affected(store), [
        [verified.image, names, null],
        [forged, ['registry.example/web:3'], null],
      ]);
      const [known] = await store.knownImages.findByName(web);
      assert.deepEqual([known?.image, known?.origin], [verified.image, 'registry']);
    }
  });

  test(`${engine.name}: keeps an image when an archive claims its layers with other packages`, async (t) => {
    const { store } = await open(t, engine);
    const { root: _, ...claimed } = seen('a', { isVerified: false, origin: 'docker-archive' });
    const first = await save(store, 'first');
    const genuine = await store.knownImages.record({ ...claimed, image: first });
    const forged = await store.images.save(image([installed('bash')], 'forged'));
    const other = await store.knownImages.record({ ...claimed, image: forged });
    assert.notEqual(other, genuine);
    assert.deepEqual(await affected(store), [[first, [], day(0)]]);
    // Both are the same images again, whichever is seen.
    assert.equal(await store.knownImages.record({ ...claimed, image: forged }), other);
    assert.equal(await store.knownImages.record({ ...claimed, image: first }), genuine);
    assert.equal(await store.knownImages.record({ ...claimed, image: forged }), other);
  });

  test(`${engine.name}: keeps the name of an image with verified layers when an archive only claims it`, async (t) => {
    const { store } = await open(t, engine);
    const { root: _, ...archive } = seen('a', {
      origin: 'docker-archive',
      image: await save(store, 'verified'),
    });
    await store.knownImages.record(archive);
    const forged = await store.images.save(image([installed('bash')], 'forged'));
    await store.knownImages.record({ ...archive, image: forged, isVerified: false });
    assert.deepEqual(await affected(store), [[archive.image, ['registry.example/web:1'], null]]);
    await store.knownImages.record({ ...archive, diffIds: [digest('b')], image: await save(store, 'newer') });
    const [known] = await store.knownImages.findByName(web);
    assert.deepEqual(known?.diffIds, [digest('b')]);
  });

  test(`${engine.name}: moves a tag to the image that it means now, and remembers what it meant`, async (t) => {
    const { store, clock } = await open(t, engine);
    const [one, two] = [await save(store, 'one'), await save(store, 'two')];
    const first = await store.knownImages.record(seen('a', { image: one }));
    clock.day = 1;
    const second = await store.knownImages.record(seen('b', { image: two }));
    assert.deepEqual(numbers(await store.knownImages.findByName(web)), [second]);
    assert.deepEqual(await affected(store), [
      [one, [], day(1)],
      [two, ['registry.example/web:1'], null],
    ]);
    clock.day = 3;
    await store.knownImages.record(seen('a', { image: one }));
    const periods = await store.knownImages.findNameHistory(web, 9);
    assert.deepEqual(
      periods.map(({ number, since, until, root }) => [number, since, until, root]),
      [
        [first, day(3), null, digest('a')],
        [second, day(1), day(3), digest('b')],
        [first, day(0), day(1), digest('a')],
      ],
    );
    assert.equal((await store.knownImages.findNameHistory(web, 2)).length, 2);
    assert.deepEqual((await affected(store))[0], [one, ['registry.example/web:1'], null]);
  });

  test(`${engine.name}: a tag means one image for each platform of an index, until it means another index`, async (t) => {
    const { store } = await open(t, engine);
    const images = [await save(store, 'one'), await save(store, 'two'), await save(store, 'three')] as const;
    const [index, later] = [digest('8'), digest('9')];
    const of = (layer: string, changes: Partial<SeenImage>): Promise<number | undefined> =>
      store.knownImages.record(seen(layer, { digests: [digest(layer), index], root: index, ...changes }));
    const amd = await of('a', { image: images[0] });
    const arm = await of('b', { image: images[1], platform: 'linux/arm64' });
    assert.deepEqual(numbers(await store.knownImages.findByName(web)), [amd, arm]);
    assert.deepEqual(numbers(await store.knownImages.findByDigest(index)), [amd, arm]);
    const next = await of('c', { image: images[2], root: later, digests: [later] });
    assert.deepEqual(numbers(await store.knownImages.findByName(web)), [next]);
    const untagged = await store.knownImages.page({ isUntagged: true }, { limit: 9 });
    assert.deepEqual(numbers(untagged.images), [amd, arm]);
  });

  test(`${engine.name}: does not move a tag of a registry to an image of an archive that claims it`, async (t) => {
    const { store } = await open(t, engine);
    const [one, two] = [await save(store, 'one'), await save(store, 'two')];
    const real = await store.knownImages.record(seen('a', { image: one }));
    const { root: _, ...claim } = seen('b', { image: two, origin: 'docker-archive' });
    await store.knownImages.record(claim);
    assert.deepEqual(numbers(await store.knownImages.findByName(web)), [real]);
    const [claimed] = await store.knownImages.findByDigest(digest('b'));
    assert.deepEqual([claimed?.names, claimed?.untaggedSince], [[], null]);
  });

  test(`${engine.name}: pages images by number, all or those of a repository`, async (t) => {
    const { store } = await open(t, engine);
    const made: (number | undefined)[] = [];
    for (const [i, layer] of ['a', 'b', 'c', 'd', 'e', 'f'].entries()) {
      const names = [
        { repository: `registry.example/${i % 2}`, tag: layer },
        { ...web, tag: layer },
      ];
      made.push(await store.knownImages.record(seen(layer, { image: await save(store, layer), names })));
    }
    const pages = async (repository?: string): Promise<unknown[]> => {
      const all: unknown[] = [];
      for (let after: number | undefined; ; ) {
        const page = await store.knownImages.page(repository === undefined ? {} : { repository }, {
          limit: 2,
          ...(after !== undefined && { after }),
        });
        all.push(numbers(page.images));
        if (page.next === undefined) return all;
        after = page.next;
      }
    };
    const [a, b, c, d, e, f] = made;
    assert.deepEqual(await pages(), [
      [a, b],
      [c, d],
      [e, f],
    ]);
    assert.deepEqual(await pages('registry.example/1'), [[b, d], [f]]);
    assert.deepEqual(await pages('registry.example/none'), [[]]);
  });

  test(`${engine.name}: forgets an image with its names, but not what a client has named`, async (t) => {
    const { store } = await open(t, engine);
    const [one, two] = [await save(store, 'one'), await save(store, 'two')];
    const number = (await store.knownImages.record(seen('a', { image: one }))) ?? assert.fail();
    const other = await store.knownImages.record(seen('b', { image: two, names: [{ ...web, tag: '2' }] }));
    const named = { name: 'ancestry', hashes: ['one', 'two'], image: two, engineVersion: 1 };
    await store.ancestries.save(named);
    await store.knownImages.forget([number, other ?? assert.fail()]);
    assert.deepEqual(await affected(store), [[two, ['ancestry'], null]]);
    const { rows } = await store.statistics();
    assert.deepEqual([rows['image'], rows['known_image'], rows['image_name']], [1, 0, 0]);
    assert.deepEqual(await store.knownImages.findByDigest(digest('a')), []);
    const again = await store.knownImages.record(seen('a', { image: await save(store, 'one') }));
    assert.equal((await store.knownImages.findByName(web))[0]?.number, again);
  });

  test(`${engine.name}: deletes images that lost their tags, except for the last ones of a repository`, async (t) => {
    const { store, clock } = await open(t, engine);
    const made: (number | undefined)[] = [];
    for (const [i, layer] of ['a', 'b', 'c', 'd'].entries()) {
      clock.day = i;
      made.push(await store.knownImages.record(seen(layer, { image: await save(store, layer) })));
    }
    const terms = { keepHistoryMs: 99 * dayMs, keepEventsMs: 99 * dayMs, keepLayersUnusedMs: 99 * dayMs };
    const left = async (): Promise<number[]> =>
      numbers((await store.knownImages.page({}, { limit: 9 })).images);
    clock.day = 10;
    await store.collectGarbage(terms);
    assert.deepEqual(await left(), made);
    await store.collectGarbage({ ...terms, untagged: { keepMs: 8 * dayMs, keepLast: 0 } });
    assert.deepEqual(await left(), made.slice(1));
    clock.day = 20;
    await store.collectGarbage({ ...terms, untagged: { keepMs: 8 * dayMs, keepLast: 2 } });
    assert.deepEqual(await left(), made.slice(2));
    await store.collectGarbage({ ...terms, untagged: { keepMs: 8 * dayMs, keepLast: 0 } });
    assert.deepEqual(await left(), made.slice(3));
  });

  test(`${engine.name}: keeps an image with a tag for as long as the terms say since it was seen`, async (t) => {
    const { store, clock } = await open(t, engine);
    await store.knownImages.record(seen('a', { image: await save(store, 'one') }));
    await store.knownImages.record(seen('b', { image: await save(store, 'two'), names: [] }));
    const terms = { keepHistoryMs: 99 * dayMs, keepEventsMs: 99 * dayMs, keepLayersUnusedMs: 5 * dayMs };
    const left = async (): Promise<unknown> => {
      const { rows } = await store.statistics();
      return [rows['image'], rows['known_image'], rows['image_name']];
    };
    clock.day = 10;
    await store.collectGarbage({ ...terms, keepTaggedMs: 20 * dayMs });
    assert.deepEqual(await left(), [1, 1, 1]);
    clock.day = 21;
    await store.collectGarbage({ ...terms, keepTaggedMs: 20 * dayMs });
    assert.deepEqual(await left(), [0, 0, 0]);
  });
}
