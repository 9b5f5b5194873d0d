import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { AdvisorySource } from '../../plugin/advisory-source.ts';
import { record, stream } from '../../testing/store-content.ts';
import { storeEngines } from '../../testing/store-engines.ts';
import { type UpdatingRoom, updateFeeds } from './update-feeds.ts';

const start = Date.parse('2026-03-01T00:00:00Z');

/** A source that always has something new, and counts how often it is asked. */
function counting(): { readonly source: AdvisorySource; readonly asked: () => number } {
  let asked = 0;
  const source: AdvisorySource = {
    name: 'debian',
    version: 1,
    feeds: ['tracker'],
    wants: [],
    feedsOf: () => [],
    fetch: () =>
      Promise.resolve({ url: 'https://vendor.test/', body: stream([]), fingerprint: `${++asked}` }),
    parse: () => stream([{ ...record('CVE-1'), affected: [] }]),
  } as never;
  return { source, asked: () => asked };
}

/** What updating needs, with a clock that `tick` moves and another process that holds the feed for the first tries. */
async function place(
  context: TestContext,
  { tickMs = 0, heldFor = 0 },
): Promise<{ readonly room: UpdatingRoom; readonly setClock: (ms: number) => void }> {
  const [sqlite] = storeEngines;
  assert.ok(sqlite !== undefined);
  let now = start;
  const pass = (ms: number) => {
    now += ms;
    return now;
  };
  const store = await sqlite.create(context)({ now: () => now });
  const held = heldFor > 0 && (await store.locks.acquire('update debian/tracker', 'another', heldFor));
  assert.equal(held, heldFor > 0);
  const room: UpdatingRoom = {
    store,
    schemes: [],
    client: {} as never,
    origin: 'upstream',
    youngerThanMs: 0,
    now: () => new Date(pass(tickMs)),
    owner: 'test',
    patienceMs: 60_000,
    sleep: (ms) => Promise.resolve(pass(ms)),
    onProgress: () => undefined,
  };
  return { room, setClock: (ms) => (now = ms) };
}

async function outcomeOf(source: AdvisorySource, room: UpdatingRoom): Promise<string | undefined> {
  const [only] = await updateFeeds([{ source, feed: 'tracker' }], room);
  return only?.outcome;
}

test('who asks for a feed gets it asked for, however recently that was done', async (context) => {
  const { source, asked } = counting();
  // A store that takes a moment to lock is no other process that was waited for.
  const { room } = await place(context, { tickMs: 1 });
  for (const times of [1, 2, 3]) {
    assert.equal(await outcomeOf(source, room), 'updated');
    assert.equal(asked(), times);
  }
});

test('who waited for another process that asked meanwhile does not ask again', async (context) => {
  const { source, asked } = counting();
  const { room } = await place(context, { heldFor: 1000 });
  const other: UpdatingRoom = { ...room, owner: 'another' };
  let isFirst = true;
  const waiting: UpdatingRoom = {
    ...room,
    sleep: async (ms) => {
      if (isFirst) assert.equal(await outcomeOf(source, other), 'updated');
      isFirst = false;
      return room.sleep(ms);
    },
  };
  assert.equal(await outcomeOf(source, waiting), 'current');
  assert.equal(asked(), 1);
});

test('a feed that was checked in the future is asked for: one of the clocks is wrong', async (context) => {
  const { source, asked } = counting();
  const { room, setClock } = await place(context, {});
  const hourly: UpdatingRoom = { ...room, youngerThanMs: 3_600_000 };
  assert.equal(await outcomeOf(source, hourly), 'updated');
  assert.equal(await outcomeOf(source, hourly), 'current');
  setClock(start - 1);
  assert.equal(await outcomeOf(source, hourly), 'updated');
  assert.equal(asked(), 2);
});
