import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits } from '../../core/limits.ts';
import type { ParseSuppressions } from '../../match/suppress/decide.ts';
import type { Store } from '../../store/store.ts';
import { readIgnoreFile } from '../../suppression-files/read-ignore-file.ts';
import {
  affectedRow,
  ancestry,
  feedUpdate,
  image,
  installed,
  record,
  stream,
} from '../../testing/store-content.ts';
import { storeEngines } from '../../testing/store-engines.ts';
import { affectedBy } from '../notifications/affected-images.ts';
import { isSuppressedEverywhere } from '../notifications/notification-message.ts';
import { ActiveSuppressions } from './active-suppressions.ts';
import { VexKeys } from './vex-keys.ts';

const extensions = { schemes: [], sources: [] };
const today = new Date('2026-01-02T12:00:00Z');

const parse: ParseSuppressions = ({ name, content }) => ({
  rules: readIgnoreFile(name, content),
  statements: [],
});

function active(store: Store, unreadable: string[] = []): ActiveSuppressions {
  return new ActiveSuppressions({
    store,
    parse,
    vexKeys: new VexKeys([]),
    now: () => today,
    ofServer: { rules: [], statements: [] },
    onUnreadable: (name) => unreadable.push(name),
  });
}

const rules = (...lines: readonly string[]): string =>
  `ignore:\n${lines.map((line) => `  - ${line}\n`).join('')}`;

async function saveImages(store: Store): Promise<void> {
  for (const name of ['x', 'y']) {
    const number = await store.images.save(image([installed(name)], name));
    await store.ancestries.save(ancestry(name, number));
  }
  const records = ['x', 'y'].map((name) =>
    record(`CVE-2026-1-${name}`, { aliases: ['CVE-2026-1'], affected: [affectedRow(name)] }),
  );
  await store.advisories.apply(feedUpdate({ fingerprint: 'none' }), stream([]));
  await store.advisories.apply(feedUpdate({ fingerprint: 'all', acceptShrunk: true }), stream(records));
}

test('a saved file suppresses nothing if there are too many rules with it', async (t) => {
  const [engine = assert.fail()] = storeEngines;
  const store = await engine.create(t)();
  const some = rules(...Array<string>(limits.savedRules / 2).fill('{id: CVE-2026-2, reason: full}'));
  for (const name of ['a.yaml', 'b.yaml']) await store.suppressions.save(name, some, null);
  await store.suppressions.save('c.yaml', rules('{package: x, reason: one more}'), null);
  await saveImages(store);
  const unreadable: string[] = [];
  const deps = { store, extensions, suppressions: active(store, unreadable) };
  assert.equal((await affectedBy('CVE-2026-1', { limit: 10 }, deps))?.suppressed, 0);
  assert.deepEqual(unreadable, ['c.yaml']);
  await store.suppressions.delete('a.yaml', null);
  assert.equal((await affectedBy('CVE-2026-1', { limit: 10 }, deps))?.suppressed, 1);
});

for (const engine of storeEngines) {
  test(`${engine.name}: findings that a saved rule matches affect no image`, async (t) => {
    const store = await engine.create(t)();
    await saveImages(store);
    const suppressions = active(store);
    const affected = async (): Promise<unknown> => {
      const list = await affectedBy('CVE-2026-1', { limit: 10 }, { store, extensions, suppressions });
      return [list?.images.map(({ names }) => names[0]), list?.suppressed];
    };
    assert.deepEqual(await affected(), [['x', 'y'], 0]);
    await store.suppressions.save('x.yaml', rules('{package: x, reason: not reachable}'), null);
    assert.deepEqual(await affected(), [['y'], 1]);
    await store.suppressions.save('x.yaml', rules('{package: x, reason: it was, expires: 2026-01-01}'), null);
    assert.deepEqual(await affected(), [['x', 'y'], 0]);
    await store.suppressions.save('x.yaml', rules('{package: x, reason: today, expires: 2026-01-02}'), null);
    assert.deepEqual(await affected(), [['y'], 1]);
    await store.suppressions.delete('x.yaml', null);
    assert.deepEqual(await affected(), [['x', 'y'], 0]);
  });

  test(`${engine.name}: a change is not delivered if rules suppress it in all images that it affects`, async (t) => {
    const store = await engine.create(t)();
    await saveImages(store);
    while ((await store.notifications.createFromEvents(100)) > 0);
    const due = await store.notifications.findDue(100);
    const deps = { store, extensions, suppressions: active(store) };
    const suppressed = async (): Promise<unknown> =>
      Object.fromEntries(
        await Promise.all(due.map(async (one) => [one.id, await isSuppressedEverywhere(one, deps)] as const)),
      );
    const [x, y] = ['CVE-2026-1-x', 'CVE-2026-1-y'] as const;
    assert.deepEqual(await suppressed(), { [x]: false, [y]: false });
    await store.suppressions.save('x.yaml', rules('{package: x, reason: not reachable}'), null);
    assert.deepEqual(await suppressed(), { [x]: true, [y]: false });
  });

  test(`${engine.name}: a saved file that cannot be read suppresses nothing and is reported`, async (t) => {
    const store = await engine.create(t)();
    await saveImages(store);
    const unreadable: string[] = [];
    const suppressions = active(store, unreadable);
    await store.suppressions.save('later.yaml', 'ignore: [{newSelector: x}]', null);
    await store.suppressions.save('y.yaml', rules('{package: y, reason: not reachable}'), null);
    const list = await affectedBy('CVE-2026-1', { limit: 10 }, { store, extensions, suppressions });
    assert.deepEqual(
      list?.images.map(({ names }) => names[0]),
      ['x'],
    );
    assert.deepEqual(unreadable, ['later.yaml']);
  });
}
