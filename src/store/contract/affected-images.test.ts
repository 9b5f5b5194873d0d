import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ClairError } from '../../core/errors.ts';
import type { VersionKey } from '../../plugin/version-scheme.ts';
import {
  affectedRow,
  ancestry,
  bookworm,
  feedUpdate,
  image,
  installed,
  record,
  stream,
  versionKey,
} from '../../testing/store-content.ts';
import { runsOn, storeEngines } from '../../testing/store-engines.ts';
import type { KeyedAffected } from '../advisory-store.ts';
import { compareCursors, readCursor } from '../affected-cursor.ts';
import type { AffectedImage, ImagePackage } from '../image-store.ts';
import type { Store } from '../store.ts';

const trixie = { name: 'debian:13', versionScheme: 'dpkg' };

for (const engine of storeEngines) {
  test(`${engine.name}: finds the images that a vulnerability affects`, async (t) => {
    const store = await engine.create(t)();
    const library = { ...installed('libssl3', { name: 'openssl' }), arch: 'amd64' };
    const full: ImagePackage = {
      ...installed('openssl'),
      source: { name: 'openssl', version: '3' },
      modularity: 'm:1',
      vendor: 'Vendor',
      licence: 'MIT',
      owner: 'owner',
      repositories: ['cpe:/a', 'cpe:/b'],
    };
    const hit = await store.images.save(image([installed('bash'), library, full], 'hit'));
    await store.images.save(image([installed('bash')], 'other package'));
    await store.images.save(image([installed('openssl', { key: versionKey(7) })], 'fixed'));
    await store.images.save(image([installed('openssl', { namespace: trixie })], 'other release'));
    const affected = [affectedRow('openssl', { only: { arch: ['amd64'] } })];
    const cleared = affectedRow('openssl', { namespace: trixie, fix: { state: 'not-affected' } });
    await load(store, [record('DSA-1', { aliases: ['CVE-1'], affected: [...affected, cleared] })]);
    await store.ancestries.save(ancestry('shop:1', hit));
    await store.namedLayers.save({
      name: 'layer',
      parent: null,
      image: hit,
      format: 'Docker',
      engineVersion: 3,
    });

    const numbers = await store.vulnerabilities.findNumbersById('CVE-1');
    assert.deepEqual(numbers, await store.vulnerabilities.findNumbersById('DSA-1'));
    const page = await store.images.pageAffected(numbers, { limit: 10 });
    const [match] = await store.images.findMatches(hit);
    assert.ok(match !== undefined);
    const { package: _, ...storedHit } = match;
    const position = page.images[0]?.position;
    assert.deepEqual(page, {
      images: [
        {
          image: hit,
          position,
          identity: 'hit',
          names: ['layer', 'shop:1'],
          known: null,
          packages: [library, full],
          hits: [{ ...storedHit, record: numbers[0] }],
        },
      ],
    });
    assert.deepEqual(await store.images.pageAffected([], { limit: 10 }), { images: [] });
    assert.deepEqual(await store.vulnerabilities.findNumbersById('CVE-2'), []);
  });

  test(`${engine.name}: continues behind the position of an entry, and positions rise`, async (t) => {
    const store = await engine.create(t)();
    const { key: _, ...withoutKey } = installed('openssl').lookup ?? assert.fail();
    await store.images.save(image([{ ...installed('openssl'), lookup: withoutKey }], 'unkeyed'));
    for (const [name, key] of Object.entries({ a: 2, b: 1, c: 3, d: 1, e: 4 }))
      await store.images.save(image([installed('openssl', { key: versionKey(key) })], name));
    await load(store, [record('A')]);
    const numbers = await store.vulnerabilities.findNumbersById('A');
    const all = await store.images.pageAffected(numbers, { limit: 9 });
    for (const [i, { position }] of all.images.entries()) {
      const rest = await store.images.pageAffected(numbers, { limit: 9, after: position });
      assert.deepEqual(identities(rest), identities(all).slice(i + 1));
    }
    const cursors = all.images.map(({ position }) => readCursor(position));
    assert.deepEqual(cursors.toReversed().sort(compareCursors), cursors);
  });

  test(`${engine.name}: finds the images of a record that is no longer current`, async (t) => {
    const store = await engine.create(t)();
    await store.images.save(image([installed('openssl')], 'one'));
    await load(store, [record('A'), record('B')]);
    const before = await store.vulnerabilities.findNumbersById('A');
    await load(store, [record('B')]);
    assert.deepEqual(await store.vulnerabilities.findNumbersById('A'), []);
    assert.deepEqual(identities(await store.images.pageAffected(before, { limit: 9 })), ['one']);
  });

  test(`${engine.name}: returns undecided hits when keys cannot decide`, async (t) => {
    const store = await engine.create(t)();
    const { key: _, ...withoutKey } = installed('openssl').lookup ?? assert.fail();
    await store.images.save(image([installed('openssl')], 'keyed'));
    await store.images.save(image([{ ...installed('openssl'), lookup: withoutKey }], 'unkeyed'));
    const { keys: __, ...open } = affectedRow('openssl');
    await load(store, [record('A'), record('B', { affected: [open] })]);
    const decided = async (id: string) => {
      const { images } = await store.images.pageAffected(await store.vulnerabilities.findNumbersById(id), {
        limit: 9,
      });
      return images.map(({ identity, hits }) => `${identity} ${hits.map((hit) => hit.decided).join()}`);
    };
    assert.deepEqual(await decided('A'), ['unkeyed false', 'keyed true']);
    assert.deepEqual(await decided('B'), ['unkeyed false', 'keyed false']);
  });

  test(`${engine.name}: neither skips nor repeats an image while images are added and removed`, async (t) => {
    const dayMs = 24 * 3_600_000;
    let now = Date.parse('2026-01-01T00:00:00Z');
    const store = await engine.create(t)({ now: () => now });
    const save = async (images: Readonly<Record<string, number>>) => {
      for (const [name, key] of Object.entries(images))
        await store.images.save(image([installed('openssl', { key: versionKey(key) })], name));
    };
    await save({ a: 2, b: 1, c: 3, d: 1, e: 4 });
    await load(store, [record('A')]);
    const numbers = await store.vulnerabilities.findNumbersById('A');
    const pageBehind = (after: string | undefined) =>
      store.images.pageAffected(numbers, { limit: 2, after: after ?? assert.fail() });
    const first = await store.images.pageAffected(numbers, { limit: 2 });
    assert.deepEqual(identities(first), ['b', 'd']);

    // One listed and one unlisted image are removed. One is added on either side of the cursor, and one exactly there.
    now += 2 * dayMs;
    await save({ a: 2, d: 1, e: 4 });
    const forever = 1000 * dayMs;
    await store.collectGarbage({ keepHistoryMs: forever, keepEventsMs: forever, keepLayersUnusedMs: dayMs });
    await save({ before: 0, here: 1, ahead: 3 });
    const second = await pageBehind(first.next);
    assert.deepEqual(identities(second), ['here', 'a']);
    const third = await pageBehind(second.next);
    assert.deepEqual(identities(third), ['ahead', 'e']);
    assert.equal(third.next, undefined);
  });

  test(`${engine.name}: pages through versions that many images have`, async (t) => {
    const store = await engine.create(t)();
    // Version 2 is in more images than one query reads. Its images are saved between those of other versions.
    const versionOf = (i: number) => [2, 2, 2, 1, 2, 2, 3][i % 7] ?? 0;
    const saved: { name: string; key: number }[] = [];
    for (let i = 0; i < 350; i++) {
      const key = versionOf(i);
      const packages = [installed('openssl', { key: versionKey(key) })];
      await store.images.save(image(packages, `image ${i}`));
      saved.push({ name: `image ${i}`, key });
    }
    await load(store, [record('A')]);
    const numbers = await store.vulnerabilities.findNumbersById('A');
    // The images of a version are in the order in which they were saved.
    const expected = saved.toSorted((a, b) => a.key - b.key).map(({ name }) => name);
    // Pages within the version, and a page that begins before it and ends behind it.
    for (const limit of [60, 320]) {
      const found: string[] = [];
      for (let after: string | undefined, isFirst = true; isFirst || after !== undefined; isFirst = false) {
        const behind = after === undefined ? {} : { after };
        const page = await store.images.pageAffected(numbers, { limit, ...behind });
        found.push(...identities(page));
        after = page.next;
      }
      assert.deepEqual(found, expected);
    }
  });

  test(`${engine.name}: returns all packages of one place in one entry`, async (t) => {
    const store = await engine.create(t)();
    const libraries = Array.from({ length: 40 }, (_, i) => installed(`lib${i}`, { name: 'openssl' }));
    for (const identity of ['one', 'two']) await store.images.save(image(libraries, identity));
    await load(store, [record('CVE-1')]);
    const numbers = await store.vulnerabilities.findNumbersById('CVE-1');
    for (const limit of [1, 2]) {
      const first = await store.images.pageAffected(numbers, { limit });
      const rest =
        first.next === undefined
          ? []
          : (await store.images.pageAffected(numbers, { limit, after: first.next })).images;
      const found = [...first.images, ...rest];
      assert.deepEqual(
        found.map(({ identity, packages: list }) => [identity, list.map(({ name }) => name)]),
        ['one', 'two'].map((identity) => [identity, libraries.map(({ name }) => name)]),
      );
    }
  });

  test(`${engine.name}: rejects an invalid cursor`, async (t) => {
    const store = await engine.create(t)();
    await load(store, [record('A')]);
    const numbers = await store.vulnerabilities.findNumbersById('A');
    for (const cursor of [
      '',
      'x',
      '[]',
      '["a","b","xyz",1]',
      '["a","b",null,"1"]',
      '["a","b",1,1]',
      '{"0":1}',
    ])
      await assert.rejects(
        store.images.pageAffected(numbers, { limit: 1, after: Buffer.from(cursor).toString('base64url') }),
        (error) => error instanceof ClairError && error.code === 'usage',
      );
  });

  test(`${engine.name}: returns over all pages the images whose matches name the record`, async (t) => {
    const store = await engine.create(t)();
    const saved = new Map<number, readonly ImagePackage[]>();
    let number = 0;
    await fc.assert(
      fc.asyncProperty(
        rows,
        fc.array(packages, { maxLength: 6 }),
        fc.integer({ min: 1, max: 3 }),
        async (affected, content, limit) => {
          const id = `CVE-${number++}`;
          const change = stream([record(id, { affected })]);
          await store.advisories.apply(feedUpdate({ kind: 'changes' }), change);
          for (const list of content)
            saved.set(await store.images.save(image(list, `image ${number} ${saved.size}`)), list);
          const numbers = await store.vulnerabilities.findNumbersById(id);
          const pages: AffectedImage[] = [];
          for (let after: string | undefined; ; ) {
            const page = await store.images.pageAffected(numbers, {
              limit,
              ...(after !== undefined && { after }),
            });
            pages.push(...page.images);
            assert.ok(page.images.length === limit || page.next === undefined);
            assert.ok(pages.length < 1000, 'the pages end');
            after = page.next;
            if (after === undefined) break;
          }
          const returned = pages.flatMap(({ image: of, packages: list, hits }) =>
            list.flatMap((item) => hits.map((hit) => line(of, item, hit))),
          );
          assert.deepEqual(returned.toSorted(), (await expected(store, saved, id)).sort());
          assert.equal(new Set(pages.map(placeOf)).size, pages.length, 'no place twice');
        },
      ),
      { numRuns: runsOn(engine, 40) },
    );
  });
}

/** Returns every hit, image by image. */
async function expected(
  store: Store,
  saved: ReadonlyMap<number, readonly ImagePackage[]>,
  id: string,
): Promise<string[]> {
  const lines = [...saved].map(async ([of, list]) =>
    (await store.images.findMatches(of))
      .filter((match) => match.id === id)
      .map((match) => line(of, list[match.package] ?? assert.fail(), match)),
  );
  return (await Promise.all(lines)).flat();
}

function placeOf({ image: of, packages: [item] }: AffectedImage): string {
  return JSON.stringify([
    of,
    item?.lookup?.namespace.name,
    item?.lookup?.name,
    [...(item?.lookup?.key ?? [])],
  ]);
}

function line(of: number, item: ImagePackage, hit: { range: object; decided: boolean; fix: object }): string {
  return JSON.stringify([of, item, hit.range, hit.fix, hit.decided]);
}

function identities({ images }: { images: readonly AffectedImage[] }): string[] {
  return images.map(({ identity }) => identity);
}

async function load(
  store: Store,
  records: Parameters<typeof stream<ReturnType<typeof record>>>[0],
): Promise<void> {
  await store.advisories.apply(feedUpdate(), stream(records));
}

const names = ['a', 'b\u{1f41b}'];
const bytes = fc.uint8Array({ min: 1, max: 3, minLength: 1, maxLength: 2 });
const rows: fc.Arbitrary<KeyedAffected[]> = fc.array(
  fc
    .record({
      name: fc.constantFrom(...names),
      namespace: fc.constantFrom(bookworm, trixie),
      lo: fc.oneof(fc.constant(new Uint8Array()), bytes),
      hi: fc.oneof(fc.constant(Uint8Array.of(0xff)), bytes),
      hasKeys: fc.integer({ min: 0, max: 4 }),
      state: fc.constantFrom('unfixed', 'not-affected'),
    })
    .map(({ name, namespace, lo, hi, hasKeys, state }) => {
      const { keys: _, ...row } = affectedRow(name, { namespace, fix: { state: state as 'unfixed' } });
      return hasKeys > 0 ? { ...row, keys: { lo, hi } } : row;
    }),
  { minLength: 1, maxLength: 4 },
);
const packages: fc.Arbitrary<ImagePackage[]> = fc.array(
  fc
    .record({
      name: fc.constantFrom(...names),
      namespace: fc.constantFrom(bookworm, trixie),
      key: fc.option(bytes, { nil: undefined }),
    })
    .map(({ name, namespace, key }) => ({
      ...installed(name),
      lookup: { namespace, name, version: '3', ...(key !== undefined && { key: key as VersionKey }) },
    })),
  { maxLength: 4 },
);
