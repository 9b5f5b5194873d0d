import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Store } from '../store/store.ts';
import { feedUpdate, image, installed, record, stream } from './store-content.ts';
import type { SharedEngine } from './store-engines.ts';
import { exitOf, runOnStore, runProgram } from './store-process.ts';

/** Records of each edition of the feeds that are being applied. */
const records = 200;

const openssl = image([installed('openssl')]);

/**
 * Does all that is written to a store over and over, each time in another edition, until it is killed: applies a feed of
 * advisories whose meaning changes and one of enrichments, saves images and layers, names them and takes the names away, and
 * throws away what is past its time, which is at once.
 */
const writerProgram = `
  function* scores(edition) {
    for (let i = 0; i < ${records}; i++) yield { id: 'CVE-' + i, description: edition };
  }
  for (let i = 0; ; i++) {
    const name = process.pid + ' ' + i;
    await apply(name, ${records}, 'tracker', { severity: i % 2 === 0 ? 'High' : 'Low' });
    const epss = content.feedUpdate({ source: 'epss', feed: 'scores', fingerprint: name });
    await store.enrichments.apply(epss, content.stream(scores(name)));
    const image = await store.images.save(content.image([content.installed('curl')], name));
    await store.layers.save(name, '', emptyLayer);
    await store.ancestries.save(content.ancestry('latest', image));
    await store.namedLayers.remove('base');
    const layer = { image, format: 'Docker', engineVersion: 3 };
    await store.namedLayers.save({ name: 'base', parent: null, ...layer });
    await store.namedLayers.save({ name: 'top', parent: 'base', ...layer });
    await store.collectGarbage({ keepHistoryMs: 0, keepEventsMs: 0, keepLayersUnusedMs: 0 });
    say(name);
  }`;

/**
 * Kills a process that writes all the time at a point of what it does over and over, 0 being the beginning and 1 the end, and
 * makes sure that each feed is in the store in one edition as a whole, with its fingerprint and its events, that no image and no
 * name is there by half, that what the process had said it had done is done, and that others can write.
 */
export async function killOnce(engine: SharedEngine, place: string, point: number): Promise<void> {
  const child = runOnStore(engine.name, place, writerProgram);
  let output = '';
  child.stdout?.on('data', (text: Buffer) => {
    output += text.toString();
  });
  assert.ok(child.stdout !== null);
  await once(child.stdout, 'data');
  const start = performance.now();
  await once(child.stdout, 'data');
  const roundMs = performance.now() - start;
  await new Promise((resolve) => setTimeout(resolve, point * roundMs));
  child.kill('SIGKILL');
  await exitOf(child);
  await using store = await engine.open(place);
  const last = Number(output.trimEnd().split('\n').at(-1)?.split(' ')[1]);
  for (const edition of [await editionIn(store), await enrichmentsIn(store), await imageIn(store)]) {
    const [process, number] = edition.split(' ').map(Number);
    assert.equal(process, child.pid);
    assert.ok(number === last || number === last + 1, `${edition} is in the store, ${last} was said`);
  }
  await assertConsistent(store);
  assert.equal(await store.locks.acquire(`after ${output}`, 'somebody else', 1), true);
}

/** The edition of the records in the store; fails when they are of several, or not all there, or not the one that is noted. */
export async function editionIn(store: Store, size = records): Promise<string> {
  // Another process may apply the next one between two looks.
  for (;;) {
    const [before] = await store.advisories.findFeedStates();
    const found = await store.images.findMatches(await store.images.save(openssl));
    const [after] = await store.advisories.findFeedStates();
    if (before?.fingerprint !== after?.fingerprint) continue;
    assert.equal(found.length, size);
    assert.deepEqual([...new Set(found.map(({ description }) => description))], [before?.fingerprint]);
    return before?.fingerprint ?? assert.fail();
  }
}

/** The edition of the enrichments. */
async function enrichmentsIn(store: Store): Promise<string> {
  const feed = { source: 'epss', feed: 'scores' };
  const state = (await store.advisories.findFeedStates()).find(({ source }) => source === feed.source);
  const found = await store.enrichments.pageByFeed(feed, { limit: 2 * records });
  assert.equal(found.length, records);
  assert.deepEqual([...new Set(found.map(({ description }) => description))], [state?.fingerprint]);
  return state?.fingerprint ?? assert.fail();
}

/** The edition that the image with the name is of. */
async function imageIn(store: Store): Promise<string> {
  const { identity, packages } = await store.images.findByNumber(
    (await store.ancestries.find('latest'))?.image ?? assert.fail(),
  );
  assert.equal(packages.length, 1);
  return identity;
}

/** What belongs together is there together, or gone together. */
async function assertConsistent(store: Store): Promise<void> {
  const { rows } = await store.statistics();
  assert.equal(rows['affected'], rows['vulnerability']);
  assert.equal((rows['vulnerability'] ?? 0) % records, 0);
  assert.equal(rows['image_package'], rows['image']);
  // Of the image with the name, and of the one that was matched.
  assert.equal(rows['package'], 2);
  const events = await store.events.findAfter(0, 100 * records);
  assert.equal(events.length % records, 0);
  const referenced = new Set(events.flatMap(({ old, new: now }) => [old ?? [], now ?? []].flat()));
  assert.equal((await store.vulnerabilities.findByNumbers([...referenced])).length, referenced.size);
  const top = await store.namedLayers.findChain('top');
  assert.ok(top.length === 0 || top.length === 2, JSON.stringify(top));
}

/** How long a process takes to open a store at a place. */
export async function openingMs(engine: SharedEngine, place: string): Promise<number> {
  const child = runProgram(engine.name, place, openingProgram);
  assert.ok(child.stdout !== null);
  await once(child.stdout, 'data');
  const start = performance.now();
  await once(child.stdout, 'data');
  const tookMs = performance.now() - start;
  child.kill('SIGKILL');
  await exitOf(child);
  return tookMs;
}

const openingProgram = `
  say('begins');
  await open();
  say('is open');
  setTimeout(() => undefined, 60_000);`;

/**
 * Kills a process so long after it began to open a store at a place without tables, and makes sure that whoever comes next has a
 * store like any other.
 */
export async function killWhileOpening(engine: SharedEngine, place: string, afterMs: number): Promise<void> {
  const child = runProgram(engine.name, place, openingProgram);
  assert.ok(child.stdout !== null);
  await once(child.stdout, 'data');
  await new Promise((resolve) => setTimeout(resolve, afterMs));
  child.kill('SIGKILL');
  await exitOf(child);
  await using store = await engine.open(place);
  const { rows } = await store.statistics();
  assert.deepEqual([...new Set(Object.values(rows))], [0]);
  await store.advisories.apply(feedUpdate(), stream([record('A')]));
  assert.equal((await store.images.findMatches(await store.images.save(openssl))).length, 1);
}
