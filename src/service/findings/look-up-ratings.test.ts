import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { type TestContext, test } from 'node:test';
import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { cveInMirror } from '../../enrich/cve/cve.ts';
import type { Enricher } from '../../plugin/enricher.ts';
import { mirrorClient } from '../../source/client/mirror.ts';
import { shardedStore } from '../../store/shards/sharded-store.ts';
import { openSqliteStore } from '../../store/sql/sqlite-store.ts';
import type { Store } from '../../store/store.ts';
import { cveRecord, cvss31 } from '../../testing/cve-records.ts';
import { serveHttp } from '../../testing/http-server.ts';
import { shardFiles } from '../../testing/shard-files.ts';
import { feedUpdate, record, stream } from '../../testing/store-content.ts';
import type { RatingLookupRequest } from './assess-packages.ts';
import { lookUpRatings, type RatingLookupDeps } from './look-up-ratings.ts';

const begin = Date.parse('2026-01-01T00:00:00Z');
const dayMs = 24 * 3_600_000;
const rating = cvss31('CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H', 8.8, 'HIGH');

function ids(count: number): string[] {
  return Array.from({ length: count }, (_, number) => `CVE-2024-${1000 + number}`);
}

function requestFor(...unrated: string[]): RatingLookupRequest {
  const found = new Map(unrated.map((id) => [id, new Set(['alpine:v3.20'])]));
  return { ids: new Set(unrated), unrated: found, enrichments: new Map() };
}

async function storeFor(context: TestContext): Promise<Store> {
  const store = await openSqliteStore(':memory:');
  context.after(() => store[Symbol.asyncDispose]());
  return store;
}

/** Looks up ratings from a mirror over HTTP, at a given time. */
function depsFor(
  store: Store,
  url: string,
  changes: { readonly now?: number; readonly enrichers?: readonly Enricher[]; readonly idleMs?: number } = {},
): RatingLookupDeps & { readonly shown: string[] } {
  const shown: string[] = [];
  const client = (signal: AbortSignal) =>
    mirrorClient(url, { signal, attempts: 1, pauseMsMax: 0, idleMs: changes.idleMs ?? 60_000 });
  return {
    shown,
    updating: {
      store,
      now: () => new Date(changes.now ?? begin),
      owner: 'test',
      lockWaitMs: 0,
      sleep: () => Promise.resolve(),
      onProgress: (text) => shown.push(text),
      schemes: [],
      origin: url,
    },
    enrichers: changes.enrichers ?? [],
    documents: cveInMirror,
    feedClient: client,
    documentClient: client,
    cachesAbsence: true,
  };
}

/** A server of records, and the paths of its requests. */
async function records(
  context: TestContext,
  listener?: RequestListener,
): Promise<{ url: string; requests: string[] }> {
  const requests: string[] = [];
  const url = await serveHttp(context, (request, response) => {
    const path = request.url ?? '';
    requests.push(path);
    if (listener !== undefined) listener(request, response);
    else {
      const [id = ''] = /CVE-\d+-\d+/.exec(path) ?? [];
      response.end(JSON.stringify(cveRecord(id, { metrics: [rating] })));
    }
  });
  return { url, requests };
}

test('reports the progress of the lookup', async (context) => {
  const { url } = await records(context);
  const deps = depsFor(await storeFor(context), url);
  const { enrichments, reason } = await lookUpRatings(requestFor(...ids(40)), deps);
  assert.equal(enrichments.length, 40);
  assert.equal(reason, null);
  assert.equal(deps.shown[0], 'looking up ratings 1 of 40');
  assert.equal(deps.shown.at(-1), 'looking up ratings 40 of 40');
});

test('requests no rating that another source provides', async (context) => {
  const { url, requests } = await records(context);
  const store = await storeFor(context);
  const [id = '', other = ''] = ids(2);
  const vector = 'CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H';
  const nvd = { id, source: 'nvd', cvss: [{ source: 'nvd', vector, score: 8.8 }] };
  const looked = { id: other, source: 'epss', epss: { score: 0.1, percentile: 0.1 } };
  await lookUpRatings(
    {
      ...requestFor(id, other, 'TEMP-1', 'GHSA-1'),
      enrichments: new Map([
        [id, [nvd]],
        [other, [looked]],
      ]),
    },
    depsFor(store, url),
  );
  assert.equal(requests.length, 1);
  assert.match(requests[0] ?? '', new RegExp(other));
});

test('requests a rating again after a week, or after a day if there was none', async (context) => {
  let isThere = false;
  const { url, requests } = await records(context, (request, response) => {
    const [id = ''] = /CVE-\d+-\d+/.exec(request.url ?? '') ?? [];
    if (isThere) response.end(JSON.stringify(cveRecord(id, { metrics: [rating] })));
    else response.writeHead(404).end();
  });
  const store = await storeFor(context);
  const requestsAt = async (now: number): Promise<number> => {
    requests.length = 0;
    await lookUpRatings(requestFor('CVE-2024-1000'), depsFor(store, url, { now }));
    return requests.length;
  };
  // Without a suffix and with four of them, in two layouts.
  assert.equal(await requestsAt(begin), 10);
  assert.equal(await requestsAt(begin + dayMs - 1), 0);
  isThere = true;
  assert.equal(await requestsAt(begin + dayMs), 1);
  assert.equal(await requestsAt(begin + 8 * dayMs - 1), 0);
  assert.equal(await requestsAt(begin + 8 * dayMs), 1);
});

test('contacts a host that is down only a few times', async (context) => {
  const { url, requests } = await records(context, (request) => request.socket.destroy());
  const outcome = await lookUpRatings(requestFor(...ids(150)), depsFor(await storeFor(context), url));
  assert.ok(requests.length < limits.lookupFailures + limits.lookupsAtFirst, `${requests.length}`);
  assert.match(outcome.reason ?? '', /^150 of 150 ratings could not be fetched: .*; try again later$/);
});

test('keeps the ratings that were fetched before the host refused more', async (context) => {
  let left = 60;
  const { url } = await records(context, (request, response) => {
    const [id = ''] = /CVE-\d+-\d+/.exec(request.url ?? '') ?? [];
    if (left-- > 0) response.end(JSON.stringify(cveRecord(id, { metrics: [rating] })));
    else response.writeHead(429, { 'retry-after': '3600' }).end();
  });
  const store = await storeFor(context);
  const { enrichments, reason } = await lookUpRatings(requestFor(...ids(150)), depsFor(store, url));
  assert.equal(enrichments.length, 60);
  assert.equal(reason, '90 of 150 ratings could not be fetched: HTTP 429; try again later');
  assert.equal((await store.enrichments.findByIds(ids(150))).size, 60);
});

test('stops at the time limit when the host is slow', async (context) => {
  const { url } = await records(context, (_, response) => response.write('{'));
  const deps = depsFor(await storeFor(context), url, { idleMs: 50 });
  const outcome = await lookUpRatings(requestFor(...ids(150)), deps);
  assert.match(outcome.reason ?? '', /150 of 150 ratings could not be fetched: .*nothing received/);
});

test('requests no more ratings than the limit', async (context) => {
  const { url, requests } = await records(context);
  const many = Array.from(
    { length: limits.lookupsPerScan + 3 },
    (_, number) => `CVE-2024-${10_000 + number}`,
  );
  const { reason } = await lookUpRatings(requestFor(...many), depsFor(await storeFor(context), url));
  assert.equal(requests.length, limits.lookupsPerScan);
  assert.equal(reason, '3 ratings were not requested: a scan requests at most 2000');
});

test('uses ratings and reports it when the database cannot store them', async (context) => {
  const { url } = await records(context);
  const store = await storeFor(context);
  const saveLookups = (): Promise<never> =>
    Promise.reject(new ClairError('store-unusable', 'the database is read-only'));
  const readOnly: Store = { ...store, enrichments: { ...store.enrichments, saveLookups } };
  const { enrichments, reason } = await lookUpRatings(requestFor('CVE-2024-1000'), depsFor(readOnly, url));
  assert.equal(enrichments.length, 1);
  assert.equal(reason, 'ratings could not be stored for the next scan: the database is read-only');
});

test('returns the ratings to two concurrent lookups on one database', async (context) => {
  const { url } = await records(context);
  const store = await storeFor(context);
  const outcomes = await Promise.all(
    [1, 2].map(() => lookUpRatings(requestFor(...ids(50)), depsFor(store, url))),
  );
  assert.deepEqual(
    outcomes.map(({ enrichments, reason }) => [enrichments.length, reason]),
    [
      [50, null],
      [50, null],
    ],
  );
});

test('requests no daily feed that a published database has', async (context) => {
  const published = await storeFor(context);
  const list: Enricher = {
    name: 'list',
    version: 1,
    feeds: ['current'],
    isPartOfScan: true,
    fetch: () => Promise.reject(new Error('it was requested')),
    async *parse() {
      // Nothing is fetched.
    },
  };
  const rated = { kind: 'enrichment', id: 'CVE-2024-1000', severity: 'High' } as const;
  await published.enrichments.apply(feedUpdate({ source: 'list', feed: 'current' }), stream([rated]));
  const store = shardedStore(await storeFor(context));
  store.addShards(await shardFiles(context, published, { enrichers: ['list'] }));
  const { url } = await records(context);
  assert.deepEqual(await lookUpRatings(requestFor(), depsFor(store, url, { enrichers: [list] })), {
    isStoreChanged: false,
    enrichments: [],
    reason: null,
  });
});

/** A list of records in which one CVE is rated and another is not. */
async function loadList(store: Store, fetchedAt: number, fingerprint = 'one'): Promise<void> {
  const [rated = '', unrated = ''] = ids(2);
  const vector = 'CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H';
  const list = { source: 'cve', feed: 'list', fingerprint, fetchedAt: new Date(fetchedAt).toISOString() };
  await store.enrichments.apply(
    feedUpdate(list),
    stream([
      { kind: 'enrichment', id: rated, cvss: [{ source: 'redhat', vector, score: 8.8 }] },
      { kind: 'enrichment', id: unrated, assigner: 'redhat' },
    ]),
  );
}

test('requests nothing that a loaded list of records answers, while the list is recent', async (context) => {
  const { url, requests } = await records(context);
  const store = await storeFor(context);
  await loadList(store, begin);
  const idsOf = async (now: number): Promise<string[]> => {
    requests.length = 0;
    const request = { ...requestFor(...ids(3)), enrichments: await store.enrichments.findByIds(ids(3)) };
    await lookUpRatings(request, depsFor(store, url, { now }));
    return requests.map((path) => /CVE-\d+-\d+/.exec(path)?.[0] ?? '').sort();
  };
  assert.deepEqual(await idsOf(begin + dayMs - 1), []);
  // Later, only what the list does not rate is requested: the unrated one, and the one that it does not have.
  assert.deepEqual(await idsOf(begin + dayMs), ids(3).slice(1));
  const [, unrated = ''] = ids(2);
  const [found] = (await store.enrichments.findByIds([unrated])).get(unrated) ?? [];
  assert.equal(found?.cvss?.[0]?.score, 8.8);
  assert.deepEqual(await idsOf(begin + 7 * dayMs), ids(1));
});

test('requests what a list does not have if it was taken over from a published database', async (context) => {
  const { url, requests } = await records(context);
  const store = await storeFor(context);
  await loadList(store, begin, 'published:x');
  const request = { ...requestFor(...ids(3)), enrichments: await store.enrichments.findByIds(ids(3)) };
  await lookUpRatings(request, depsFor(store, url));
  assert.deepEqual(
    requests.map((path) => /CVE-\d+-\d+/.exec(path)?.[0]),
    ids(3).slice(2),
  );
});

test('requests nothing that a list in a published database answers for the namespace', async (context) => {
  const { url, requests } = await records(context);
  const publisher = await storeFor(context);
  await publisher.advisories.apply(feedUpdate(), stream(ids(3).map((id) => record(id))));
  await loadList(publisher, begin);
  const store = shardedStore(await storeFor(context));
  store.addShards(await shardFiles(context, publisher, { enrichers: ['cve'] }));
  const enrichments = await store.enrichments.findByIds(ids(3));
  assert.deepEqual([...enrichments.keys()].sort(), ids(2));
  const request = async (namespace: string): Promise<number> => {
    requests.length = 0;
    const unrated = new Map(ids(3).map((id) => [id, new Set([namespace])]));
    await lookUpRatings({ ids: new Set(ids(3)), unrated, enrichments }, depsFor(store, url, { now: begin }));
    return requests.length;
  };
  assert.equal(await request('debian:12'), 0);
  // In another namespace, the list may lack a record that exists.
  assert.equal(await request('npm'), 1);
});

test('updates the daily feeds once a day and reports those that failed', async (context) => {
  const store = await storeFor(context);
  let isDown = false;
  let fetched = 0;
  const list: Enricher = {
    name: 'list',
    version: 1,
    feeds: ['current'],
    isPartOfScan: true,
    async fetch() {
      fetched++;
      if (isDown) throw new Error('connection refused');
      return { url: 'list', fingerprint: '', body: (async function* () {})() };
    },
    async *parse() {
      yield {
        kind: 'enrichment',
        id: 'CVE-2024-1000',
        exploited: { since: '2024-01-01', ransomware: false },
      };
    },
  };
  const { url } = await records(context);
  const at = (now: number) => lookUpRatings(requestFor(), depsFor(store, url, { now, enrichers: [list] }));
  assert.deepEqual(await at(begin), { isStoreChanged: true, enrichments: [], reason: null });
  assert.equal((await at(begin + dayMs - 1)).isStoreChanged, false);
  assert.equal(fetched, 1);
  isDown = true;
  const { reason } = await at(begin + dayMs);
  assert.equal(reason, 'list could not be updated: connection refused');
});
