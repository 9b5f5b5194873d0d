import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { type TestContext, test } from 'node:test';
import { limits } from '../../../core/limits.ts';
import { severities } from '../../../model/severity.ts';
import type { KeyedVulnerabilityRecord } from '../../../store/advisory-store.ts';
import type { Store } from '../../../store/store.ts';
import { startApiServer } from '../../../testing/api-server.ts';
import { type EventStream, followStream, type StreamedEvent } from '../../../testing/event-stream.ts';
import {
  affectedRow,
  ancestry,
  feedUpdate,
  image,
  installed,
  record,
  stream,
} from '../../../testing/store-content.ts';
import { storeEngines } from '../../../testing/store-engines.ts';
import { ListLimiter } from '../list-limiter.ts';
import { routerOf } from '../router.ts';
import type { NativeDeps } from './deps.ts';
import { nativeRoutes } from './routes.ts';

async function apply(store: Store, records: readonly KeyedVulnerabilityRecord[]): Promise<void> {
  await store.advisories.apply(feedUpdate({ acceptShrunk: true }), stream(records));
}

/** Starts a server of the native routes on a store with events. Waiting followers continue when `ring` is called. */
async function startServer(
  context: TestContext,
  records: readonly KeyedVulnerabilityRecord[],
  change: Partial<NativeDeps> = {},
  options: { readonly now?: () => number } = {},
) {
  const [, engine = assert.fail()] = storeEngines;
  const store = await engine.create(context)(options);
  await apply(store, []);
  await apply(store, records);
  const waiting = new Set<() => void>();
  const followers = new Set<symbol>();
  const recorded: unknown[] = [];
  const deps: NativeDeps = {
    store,
    extensions: { schemes: [], sources: [] },
    followers,
    now: () => new Date(0),
    listLimiter: new ListLimiter(),
    sleepOrWake: async (signal) => {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      const wake = (): void => {
        resolve(undefined);
      };
      waiting.add(wake);
      signal.addEventListener('abort', wake);
      await promise;
      waiting.delete(wake);
    },
    ...change,
  };
  const server = await startApiServer(context, {
    routers: () => [routerOf('', nativeRoutes(deps))],
    // Shorter than any request: the limit does not apply to streams.
    timeoutMs: change.followers === undefined ? 60_000 : 0,
    onError: (error) => recorded.push(error),
    onResponse: (route, status) => recorded.push([route, status]),
  });
  const wakeAll = (): void => {
    for (const wake of [...waiting]) wake();
  };
  return {
    store,
    server,
    ring: wakeAll,
    followers,
    answered: recorded,
    url: `http://127.0.0.1:${server.port}`,
  };
}

async function fetchError(url: string): Promise<[status: number, message: string]> {
  const response = await fetch(url);
  const body = (await response.json()) as { Error?: { Message: string } };
  return [response.status, body.Error?.Message ?? ''];
}

/** Returns the next `count` events of a stream. */
async function takeEvents(events: EventStream, count: number): Promise<StreamedEvent[]> {
  const all: StreamedEvent[] = [];
  for await (const event of events) {
    all.push(event);
    if (all.length === count) break;
  }
  return all;
}

/** Returns the events that a client received: the ids, with the type if it is not the default. */
function eventLabels(events: readonly StreamedEvent[]): string[] {
  return events.map(({ type, data }) =>
    type === 'message' ? (data as { id: string }).id : `${type} ${JSON.stringify(data)}`,
  );
}

test('refuses unknown ids, unknown parameters and invalid values', async (t) => {
  const { url } = await startServer(t, [record('A')]);
  const page = 'the page token is not valid: start with the first page';
  const limit = `limit must be an integer from 1 to ${limits.affectedPerPage}`;
  for (const [path, ...expected] of [
    ['/affected/B', 404, 'no advisory in the database covers B'],
    ['/affected/A?limit=0', 400, limit],
    ['/affected/A?limit=1001', 400, limit],
    ['/affected/A?limit=1e2', 400, limit],
    ['/affected/A?limit=1&limit=2', 400, limit],
    ['/affected/A?after=nowhere', 400, page],
    ['/affected/A?page=1', 400, 'unknown parameter page'],
    ['/events?after=-1', 400, `after must be an integer from 0 to ${Number.MAX_SAFE_INTEGER}`],
    ['/events?after=2', 400, 'event 2 does not exist yet; the last one is 1'],
    ['/events?severity=awful', 400, `severity must be one of ${severities.join(', ')}`],
    ['/events?fixable=yes', 400, 'fixable must be true or false'],
    ['/events?namespaces=debian', 400, 'unknown parameter namespaces'],
  ] as const)
    assert.deepEqual(await fetchError(`${url}${path}`), expected);
  const { status } = await followStream(`${url}/events`, { 'Last-Event-ID': 'start' });
  assert.equal(status, 400);
});

test('pages through the affected images, each with packages, layers and fixes', async (t) => {
  const { url, store } = await startServer(t, [record('CVE-1', { aliases: ['DSA-1'] })]);
  const packages = [installed('openssl'), installed('bash')];
  for (const name of ['a', 'b', 'c']) {
    const number = await store.images.save(image(packages, name));
    await store.ancestries.save(ancestry(`registry/${name}`, number));
  }
  await store.images.save(image([installed('bash')], 'd'));
  const entry = (name: string) => ({
    identity: name,
    names: [`registry/${name}`],
    certain: true,
    packages: [
      {
        type: 'deb',
        name: 'openssl',
        version: '3',
        source: null,
        purl: 'pkg:deb/debian/openssl@3',
        location: { path: 'var/lib/dpkg/status', layer: null },
        fix: { state: 'fixed', version: '5' },
        severity: 'Medium',
      },
    ],
  });
  const page = async (query: string) => {
    const response = await fetch(`${url}/affected/DSA-1?${query}`);
    assert.equal(response.headers.get('content-type'), 'application/json');
    const { images, next, ...head } = (await response.json()) as {
      images: { position: string }[];
      next?: string;
    };
    assert.deepEqual(head, { schemaVersion: 1, suppressed: 0, vulnerability: 'DSA-1' });
    const entries = images.map(({ position: _, ...shown }) => shown);
    return { entries, positions: images.map(({ position }) => position), next };
  };
  const first = await page('limit=2');
  assert.deepEqual(first.entries, [entry('a'), entry('b')]);
  assert.equal(first.next, first.positions[1]);
  assert.deepEqual((await page(`limit=2&after=${first.next}`)).entries, [entry('c')]);
  assert.deepEqual((await page(`after=${first.positions[0]}`)).entries, [entry('b'), entry('c')]);
});

test('lists the affected images as of a time in the past', async (t) => {
  let now = Date.parse('2026-03-01T00:00:00Z');
  const { url, store } = await startServer(t, [record('CVE-1')], {}, { now: () => now });
  await store.images.save(image([installed('openssl')], 'a'));
  now += 30 * 3_600_000;
  await apply(store, [record('CVE-2')]);
  now += 24 * 3_600_000;
  const countAt = async (query: string): Promise<number | undefined> => {
    const response = await fetch(`${url}/affected/${query}`);
    return ((await response.json()) as { images?: object[] }).images?.length;
  };
  const [before, after] = ['asOf=2026-03-01T12:00:00Z', 'asOf=2026-03-02T12:00:00Z'];
  assert.equal(await countAt(`CVE-1?${before}`), 1);
  assert.equal(await countAt(`CVE-1?${after}`), undefined);
  assert.equal(await countAt(`CVE-2?${before}`), undefined);
  assert.equal(await countAt(`CVE-2?${after}`), 1);
  // A day means its end, and the current day the current advisories, although the clock of the database is behind.
  assert.equal(await countAt('CVE-2?asOf=2026-03-01'), undefined);
  assert.equal(await countAt('CVE-2?asOf=2026-03-02'), 1);
  assert.equal(await countAt(`CVE-2?asOf=${new Date().toISOString().slice(0, 10)}`), 1);
  assert.deepEqual(await fetchError(`${url}/affected/CVE-2?asOf=2027-01-01T00:00:00Z`), [
    ...[400, '2027-01-01T00:00:00.000Z is in the future'],
  ]);
});

test('streams events with both sides, and only new ones when the client names no event', async (t) => {
  const { url, store, ring: wakeAll } = await startServer(t, [record('A')]);
  const events = await followStream(`${url}/events`);
  assert.equal(events.headers['content-type'], 'text/event-stream');
  assert.deepEqual(eventLabels(await takeEvents(events, 1)), ['start {"after":1}']);
  // The URL is unchanged.
  const again = await followStream(`${url}/events?after=0`, { 'Last-Event-ID': events.lastId });
  const graver = record('A', { severity: 'High' });
  await apply(store, [graver]);
  wakeAll();
  const [start, news = assert.fail()] = await takeEvents(again, 2);
  const { key, id, aliases, links, cvss, affected } = graver;
  const side = {
    key,
    id,
    aliases,
    links,
    cvss,
    affected: affected.map(({ keys: _, ...row }) => row),
  };
  assert.deepEqual(start, { type: 'start', data: { after: 1 } });
  const { at, ...payload } = news.data as { at: string };
  assert.ok(Date.parse(at) > 0);
  assert.deepEqual(payload, {
    number: 2,
    kind: 'changed',
    changed: ['severity'],
    source: 'debian',
    feed: 'tracker',
    id: 'A',
    old: { ...side, severity: 'Medium' },
    new: { ...side, severity: 'High' },
  });
  assert.equal(again.lastId, '2');
});

test('streams only the events and namespaces that the filter selects', async (t) => {
  const row = affectedRow('openssl');
  const ubuntu = affectedRow('openssl', { namespace: { ...row.namespace, name: 'ubuntu:24.04' } });
  const unfixed = affectedRow('curl', { fix: { state: 'unfixed' } });
  const { url, store } = await startServer(t, [
    record('mild', { severity: 'Low' }),
    record('unfixed', { severity: 'High', affected: [unfixed] }),
    record('elsewhere', { severity: 'High', affected: [ubuntu] }),
    record('both', { severity: 'High', affected: [row, ubuntu] }),
  ]);
  // This change does not affect the rows of Debian.
  const both = record('both', {
    severity: 'High',
    affected: [row, { ...ubuntu, fix: { state: 'will-not-fix' } }],
  });
  await apply(store, [both]);
  const all = ['mild', 'unfixed', 'elsewhere', 'both', 'both', 'mild', 'unfixed', 'elsewhere'];
  for (const [query, expected] of [
    ['', all],
    ['severity=high', all.filter((id) => id !== 'mild')],
    ['fixable=true', all.filter((id) => id !== 'unfixed')],
    ['namespace=debian', ['mild', 'unfixed', 'both', 'mild', 'unfixed']],
    ['namespace=ubuntu:24.04&namespace=debian:11', ['elsewhere', 'both', 'both', 'elsewhere']],
    ['namespace=debian:12&severity=HIGH&fixable=true', ['both']],
  ] as const) {
    const events = await followStream(`${url}/events?after=0&${query}`);
    assert.deepEqual(eventLabels(await takeEvents(events, 1 + expected.length)).slice(1), expected, query);
  }
  const debian = await followStream(`${url}/events?after=3&namespace=debian:12`);
  const [, first = assert.fail()] = await takeEvents(debian, 2);
  const { new: side } = first.data as { new: { affected: { namespace: { name: string } }[] } };
  assert.deepEqual(
    side.affected.map(({ namespace }) => namespace.name),
    ['debian:12'],
  );
});

test('sends heartbeats when no event matches, with ids past the excluded events', async (t) => {
  let ms = 0;
  const {
    url,
    ring: wakeAll,
    store,
  } = await startServer(t, [record('A'), record('B')], {
    now: () => {
      ms += 5_000;
      return new Date(ms);
    },
  });
  const events = await followStream(`${url}/events?after=0&severity=High`);
  await takeEvents(events, 1);
  const rest = await followStream(`${url}/events?severity=High`, { 'Last-Event-ID': events.lastId });
  const news = takeEvents(rest, 2);
  // Each unsuccessful poll takes five seconds of the test clock.
  while (rest.comments < 2) {
    await new Promise(setImmediate);
    wakeAll();
  }
  assert.equal(Number(rest.lastId), 2);
  await apply(store, [record('A'), record('B'), record('C', { severity: 'High' })]);
  while (Number(rest.lastId) < 3) {
    await new Promise(setImmediate);
    wakeAll();
  }
  assert.deepEqual(eventLabels(await news), ['start {"after":0}', 'C']);
});

test('counts the events that were deleted meanwhile', async (t) => {
  const { url, store } = await startServer(t, [record('A'), record('B')]);
  await store.collectGarbage({ keepHistoryMs: 0, keepEventsMs: -60_000, keepLayersUnusedMs: 60_000 });
  await apply(store, [record('A'), record('B'), record('C')]);
  const events = await followStream(`${url}/events?after=0`);
  assert.deepEqual(eventLabels(await takeEvents(events, 3)), [
    'start {"after":0}',
    'missed {"events":2}',
    'C',
  ]);
});

test('reads no more events than the client consumes', async (t) => {
  const count = 1000;
  const large = 'x'.repeat(64 * 1024);
  const records = Array.from({ length: count }, (_, i) => record(`${i}`, { description: large }));
  const { url, store } = await startServer(t, []);
  const { events: log } = store;
  let reads = 0;
  Object.assign(store, {
    events: {
      ...log,
      after: async (...args: Parameters<typeof log.findAfter>) => {
        reads++;
        return await log.findAfter(...args);
      },
    },
  });
  await apply(store, records);
  const idle = get(`${url}/events?after=0`, { agent: false });
  const [response] = (await once(idle, 'response')) as [IncomingMessage];
  t.after(() => response.destroy());
  response.pause();
  for (let round = 0; round < 2; round++) {
    const all = await takeEvents(await followStream(`${url}/events?after=0`), 1 + count);
    assert.equal(all.length, 1 + count);
  }
  // Ten at a time. For the idle client, only as much is read as socket buffers hold: some megabytes.
  assert.ok(reads < (2 * count) / 10 + 50, `${reads} times`);
});

test('limits the number of streams, ends them at shutdown, and sets no time limit', async (t) => {
  const followers = new Set(Array.from({ length: limits.eventFollowers - 1 }, () => Symbol('other')));
  const { url, server, answered: recorded } = await startServer(t, [record('A')], { followers });
  const events = await followStream(`${url}/events?after=0`);
  const news = takeEvents(events, 100);
  while (followers.size < limits.eventFollowers) await new Promise(setImmediate);
  const more = await followStream(`${url}/events`);
  assert.deepEqual([more.status, more.headers['retry-after']], [503, '60']);
  await server.stop();
  assert.deepEqual(eventLabels(await news), ['start {"after":0}', 'A']);
  assert.equal(events.isBroken, false);
  assert.equal(followers.size, limits.eventFollowers - 1);
  assert.deepEqual(recorded, [
    ['getEvents', 200],
    ['getEvents', 503],
  ]);
});
