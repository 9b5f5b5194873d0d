import assert from 'node:assert/strict';
import { once } from 'node:events';
import { assertImageMoved, fillOldImages } from '../store/contract/old-images.ts';
import { orphansIn } from '../store/contract/orphan-rows.ts';
import { sharePackageSets } from '../store/sql/migrations/0012-package-sets.ts';
import type { Store } from '../store/store.ts';
import { openBareEngine } from './bare-engines.ts';
import { migrateTo } from './migrate-to.ts';
import { feedUpdate, image, installed, record, stream } from './store-content.ts';
import type { SharedEngine } from './store-engines.ts';
import { exitOf, runOnStore, runProgram } from './store-process.ts';

/** Duration of the lease of a job. */
const leaseMs = 60_000;

/** Number of records of each edition of the feeds. */
const records = 200;

const openssl = image([installed('openssl')]);

/**
 * Performs all writes to a store in a loop until it is killed, each round in another edition. It applies a feed of advisories
 * with significant changes, and a feed of enrichments under a lock that expires at once. It saves images and layers, adds and
 * removes their names, and collects garbage with zero retention as a job that every second time fails.
 */
const writerProgram = `
  const collection = { name: 'collect ' + process.pid, kind: 'collect', lane: 'maintenance' };
  function* scores(edition) {
    for (let i = 0; i < ${records}; i++) yield { id: 'CVE-' + i, description: edition };
  }
  for (let i = 0; ; i++) {
    const name = process.pid + ' ' + i;
    await apply(name, ${records}, 'tracker', { severity: i % 2 === 0 ? 'High' : 'Low' });
    const lease = await store.locks.acquire('writer', name, 0);
    const epss = content.feedUpdate({ source: 'epss', feed: 'scores', fingerprint: name, lease });
    await store.enrichments.apply(epss, content.stream(scores(name)));
    await store.locks.release(lease);
    const image = await store.images.save(content.image([content.installed('curl')], name));
    await store.layers.save(name, '', emptyLayer);
    await store.ancestries.save(content.ancestry('latest', image));
    await store.namedLayers.remove('base');
    const layer = { image, format: 'Docker', engineVersion: 3 };
    await store.namedLayers.save({ name: 'base', parent: null, ...layer });
    await store.namedLayers.save({ name: 'top', parent: 'base', ...layer });
    await store.jobs.schedule([collection]);
    const [job] = await store.jobs.claim([collection.name], { limit: 1, owner: name, forMs: ${leaseMs} });
    await store.collectGarbage({ keepHistoryMs: 0, keepEventsMs: 0, keepLayersUnusedMs: 0 }, job.lease);
    if (i % 2 === 0) await store.jobs.complete(job.lease, store.now());
    else await store.jobs.fail(job.lease, name, store.now());
    say(name);
  }`;

/**
 * Kills a looping writer at a point of a round; 0 is its beginning and 1 its end. Asserts that each feed is stored in one complete
 * edition with its fingerprint and events, and that no image or name is incomplete. Also asserts that all reported rounds are
 * stored and that other processes can write.
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
    assert.ok(number === last || number === last + 1, `${edition} is in the store, ${last} was reported`);
  }
  await assertConsistent(store);
  assert.deepEqual(await orphansIn(place), []);
  assert.ok(await store.locks.acquire('writer', 'another owner', 0));
  await assertJobIsFree(engine, place, `collect ${child.pid}`);
}

/** Asserts that the job of a killed process has one whole outcome, and that another process can run it once its lease has expired. */
async function assertJobIsFree(engine: SharedEngine, place: string, name: string): Promise<void> {
  await using store = await engine.open(place, { now: () => Date.now() + leaseMs });
  const job = (await store.jobs.findAll()).find((one) => one.name === name) ?? assert.fail();
  const [claimed = assert.fail()] = await store.jobs.claim([name], {
    limit: 1,
    owner: 'another',
    forMs: leaseMs,
  });
  assert.deepEqual([job.state, claimed.attempt], ['waiting', job.attempt + 1]);
  await store.jobs.handBack(claimed.lease);
}

/** Returns the edition of the records in the store. Fails if they are of several, incomplete, or differ from the fingerprint. */
export async function editionIn(store: Store, size = records): Promise<string> {
  // Another process may apply the next edition between two queries.
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

/** Returns the edition of the enrichments. */
async function enrichmentsIn(store: Store): Promise<string> {
  const feed = { source: 'epss', feed: 'scores' };
  const state = (await store.advisories.findFeedStates()).find(({ source }) => source === feed.source);
  const found = await store.enrichments.pageByFeed(feed, { limit: 2 * records });
  assert.equal(found.length, records);
  assert.deepEqual([...new Set(found.map(({ description }) => description))], [state?.fingerprint]);
  return state?.fingerprint ?? assert.fail();
}

/** Returns the edition of the image with the name. */
async function imageIn(store: Store): Promise<string> {
  const { identity, packages } = await store.images.findByNumber(
    (await store.ancestries.find('latest'))?.image ?? assert.fail(),
  );
  assert.equal(packages.length, 1);
  return identity;
}

/** Asserts that related rows exist together or not. */
async function assertConsistent(store: Store): Promise<void> {
  const { rows } = await store.statistics();
  assert.equal(rows['affected'], rows['vulnerability']);
  assert.equal((rows['vulnerability'] ?? 0) % records, 0);
  assert.equal(rows['image_set'], rows['image']);
  // One of the image with the name, and one of the matched image.
  assert.deepEqual([rows['package_set'], rows['set_package'], rows['package']], [2, 2, 2]);
  const events = await store.events.findAfter(0, 100 * records);
  assert.equal(events.length % records, 0);
  const referenced = new Set(events.flatMap(({ old, new: now }) => [old ?? [], now ?? []].flat()));
  assert.equal((await store.vulnerabilities.findByNumbers([...referenced])).length, referenced.size);
  const top = await store.namedLayers.findChain('top');
  assert.ok(top.length === 0 || top.length === 2, JSON.stringify(top));
}

/** Returns how many milliseconds a process takes to open a store at a location. */
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

/** Kills a process `afterMs` after it began to open a store at a location. */
async function killOpening(engine: SharedEngine, place: string, afterMs: number): Promise<void> {
  const child = runProgram(engine.name, place, openingProgram);
  assert.ok(child.stdout !== null);
  await once(child.stdout, 'data');
  await new Promise((resolve) => setTimeout(resolve, afterMs));
  child.kill('SIGKILL');
  await exitOf(child);
}

/**
 * Kills a process `afterMs` after it began to open a store at a location without tables. Asserts that the next process gets a
 * working store.
 */
export async function killWhileOpening(engine: SharedEngine, place: string, afterMs: number): Promise<void> {
  await killOpening(engine, place, afterMs);
  await using store = await engine.open(place);
  const { rows } = await store.statistics();
  assert.deepEqual([...new Set(Object.values(rows))], [0]);
  await store.advisories.apply(feedUpdate(), stream([record('A')]));
  assert.equal((await store.images.findMatches(await store.images.save(openssl))).length, 1);
}

/** Number of images of `killWhileMoving`: the migration moves them in several transactions. */
const movedImages = 1_000;

/**
 * Fills a location with images of an earlier program, and kills a process `afterMs` after it began to open the store. Asserts that the next
 * process finds every image with all of its packages.
 */
export async function killWhileMoving(engine: SharedEngine, place: string, afterMs: number): Promise<void> {
  await fillPlace(engine, place);
  await killOpening(engine, place, afterMs);
  await using store = await engine.open(place);
  const { rows } = await store.statistics();
  assert.deepEqual([rows['image'], rows['package_set'], rows['package']], [movedImages, 2, 3]);
  for (let image = 1; image <= movedImages; image += 97) await assertImageMoved(store, image);
  assert.equal(rows['image_set'], movedImages + Math.floor(movedImages / 3));
}

/** Returns how many milliseconds a process takes to open a store with images of an earlier program. */
export async function movingMs(engine: SharedEngine, place: string): Promise<number> {
  await fillPlace(engine, place);
  return await openingMs(engine, place);
}

async function fillPlace(engine: SharedEngine, place: string): Promise<void> {
  await using before = await openBareEngine(engine.name, place);
  await migrateTo(before, sharePackageSets);
  await fillOldImages(before, movedImages);
}
