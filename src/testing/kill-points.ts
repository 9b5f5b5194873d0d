import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Store } from '../store/store.ts';
import { image, installed } from './store-content.ts';
import type { SharedEngine } from './store-engines.ts';
import { exitOf, runOnStore } from './store-process.ts';

/** Records of each edition of the feed that is being applied. */
const records = 200;

const openssl = image([installed('openssl')]);

/** Applies one edition after the other, and saves layers and images in between, until it is killed. */
const endless = `
  for (let i = 0; ; i++) {
    const name = process.pid + ' ' + i;
    await apply(name, ${records});
    await store.images.save(content.image([content.installed('curl')], name));
    await store.layers.save(name, '', emptyLayer);
    say(name);
  }`;

/**
 * Kills a process that writes all the time at a point of what it does over and over, 0 being the beginning and 1 the end, and
 * makes sure that one edition is in the store as a whole and with its own fingerprint, that what the process had said it had done
 * is done, and that others can write.
 */
export async function killOnce(engine: SharedEngine, place: string, point: number): Promise<void> {
  const child = runOnStore(engine.name, place, endless);
  let said = '';
  child.stdout?.on('data', (text: Buffer) => {
    said += text.toString();
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
  const edition = await editionIn(store);
  const last = Number(said.trimEnd().split('\n').at(-1)?.split(' ')[1]);
  const [process, number] = edition.split(' ').map(Number);
  assert.equal(process, child.pid);
  assert.ok(number === last || number === last + 1, `${edition} is in the store, ${last} was said`);
  const { rows } = await store.statistics();
  assert.equal(rows['affected'], rows['vulnerability']);
  await store.locks.acquire('after', edition, 1);
}

/** The edition of the records in the store; fails when they are of several, or not all there, or not the one that is noted. */
export async function editionIn(store: Store, size = records): Promise<string> {
  // Another process may apply the next one between two looks.
  for (;;) {
    const [before] = await store.advisories.feedStates();
    const found = await store.images.matches(await store.images.save(openssl));
    const [after] = await store.advisories.feedStates();
    if (before?.fingerprint !== after?.fingerprint) continue;
    assert.equal(found.length, size);
    assert.deepEqual([...new Set(found.map(({ description }) => description))], [before?.fingerprint]);
    return before?.fingerprint ?? assert.fail();
  }
}
