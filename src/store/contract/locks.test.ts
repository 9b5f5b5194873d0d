import assert from 'node:assert/strict';
import { test } from 'node:test';
import { storeEngines } from '../../testing/store-engines.ts';

for (const engine of storeEngines) {
  test(`${engine.name}: lets one holder have a lock until it is released or expires`, async (t) => {
    let now = 1_000;
    const { locks } = await engine.create(t)({ now: () => now });
    const one = (await locks.acquire('debian', 'one', 500)) ?? assert.fail();
    assert.equal(await locks.acquire('debian', 'two', 500), undefined);
    assert.equal(await locks.acquire('debian', 'one', 500), undefined, 'a process has it once');
    assert.ok(await locks.acquire('alpine', 'two', 500));

    now = 1_400;
    assert.equal(await locks.renew(one, 500), true);
    now = 1_899;
    assert.equal(await locks.acquire('debian', 'two', 500), undefined, 'held since the renewal');
    now = 1_900;
    const two = (await locks.acquire('debian', 'two', 500)) ?? assert.fail('expired');
    assert.equal(await locks.acquire('debian', 'one', 500), undefined);

    await locks.release(one);
    assert.equal(await locks.acquire('debian', 'one', 500), undefined, 'only the holder can release it');
    await locks.release(two);
    assert.ok(await locks.acquire('debian', 'one', 500));
  });

  test(`${engine.name}: gives each holder of a lock a higher number, even if the clock is set back`, async (t) => {
    let now = 1_000;
    const { locks } = await engine.create(t)({ now: () => now });
    const numbers: number[] = [];
    for (const [time, forMs] of [
      [1_000, 0],
      [1_000, 0],
      [3_000, -2_000],
      [1_000, 0],
    ] as const) {
      now = time;
      const { number } = (await locks.acquire('debian', 'one', forMs)) ?? assert.fail();
      numbers.push(number);
    }
    assert.deepEqual(numbers, [1_000, 1_001, 3_000, 3_001]);
  });

  test(`${engine.name}: does not renew a lock that another process has taken over`, async (t) => {
    let now = 1_000;
    const { locks } = await engine.create(t)({ now: () => now });
    const one = (await locks.acquire('debian', 'one', 500)) ?? assert.fail();
    now = 1_500;
    assert.equal(await locks.renew(one, 500), true, 'expired, and still free');
    now = 2_000;
    const again = (await locks.acquire('debian', 'one', 500)) ?? assert.fail();
    assert.equal(await locks.renew(one, 500), false, 'taken over by the same process');
    await locks.release(one);
    assert.equal(await locks.renew(again, 500), true);
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
    assert.equal(taken.filter((lease) => lease !== undefined).length, 1);
  });
}
