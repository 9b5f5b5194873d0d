import assert from 'node:assert/strict';
import { once } from 'node:events';
import { assertImageMoved, fillOldImages } from '../store/contract/old-images.ts';
import { orphansIn } from '../store/contract/orphan-rows.ts';
import { sharePackageSets } from '../store/sql/migrations/0012-package-sets.ts';
import type { Store } from '../store/store.ts';
import { openBareEngine } from './bare-engines.ts';
import {
  assertJobIsComplete,
  assertLastEdition,
  assertLockIsHeld,
  killWriter,
  takeOverJob,
  takeOverLock,
  writerLeaseMs,
} from './killed-writer.ts';
import { migrateTo } from './migrate-to.ts';
import { changeCounts, documentOf, feedUpdate, image, installed, record, stream } from './store-content.ts';
import type { SharedEngine } from './store-engines.ts';
import { exitOf, runProgram } from './store-process.ts';

/** Number of records of each edition of the feeds. */
const records = 200;

const openssl = image([installed('openssl')]);

/**
 * Kills a looping writer at a point of a round; 0 is its beginning and 1 its end. Asserts that each feed, image and name is complete, and
 * that nothing is missing that the writer reported. Then takes over the lock and the job of the writer.
 */
export async function killOnce(engine: SharedEngine, place: string, point: number): Promise<void> {
  const writer = await killWriter(engine, place, { point, records });
  {
    await using store = await engine.open(place);
    const edition = await editionIn(store);
    assertLastEdition(writer, 'advisories', edition);
    await assertDocumentsAreKnown(store, edition);
    assertLastEdition(writer, 'ratings', await enrichmentsIn(store));
    assertLastEdition(writer, 'image', await imageIn(store));
    await assertConsistent(store);
    assert.deepEqual(await orphansIn(place), []);
    await assertLockIsHeld(store, writer);
    await assertJobIsComplete(store, writer);
  }
  await using later = await engine.open(place, { now: () => Date.now() + writerLeaseMs });
  await takeOverLock(later, writer);
  await takeOverJob(later, writer);
}

/** Asserts that the documents of an edition are known, and that others are read. */
async function assertDocumentsAreKnown(store: Store, edition: string): Promise<void> {
  const [, round] = edition.split(' ');
  const severity = Number(round) % 2 === 0 ? 'High' : 'Low';
  let reads = 0;
  const documents = Array.from({ length: records }, (_, i) =>
    documentOf([record(`CVE-${i}`, { description: edition, severity })], () => reads++),
  );
  const update = feedUpdate({ fingerprint: edition, program: '1.0.0' });
  const counts = await store.advisories.apply(update, stream(documents));
  assert.deepEqual([counts, reads], [changeCounts({ unchanged: records }), 0]);
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

/** Returns the edition of the image with the name. One of its packages is in a set that all editions share, and one in a set of its own. */
async function imageIn(store: Store): Promise<string> {
  const { identity, packages } = await store.images.findByNumber(
    (await store.ancestries.find('latest'))?.image ?? assert.fail(),
  );
  assert.deepEqual(
    packages.map(({ name, location }) => [name, location.layer]),
    [
      ['curl', null],
      [identity, 'sha256:two'],
    ],
  );
  return identity;
}

/** Asserts that related rows exist together or not. */
async function assertConsistent(store: Store): Promise<void> {
  const { rows } = await store.statistics();
  assert.equal(rows['affected'], rows['vulnerability']);
  assert.equal((rows['vulnerability'] ?? 0) % records, 0);
  // The writer removes the image of an edition after the next one.
  const editions = (rows['image'] ?? 0) - 1;
  assert.ok(editions === 1 || editions === 2, `${editions} images are in the store`);
  // One set and package of the matched image, one that the editions share, and one of each edition.
  const sets = 2 + editions;
  assert.deepEqual([rows['package_set'], rows['set_package'], rows['package']], [sets, sets, sets]);
  assert.equal(rows['image_set'], 1 + 2 * editions);
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
