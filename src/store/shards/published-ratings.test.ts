import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Enrichment } from '../../model/enrichment.ts';
import { shardFiles } from '../../testing/shard-files.ts';
import { feedUpdate, record, stream } from '../../testing/store-content.ts';
import { openSqliteStore } from '../sql/sqlite-store.ts';
import type { Store } from '../store.ts';
import { shardedStore } from './sharded-store.ts';

const id = 'CVE-2026-1';
const published: Enrichment = { id, severity: 'Low' };
const looked: Enrichment = { id, severity: 'High' };

async function openStore(context: TestContext): Promise<Store> {
  const store = await openSqliteStore(':memory:');
  context.after(() => store[Symbol.asyncDispose]());
  return store;
}

/** A store beside a shard with a rating of the CVE list that was checked on 2 January, and a lookup of the same CVE. */
async function storeWithBoth(
  context: TestContext,
  askedAt: string,
  { descriptions = false, isLookedUp = true } = {},
): Promise<Store> {
  const publisher = await openStore(context);
  await publisher.advisories.apply(feedUpdate(), stream([record(id)]));
  const list = { source: 'cve', feed: 'list', fetchedAt: '2026-01-02T00:00:00.000Z' };
  const described = descriptions ? { description: 'Of the list' } : {};
  const rating = { kind: 'enrichment', ...published, ...described } as const;
  await publisher.enrichments.apply(feedUpdate(list), stream([rating]));
  const ofNvd = { kind: 'enrichment', id, description: 'Of NVD', severity: 'Medium' } as const;
  await publisher.enrichments.apply(feedUpdate({ source: 'nvd', feed: '2026' }), stream([ofNvd]));
  const answer = { source: 'cve', sourceVersion: 1, origin: 'upstream', askedAt };
  await publisher.enrichments.saveLookups([{ ...answer, id, enrichment: looked }]);
  const own = await openStore(context);
  if (isLookedUp) await own.enrichments.saveLookups([{ ...answer, id, enrichment: looked }]);
  const store = shardedStore(own);
  store.addShards(await shardFiles(context, publisher, { enrichers: ['cve', 'nvd'] }));
  return store;
}

async function severities(store: Store): Promise<unknown> {
  const found = (await store.enrichments.findByIds([id])).get(id) ?? [];
  return found.map(({ source, severity }) => `${source} ${severity}`);
}

test('returns the later one of a published rating and a lookup at the same source', async (context) => {
  const before = await storeWithBoth(context, '2026-01-01T00:00:00.000Z');
  assert.deepEqual(await severities(before), ['cve Low', 'nvd Medium']);
  const after = await storeWithBoth(context, '2026-01-03T00:00:00.000Z');
  assert.deepEqual(await severities(after), ['cve High', 'nvd Medium']);
});

test('does not have the results of the lookups of its publisher', async (context) => {
  const store = await storeWithBoth(context, '2026-01-03T00:00:00.000Z', { isLookedUp: false });
  assert.deepEqual(await severities(store), ['cve Low', 'nvd Medium']);
});

test('has the description of the first source that has one, and no other', async (context) => {
  const descriptions = async (isListed: boolean): Promise<unknown> => {
    const store = await storeWithBoth(context, '2026-01-01T00:00:00.000Z', { descriptions: isListed });
    const found = (await store.enrichments.findByIds([id])).get(id) ?? [];
    return found.map(({ source, description = '' }) => `${source} ${description}`);
  };
  assert.deepEqual(await descriptions(true), ['cve Of the list', 'nvd ']);
  assert.deepEqual(await descriptions(false), ['cve ', 'nvd Of NVD']);
});
