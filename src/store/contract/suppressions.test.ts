import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { limits } from '../../core/limits.ts';
import { storeEngines } from '../../testing/store-engines.ts';

const start = Date.parse('2026-01-02T00:00:00Z');
const sum = (text: string): string => createHash('sha256').update(text).digest('hex');

for (const engine of storeEngines) {
  test(`${engine.name}: saves, replaces and deletes suppressions, and logs each change`, async (t) => {
    const clock = { now: start };
    const open = engine.create(t);
    const { suppressions } = await open({ now: () => clock.now });
    assert.equal(await suppressions.revision(), 0);
    const first = await suppressions.save('b.yaml', 'one', 'alice');
    assert.deepEqual(first, {
      name: 'b.yaml',
      content: 'one',
      sha256: sum('one'),
      savedAt: '2026-01-02T00:00:00.000Z',
      savedBy: 'alice',
    });
    clock.now += 1000;
    await suppressions.save('a.json', '{}', null);
    const revision = await suppressions.revision();
    // An equal content is not a change.
    assert.deepEqual(await suppressions.save('b.yaml', 'one', 'bob'), first);
    assert.equal(await suppressions.revision(), revision);
    await suppressions.save('b.yaml', 'two', 'bob');
    assert.deepEqual(
      (await suppressions.list()).map(({ name, content, savedBy }) => [name, content, savedBy]),
      [
        ['a.json', '{}', null],
        ['b.yaml', 'two', 'bob'],
      ],
    );
    assert.equal(await suppressions.delete('a.json', 'carol'), true);
    assert.equal(await suppressions.delete('a.json', 'carol'), false);
    assert.equal(await suppressions.find('a.json'), undefined);
    const { entries, next } = await suppressions.pageAudit({ limit: 3 });
    const rest = await suppressions.pageAudit({ limit: 3, after: next ?? assert.fail() });
    assert.deepEqual(
      [...entries, ...rest.entries].map(({ number: _, at: __, ...entry }) => Object.values(entry)),
      [
        ['carol', 'deleted', 'suppression/a.json', sum('{}'), null],
        ['bob', 'saved', 'suppression/b.yaml', sum('one'), sum('two')],
        [null, 'saved', 'suppression/a.json', null, sum('{}')],
        ['alice', 'saved', 'suppression/b.yaml', null, sum('one')],
      ],
    );
    assert.equal(rest.next, undefined);
    assert.equal(await suppressions.revision(), entries[0]?.number);
  });

  test(`${engine.name}: refuses more suppressions than the limit, but replaces those it has`, async (t) => {
    const { suppressions } = await engine.create(t)();
    const name = (i: number): string => `${i}.yaml`;
    for (let i = 0; i < limits.savedSuppressions; i++) await suppressions.save(name(i), 'one', null);
    await assert.rejects(suppressions.save('more.yaml', 'one', null), {
      code: 'limit-exceeded',
      limit: 'savedSuppressions',
    });
    await suppressions.save(name(0), 'two', null);
    assert.equal((await suppressions.list()).length, limits.savedSuppressions);
  });
}
