import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import type { Digest } from '../../model/digest.ts';
import { image, installed } from '../../testing/store-content.ts';
import { type StoreEngine, storeEngines } from '../../testing/store-engines.ts';
import type { AttachedVex, AttachedVexDocument } from '../attached-vex-store.ts';
import type { Store } from '../store.ts';

const start = Date.parse('2026-01-02T00:00:00Z');
const sum = (text: string): string => createHash('sha256').update(text).digest('hex');
const shop = 'registry.example/shop';

const document = (name: string, signer = 'sha256:k'): AttachedVexDocument => ({
  digest: `sha256:${name}`,
  signer,
  content: JSON.stringify({ name }),
});
const attached = (documents: readonly AttachedVexDocument[], changes: Partial<AttachedVex> = {}) => ({
  repository: shop,
  documents,
  refused: 0,
  unreadable: [],
  ...changes,
});

async function open(t: TestContext, engine: StoreEngine) {
  const clock = { now: start };
  const store = await engine.create(t)({ now: () => clock.now });
  return { store, clock };
}

async function known(store: Store, name: string, tags: readonly string[]): Promise<number> {
  const digest = `sha256:${sum(name)}` as Digest;
  const number = await store.knownImages.record({
    image: await store.images.save(image([installed(name)], name)),
    isScoped: false,
    isVerified: true,
    diffIds: [digest],
    platform: 'linux/amd64',
    reference: `${shop}:${name}`,
    origin: 'registry',
    digest,
    hasManifest: true,
    digests: [digest],
    root: digest,
    labels: {},
    names: tags.map((tag) => ({ repository: shop, tag })),
  });
  return number ?? assert.fail();
}

for (const engine of storeEngines) {
  test(`${engine.name}: saves attached documents of an image, and logs those that come and go`, async (t) => {
    const { store } = await open(t, engine);
    const { attachedVex, suppressions } = store;
    const [first, second] = [await known(store, 'first', ['1']), await known(store, 'second', ['2'])];
    await suppressions.save('team.yaml', 'one', 'alice');
    const revision = await suppressions.revision();
    const both = attached([document('a'), document('b')], { refused: 2, unreadable: ['c is malformed'] });
    await attachedVex.save(first, 'attached/first', both);
    await attachedVex.save(second, 'attached/second', attached([]));
    assert.deepEqual(await attachedVex.find(first), { attached: [both], repositories: [shop] });
    assert.deepEqual(await attachedVex.findWithDocuments([first, second, 99]), new Set([first]));
    // The same documents are no change, whatever else was read.
    await attachedVex.save(first, 'attached/first', attached([document('b'), document('a')]));
    const now = attached([document('b', 'sha256:other')]);
    await attachedVex.save(first, 'attached/first', now);
    assert.deepEqual((await attachedVex.find(first)).attached, [now]);
    const { entries } = await suppressions.pageAudit({ limit: 9 });
    const [a, b] = [sum('{"name":"a"}'), sum('{"name":"b"}')];
    assert.deepEqual(
      entries.toReversed().map(({ number: _, at: __, ...entry }) => Object.values(entry)),
      [
        ['alice', 'saved', 'suppression/team.yaml', null, sum('one')],
        ['key sha256:k', 'saved', 'attached/first/sha256:a', null, a],
        ['key sha256:k', 'saved', 'attached/first/sha256:b', null, b],
        ['key sha256:k', 'deleted', 'attached/first/sha256:b', b, null],
        ['key sha256:k', 'deleted', 'attached/first/sha256:a', a, null],
        ['key sha256:other', 'saved', 'attached/first/sha256:b', null, b],
      ],
    );
    // Otherwise, every server would read all saved files again.
    assert.equal(await suppressions.revision(), revision);
  });

  test(`${engine.name}: keeps the documents of each repository of an image`, async (t) => {
    const { store } = await open(t, engine);
    const { attachedVex } = store;
    const number = await known(store, 'one', ['1']);
    const [own, other] = [
      attached([document('a')]),
      attached([document('b')], { repository: 'other.example/x' }),
    ];
    await attachedVex.save(number, 'attached/own', own);
    await attachedVex.save(number, 'attached/other', other);
    await attachedVex.save(number, 'attached/own', attached([]));
    assert.deepEqual((await attachedVex.find(number)).attached, [other, attached([])]);
    await store.knownImages.forget([number]);
    assert.deepEqual(await attachedVex.find(number), { attached: [], repositories: [] });
  });

  test(`${engine.name}: finds the named images whose documents were read before a time`, async (t) => {
    const { store, clock } = await open(t, engine);
    const { attachedVex } = store;
    const old = [
      await known(store, 'a', ['2', '1']),
      await known(store, 'b', []),
      await known(store, 'c', ['3']),
    ];
    for (const number of old) await attachedVex.save(number, 'attached/x', attached([]));
    clock.now += 1000;
    await attachedVex.save(await known(store, 'd', ['4']), 'attached/x', attached([]));
    const found: unknown[] = [];
    for (let after: number | undefined; ; ) {
      const page = { limit: 1, ...(after !== undefined && { after }) };
      const { names, next } = await attachedVex.findReadBefore(new Date(clock.now), page);
      found.push(...names);
      if (next === undefined) break;
      after = next;
    }
    const platform = 'linux/amd64';
    assert.deepEqual(found, [
      { repository: shop, tag: '1', platform },
      { repository: shop, tag: '3', platform },
    ]);
  });
}
