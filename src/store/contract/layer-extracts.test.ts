import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyLayer } from '../../testing/empty-layer.ts';
import { image } from '../../testing/store-content.ts';
import { storeEngines } from '../../testing/store-engines.ts';

const start = Date.parse('2026-01-02T00:00:00Z');
const dayMs = 24 * 3_600_000;
const sum = (digit: string): string => digit.repeat(64);
const content = Uint8Array.of(0, 1, 2, 0xff);

for (const engine of storeEngines) {
  test(`${engine.name}: keeps the last extract of a layer`, async (t) => {
    const store = await engine.create(t)({ now: () => start });
    const { layerExtracts } = store;
    assert.equal(await layerExtracts.find('one'), undefined);
    await layerExtracts.save('one', { sha256: sum('a'), bytes: 9 }, undefined);
    assert.deepEqual(await layerExtracts.find('one'), { sha256: sum('a'), bytes: 9, content: undefined });
    await layerExtracts.save('one', { sha256: sum('b'), bytes: 4 }, content);
    const { content: found, ...found2 } = (await layerExtracts.find('one')) ?? {};
    assert.deepEqual(found2, { sha256: sum('b'), bytes: 4 });
    assert.deepEqual(new Uint8Array(found ?? []), content);
  });

  test(`${engine.name}: removes an extract once neither an index nor an image has its layer`, async (t) => {
    let now = start;
    const store = await engine.create(t)({ now: () => now });
    const { layerExtracts } = store;
    const terms = { before: new Date(start + dayMs), limit: 10 };
    await layerExtracts.save('unused', { sha256: sum('a'), bytes: 4 }, content);
    await layerExtracts.save('in bucket', { sha256: sum('a'), bytes: 4 }, undefined);
    await layerExtracts.save('indexed', { sha256: sum('a'), bytes: 4 }, content);
    await store.layers.save('indexed', 'key', emptyLayer);
    await layerExtracts.save('of an image', { sha256: sum('a'), bytes: 4 }, content);
    await store.images.save({ ...image([]), layers: ['of an image'] });
    now += 2 * dayMs;
    await layerExtracts.save('new', { sha256: sum('a'), bytes: 4 }, content);
    assert.deepEqual(await layerExtracts.findUnused(terms), {
      unused: [
        { identity: 'in bucket', isInBucket: true },
        { identity: 'unused', isInBucket: false },
      ],
    });
    assert.deepEqual(await layerExtracts.findUnused({ ...terms, limit: 1 }), {
      unused: [{ identity: 'in bucket', isInBucket: true }],
      next: 'in bucket',
    });
    assert.deepEqual(await layerExtracts.findUnused({ ...terms, after: 'in bucket', limit: 2 }), {
      unused: [],
      next: 'new',
    });
    for (const identity of ['unused', 'in bucket', 'indexed', 'of an image'])
      await layerExtracts.remove(identity);
    assert.deepEqual(await layerExtracts.findUnused(terms), { unused: [] });
    assert.equal(await layerExtracts.find('unused'), undefined);
    assert.ok(await layerExtracts.find('indexed'));
    assert.ok(await layerExtracts.find('of an image'));
  });
}
