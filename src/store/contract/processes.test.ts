import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import {
  editionIn,
  killOnce,
  killWhileMoving,
  killWhileOpening,
  movingMs,
  openingMs,
} from '../../testing/kill-points.ts';
import {
  affectedRow,
  feedUpdate,
  hits,
  image,
  installed,
  record,
  stream,
} from '../../testing/store-content.ts';
import { type SharedEngine, sharedEngines } from '../../testing/store-engines.ts';
import { exitOf, runOnStore } from '../../testing/store-process.ts';
import { orphansIn } from './orphan-rows.ts';

const timeout = 120_000;

/** Number of kill points. `npm run fuzz:kill-points` tries many more. */
const points = 5;

const openssl = image([installed('openssl')]);

/** Creates a database and processes on it, which are killed at the end of the test. */
async function processesOn(
  context: TestContext,
  engine: SharedEngine,
  isNew = false,
): Promise<{ place: string; run: (program: string) => ChildProcess }> {
  const place = await (isNew ? engine.createEmptyLocation(context) : engine.createLocation(context));
  return {
    place,
    run: (program) => {
      const child = runOnStore(engine.name, place, program);
      context.after(() => child.kill('SIGKILL'));
      return child;
    },
  };
}

async function exitsOf(children: readonly ChildProcess[]): Promise<(number | null)[]> {
  return await Promise.all(children.map(exitOf));
}

for (const engine of sharedEngines) {
  test(`${engine.name}: creates the tables once when several processes start simultaneously`, {
    timeout,
  }, async (t) => {
    const { place, run } = await processesOn(t, engine, true);
    const children = Array.from({ length: 4 }, () =>
      run(`
        await store.images.save(content.image([content.installed('openssl')]));
        await store.images.save(content.image([], String(process.pid)));
        await store[Symbol.asyncDispose]();`),
    );
    assert.deepEqual(await exitsOf(children), [0, 0, 0, 0]);
    await using store = await engine.open(place);
    const { rows } = await store.statistics();
    assert.deepEqual([rows['image'], rows['namespace']], [5, 1]);
  });

  test(`${engine.name}: keeps the complete old or new content when a process is killed at any point`, {
    timeout,
  }, async (t) => {
    const place = await engine.createLocation(t);
    for (let i = 0; i < points; i++) await killOnce(engine, place, (i + Math.random()) / points);
  });

  test(`${engine.name}: lets other processes go on when one is killed during the migrations`, {
    timeout,
  }, async (t) => {
    const spanMs = await openingMs(engine, await engine.createEmptyLocation(t));
    for (const point of [0.25, 0.5, 0.75])
      await killWhileOpening(engine, await engine.createEmptyLocation(t), point * spanMs);
  });

  test(`${engine.name}: moves all images of an earlier program when a process is killed meanwhile`, {
    timeout,
  }, async (t) => {
    const spanMs = await movingMs(engine, await engine.createEmptyLocation(t));
    for (const point of [0.5, 0.75])
      await killWhileMoving(engine, await engine.createEmptyLocation(t), point * spanMs);
  });

  test(`${engine.name}: lets readers see one complete edition while a process applies another`, {
    timeout,
  }, async (t) => {
    const { place, run } = await processesOn(t, engine);
    // One edition for each signal: a reader that is slower than the process would never see the same one before and after.
    const child = run(`
      let wake = () => {};
      process.on('SIGUSR2', () => wake());
      setInterval(() => {}, 60_000);
      for (let i = 0; ; i++) {
        await apply(String(i), 200);
        say(i);
        await new Promise((resolve) => { wake = resolve; });
      }`);
    assert.ok(child.stdout !== null);
    await once(child.stdout, 'data');
    await using store = await engine.open(place);
    const seen = new Set<string>();
    while (seen.size < 4) {
      child.kill('SIGUSR2');
      seen.add(await editionIn(store, 200));
    }
  });

  test(`${engine.name}: reports to each of two updaters of one feed whether it won`, {
    timeout,
  }, async (t) => {
    const { place, run } = await processesOn(t, engine);
    const updater = `
      let [won, lost] = [0, 0];
      for (let i = 0; i < 15; i++)
        await apply(process.pid + ' ' + i, 50).then(() => won++, (error) => {
          if (!/was applied by another process at the same time/.test(error.message)) throw error;
          lost++;
        });
      say(JSON.stringify([won, lost]));
      await store[Symbol.asyncDispose]();`;
    const children = [run(updater), run(updater)];
    const outputs = children.map(async ({ stdout }) => {
      assert.ok(stdout !== null);
      return JSON.parse(String(await stdout.toArray())) as [number, number];
    });
    const results = await Promise.all(outputs);
    assert.deepEqual(await exitsOf(children), [0, 0]);
    await using store = await engine.open(place);
    await editionIn(store, 50);
    const won = results.reduce((sum, [of]) => sum + of, 0);
    // Each application of the feed stores each record exactly once.
    assert.equal((await store.statistics()).rows['vulnerability'], 50 * won);
    assert.ok(won >= 15 && results.every(([a, b]) => a + b === 15), JSON.stringify(results));
  });

  test(`${engine.name}: stores once what several processes save simultaneously`, {
    timeout,
  }, async (t) => {
    const { place, run } = await processesOn(t, engine);
    const children = Array.from({ length: 3 }, (_, child) =>
      run(`
        for (let i = 0; i < 20; i++) {
          const namespace = { name: 'debian:' + i, versionScheme: 'dpkg' };
          await Promise.all([
            store.images.save(content.image([content.installed('openssl', { namespace })], 'image ' + i)),
            store.layers.save('layer ' + i, '', emptyLayer),
            apply(String(i), 20, 'feed ' + ${child}),
          ]);
        }
        await store[Symbol.asyncDispose]();`),
    );
    assert.deepEqual(await exitsOf(children), [0, 0, 0]);
    await using store = await engine.open(place);
    const { rows } = await store.statistics();
    const {
      image: images,
      image_set: parts,
      package_set: sets,
      layer,
      namespace,
      feed,
      vulnerability,
    } = rows;
    assert.deepEqual(
      { images, parts, sets, layer, namespace, feed, vulnerability },
      { images: 20, parts: 20, sets: 20, layer: 20, namespace: 20, feed: 3, vulnerability: 3 * 20 * 20 },
    );
  });

  test(`${engine.name}: does not delete shared packages while other processes save images with them`, {
    timeout,
  }, async (t) => {
    const { place, run } = await processesOn(t, engine);
    const now = { keepHistoryMs: 0, keepEventsMs: 0, keepLayersUnusedMs: 0 };
    const collector = run(`for (;;) await store.collectGarbage(${JSON.stringify(now)});`);
    const savers = [1, -1].map((direction) =>
      run(`
        const names = Array.from({ length: 150 }, (_, i) => 'package-' + i);
        if (${direction} < 0) names.reverse();
        for (let i = 0; i < 40; i++) {
          const packages = names.slice(i, i + 100).map((name) => content.installed(name));
          const number = await store.images.save(content.image(packages, process.pid + ' ' + i));
          const found = await store.images.findByNumber(number).catch((error) => {
            if (!/there is no image/.test(error.message)) throw error;
          });
          // Garbage collection may delete the image meanwhile.
          if (found !== undefined && found.packages.length !== 100) throw new Error('packages are missing');
        }
        await store[Symbol.asyncDispose]();`),
    );
    assert.deepEqual(await exitsOf(savers), [0, 0]);
    collector.kill('SIGKILL');
    await exitOf(collector);
    await using store = await engine.open(place, { now: () => Date.now() + 1000 });
    await store.collectGarbage(now);
    const { rows } = await store.statistics();
    const {
      image: images,
      image_set: parts,
      package_set: sets,
      set_package: listed,
      package: packages,
    } = rows;
    assert.deepEqual(
      { images, parts, sets, listed, packages },
      { images: 0, parts: 0, sets: 0, listed: 0, packages: 0 },
    );
  });

  test(`${engine.name}: leaves no row without its parent when others delete images and names`, {
    timeout,
  }, async (t) => {
    const { place, run } = await processesOn(t, engine);
    const now = { keepHistoryMs: 0, keepEventsMs: 0, keepLayersUnusedMs: 0 };
    const deleter = run(`
      for (;;) {
        await store.namedLayers.remove('base');
        await store.collectGarbage(${JSON.stringify(now)});
      }`);
    const posters = ['one', 'two'].map((poster) =>
      run(`
        // An image may be deleted before it gets a name, and a layer before it gets a child.
        const orMissing = (work) => work.catch((error) => {
          if (!/foreign key|it was deleted|there is no/i.test(error.message)) throw error;
        });
        for (let i = 0; i < 30; i++) {
          const packages = [content.installed('package-' + (i % 7)), content.installed('package-' + i)];
          const image = await store.images.save(content.image(packages, '${poster} ' + i));
          await orMissing(store.ancestries.save(content.ancestry('${poster}' + (i % 3), image)));
          const layer = { image, format: 'Docker', engineVersion: 3 };
          await orMissing(store.namedLayers.save({ name: 'base', parent: null, ...layer }));
          await orMissing(store.namedLayers.save({ name: '${poster} ' + i, parent: 'base', ...layer }));
        }
        await store[Symbol.asyncDispose]();`),
    );
    assert.deepEqual(await exitsOf(posters), [0, 0]);
    deleter.kill('SIGKILL');
    await exitOf(deleter);
    assert.deepEqual(await orphansIn(place), []);
  });

  test(`${engine.name}: saves and matches images while feeds are applied`, { timeout }, async (t) => {
    const { place, run } = await processesOn(t, engine);
    await using store = await engine.open(place);
    const ours = feedUpdate({ feed: 'ours' });
    await store.advisories.apply(ours, stream([record('A', { affected: [affectedRow('curl')] })]));
    const child = run(`
      for (let i = 0; i < 10; i++) await apply(String(i), 200);
      await store[Symbol.asyncDispose]();`);
    for (let i = 0; child.exitCode === null; i++) {
      const index = image([installed('curl'), installed('openssl')], `image ${i}`);
      const found = await hits(store, index);
      assert.equal(found[0], 'curl A');
      assert.ok(found.length === 1 || found.length === 201, String(found.length));
      await new Promise(setImmediate);
    }
    assert.equal(child.exitCode, 0);
    assert.equal((await hits(store, openssl)).length, 200);
  });
}
