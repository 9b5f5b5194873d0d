import assert from 'node:assert/strict';
import { test } from 'node:test';
import { storeEngines } from '../../testing/store-engines.ts';
import type { RegistryWalk } from '../watch-store.ts';

const walk: RegistryWalk = {
  name: 'main',
  registry: 'registry.example',
  startedAt: '2026-01-01T00:00:00.000Z',
  endedAt: null,
  nextAt: null,
  completedAt: null,
  repositories: 0,
  tags: 0,
  added: 0,
  gone: 0,
  errors: 0,
  error: null,
};
const digest = (digit: string): string => `sha256:${digit.repeat(64)}`;

for (const engine of storeEngines) {
  test(`${engine.name}: keeps the last walk of each registry`, async (t) => {
    const { watches } = await engine.create(t)();
    await watches.saveWalk(walk);
    await watches.requestWalk('main');
    assert.deepEqual(await watches.findWalks(), [walk]);
    const ended = {
      ...walk,
      endedAt: '2026-01-01T00:01:00.000Z',
      nextAt: '2026-01-01T01:00:00.000Z',
      added: 7,
    };
    await watches.saveWalk({ ...ended, error: 'no answer' });
    await watches.saveWalk({ ...walk, name: 'another' });
    assert.deepEqual(await watches.findWalks(), [
      { ...walk, name: 'another' },
      { ...ended, error: 'no answer' },
    ]);
    await watches.requestWalk('main');
    const [, due] = await watches.findWalks();
    assert.equal(due?.nextAt, '1970-01-01T00:00:00.000Z');
  });

  test(`${engine.name}: keeps what the tags of each registry mean`, async (t) => {
    const { watches } = await engine.create(t)();
    const save = (watch: string, repository: string, tag: string, digit: string): Promise<void> =>
      watches.saveTag(watch, { repository, tag, digest: digest(digit) });
    await save('main', 'r/web', '1', 'a');
    await save('main', 'r/web', '2', 'b');
    await save('main', 'r/web', '1', 'c');
    await save('main', 'r/app', '1', 'd');
    await save('other', 'r/web', '1', 'e');
    assert.deepEqual([...(await watches.findTags('main', 'r/web'))].sort(), [
      ['1', digest('c')],
      ['2', digest('b')],
    ]);
    assert.deepEqual(await watches.pageRepositories('main', '', 1), ['r/app']);
    assert.deepEqual(await watches.pageRepositories('main', 'r/app', 9), ['r/web']);
    await watches.dropTags('main', 'r/web', ['1', 'unknown']);
    assert.deepEqual([...(await watches.findTags('main', 'r/web')).keys()], ['2']);
    assert.deepEqual([...(await watches.findTags('other', 'r/web')).keys()], ['1']);
  });

  test(`${engine.name}: lists failed scans by registry, page by page`, async (t) => {
    const { scanJobs } = await engine.create(t)();
    for (const registry of ['b.example', 'a.example', 'b.example'])
      await scanJobs.add({
        registry,
        reference: `${registry}/${Math.random()}`,
        platform: null,
        lane: 'push',
      });
    const claimed = await scanJobs.claim({
      limit: 9,
      owner: 'p',
      forMs: 60_000,
      perRegistry: () => 9,
      takesOrders: false,
    });
    for (const { lease } of claimed) await scanJobs.fail(lease, 'broken', undefined);
    const found = await scanJobs.findFailed({ limit: 2 });
    const rest = await scanJobs.findFailed({ limit: 2, after: found.at(-1)?.id });
    assert.deepEqual(
      [...found, ...rest].map(({ registry }) => registry),
      ['a.example', 'b.example', 'b.example'],
    );
    assert.equal((await scanJobs.findFailed({ limit: 9, registry: 'a.example' })).length, 1);
    assert.deepEqual([...(await scanJobs.countFailed())].sort(), [
      ['a.example', 1],
      ['b.example', 2],
    ]);
  });
}
