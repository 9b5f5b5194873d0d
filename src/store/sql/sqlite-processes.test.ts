import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { affectedRow, feedUpdate, image, installed, record, stream } from '../../testing/store-content.ts';
import { temporaryDirectory } from '../../testing/store-engines.ts';
import type { Store } from '../store.ts';
import { openSqliteStore } from './sqlite-store.ts';

const recordsOfFeed = 500;
const openssl = image([installed('openssl')]);

/** What every child knows: the store, and a feed whose records all tell which edition they are of. */
const preamble = `
  const { openSqliteStore } = await import(${JSON.stringify(new URL('sqlite-store.ts', import.meta.url).href)});
  const content = await import(${JSON.stringify(new URL('../../testing/store-content.ts', import.meta.url).href)});
  const store = await openSqliteStore(process.argv[1]);
  function* edition(description) {
    for (let i = 0; i < ${recordsOfFeed}; i++) yield content.record('CVE-' + i, { description });
  }
  const apply = (description) => store.advisories.apply(content.feedUpdate(), content.stream(edition(description)));
`;

/** Runs a program on the database in a process of its own, which is killed when the test ends. */
function run(context: TestContext, path: string, program: string): ChildProcess {
  const child = spawn(process.execPath, ['--input-type=module', '-e', preamble + program, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  context.after(() => child.kill('SIGKILL'));
  return child;
}

/** The edition of the records in the database; fails when they are of several, or not all there. */
async function editionIn(store: Store): Promise<string> {
  const found = await store.images.matches(await store.images.save(openssl));
  const editions = new Set(found.map(({ description }) => description));
  assert.equal(found.length, recordsOfFeed);
  assert.equal(editions.size, 1, [...editions].join(' and '));
  return String([...editions]);
}

test('a process killed while it applies a feed leaves the old content whole', {
  timeout: 60_000,
}, async (t) => {
  const path = join(temporaryDirectory(t), 'clair.db');
  for (const round of [1, 2, 3]) {
    const child = run(
      t,
      path,
      `for (let i = 1; ; i++) { await apply(process.pid + ' ' + i); process.stdout.write(String(i)); }`,
    );
    assert.ok(child.stdout !== null);
    await once(child.stdout, 'data');
    await using store = await openSqliteStore(path);
    // Readers see one edition or the other while the process writes, and so they do after it was killed at any point.
    for (let i = 0; i < 7 * round; i++) await editionIn(store);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const last = await editionIn(store);
    assert.match(last, new RegExp(`^${child.pid} `));
    await store.advisories.apply(feedUpdate(), stream([record('A')]));
    assert.equal((await store.images.matches(await store.images.save(openssl))).length, 1);
  }
});

test('processes that start at once make the tables once', { timeout: 60_000 }, async (t) => {
  const path = join(temporaryDirectory(t), 'deep', 'clair.db');
  const program = `
    await store.images.save(content.image([content.installed('openssl')]));
    await store.images.save(content.image([], process.pid));
    await store[Symbol.asyncDispose]();`;
  const children = Array.from({ length: 4 }, () => run(t, path, program));
  const codes = await Promise.all(children.map(async (child) => (await once(child, 'exit'))[0] as number));
  assert.deepEqual(codes, [0, 0, 0, 0]);
  await using store = await openSqliteStore(path);
  assert.equal((await store.statistics()).rows['image'], 5);
});

test('processes write at the same time without losing anything', { timeout: 60_000 }, async (t) => {
  const path = join(temporaryDirectory(t), 'clair.db');
  await using store = await openSqliteStore(path);
  const child = run(
    t,
    path,
    `for (let i = 0; i < 20; i++) { await apply('theirs'); await store.layers.save('child ' + i, '', { contents: [] }); }
     await store[Symbol.asyncDispose]();`,
  );
  const exit = once(child, 'exit');
  const ours = feedUpdate({ feed: 'ours' });
  for (let i = 0; i < 20; i++) {
    const description = String(i);
    await store.advisories.apply(
      ours,
      stream([record('A', { description, affected: [affectedRow('curl')] })]),
    );
    await store.images.save(image([], `image ${i}`));
  }
  assert.equal((await exit)[0], 0);
  const { rows } = await store.statistics();
  assert.equal(rows['vulnerability'], recordsOfFeed + 20);
  assert.equal(rows['image'], 20);
  assert.equal(rows['layer'], 20);
});
