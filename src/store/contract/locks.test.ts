import assert from 'node:assert/strict';
import { test } from 'node:test';
import { storeEngines } from '../../testing/store-engines.ts';

for (const engine of storeEngines) {
  test(`${engine.name}: lets one owner hold a lock until it is released or expires`, async (t) => {
    let now = 1_000;
    const { locks } = await engine.create(t)({ now: () => now });
    assert.equal(await locks.acquire('debian', 'one', 500), true);
    assert.equal(await locks.acquire('debian', 'two', 500), false);
    assert.equal(await locks.acquire('alpine', 'two', 500), true);

    now = 1_400;
    assert.equal(await locks.acquire('debian', 'one', 500), true, 'renewed');
    now = 1_899;
    assert.equal(await locks.acquire('debian', 'two', 500), false, 'held since the renewal');
    now = 1_900;
    assert.equal(await locks.acquire('debian', 'two', 500), true, 'expired');
    assert.equal(await locks.acquire('debian', 'one', 500), false);

    await locks.release('debian', 'one');
    assert.equal(await locks.acquire('debian', 'one', 500), false, 'only the owner can release it');
    await locks.release('debian', 'two');
    assert.equal(await locks.acquire('debian', 'one', 500), true);
  });

  test(`${engine.name}: gives a lock to one of many owners`, async (t) => {
    const open = engine.create(t);
    const shared = await open();
    const stores = engine.isShared ? [shared, await open(), await open()] : [shared, shared, shared];
    const taken = await Promise.all(
      Array.from({ length: 10 }, (_, i) =>
        stores.map(({ locks }, j) => locks.acquire('debian', `owner ${i} ${j}`, 60_000)),
      ).flat(),
    );
    assert.equal(taken.filter((isTaken) => isTaken).length, 1);
  });
}
