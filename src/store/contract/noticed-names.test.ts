import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits } from '../../core/limits.ts';
import { storeEngines } from '../../testing/store-engines.ts';
import type { ClaimedName } from '../noticed-name-store.ts';
import type { Store } from '../store.ts';

const start = Date.parse('2026-01-02T00:00:00Z');
const second = 1000;
const digest = `sha256:${'a'.repeat(64)}`;
const web = { repository: 'web', tag: '1', pushed: digest };

async function claim(store: Store, watch = 'main', limit = 9): Promise<readonly ClaimedName[]> {
  return await store.noticedNames.claim({ watches: [watch], limit, forMs: 30 * second });
}

for (const engine of storeEngines) {
  test(`${engine.name}: gives each noticed name to one process, until it was looked at`, async (t) => {
    let now = start;
    const open = engine.create(t);
    const one = await open({ now: () => now });
    const two = engine.isShared ? await open({ now: () => now }) : one;
    assert.equal(await one.noticedNames.add('main', [web, { repository: 'web', digest }]), true);
    assert.equal(await one.noticedNames.findNextRun(['main']), new Date(start).toISOString());
    assert.equal(await one.noticedNames.findNextRun(['other']), undefined);
    assert.deepEqual(await claim(two, 'other'), []);
    const claimed = [...(await claim(one, 'main', 1)), ...(await claim(two))];
    assert.deepEqual(
      claimed.map(({ watch, repository, tag, digest: ofTags, pushed, attempt }) => [
        ...[watch, repository, tag, ofTags, pushed, attempt],
      ]),
      [
        ['main', 'web', '1', undefined, digest, 1],
        ['main', 'web', undefined, digest, undefined, 1],
      ],
    );
    assert.deepEqual(await claim(one), []);
    const [tag = assert.fail(), other = assert.fail()] = claimed;
    await one.noticedNames.complete(other);
    await one.noticedNames.delay(tag, new Date(start + second));
    assert.equal(await two.noticedNames.findNextRun(['main']), new Date(start + second).toISOString());
    now += second;
    const [again = assert.fail()] = await claim(two);
    assert.deepEqual([again.tag, again.attempt], ['1', 2]);
    // Its process was killed.
    now += 31 * second;
    const [last = assert.fail()] = await claim(one);
    await two.noticedNames.complete(again);
    assert.equal(last.attempt, 3);
    await one.noticedNames.complete(last);
    assert.equal(await one.noticedNames.findNextRun(['main']), undefined);
  });

  test(`${engine.name}: looks again at a name that is announced during a look`, async (t) => {
    const store = await engine.create(t)({ now: () => start });
    await store.noticedNames.add('main', [web]);
    const [first = assert.fail()] = await claim(store);
    await store.noticedNames.add('main', [{ ...web, pushed: 'sha256:b' }]);
    await store.noticedNames.complete(first);
    await store.noticedNames.delay(first, new Date(start + second));
    const [next = assert.fail()] = await claim(store);
    assert.deepEqual([next.pushed, next.attempt], ['sha256:b', 1]);
  });

  test(`${engine.name}: refuses more noticed names than the limit, and forgets old ones`, async (t) => {
    let now = start;
    const { noticedNames } = await engine.create(t)({ now: () => now });
    const names = Array.from({ length: limits.webhookNamesWaiting }, (_, i) => ({
      repository: 'a',
      tag: `${i}`,
    }));
    assert.equal(await noticedNames.add('main', names.slice(1)), true);
    assert.equal(await noticedNames.add('main', [web, web]), false);
    assert.equal(await noticedNames.add('main', [web]), true);
    now += limits.noticedNameMs + 1;
    assert.equal(await noticedNames.add('other', [web, { repository: 'a', tag: '1' }]), true);
    assert.equal(await noticedNames.findNextRun(['main']), undefined);
  });
}
