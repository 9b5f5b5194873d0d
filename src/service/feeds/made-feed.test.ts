import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { RatingRecord } from '../../plugin/enricher.ts';
import type { Store } from '../../store/store.ts';
import { feedUpdate, stream } from '../../testing/store-content.ts';
import { storeEngines } from '../../testing/store-engines.ts';
import { collectAll } from '../../testing/streams.ts';
import { makeFeed } from './made-feed.ts';
import { publishedPrefix } from './published-feed.ts';

const list = { source: 'cve', feed: 'list' };
const years = [
  { source: 'nvd', feed: '2024' },
  { source: 'nvd', feed: '2025' },
];

function stated(id: string, by: 'cna' | 'nvd'): RatingRecord {
  const versions = [{ status: 'affected' as const, version: '1.0' }];
  return { kind: 'enrichment', id, products: [{ product: 'openssl', by, versions }] };
}

async function storeOf(context: TestContext): Promise<Store> {
  const [sqlite] = storeEngines;
  assert.ok(sqlite !== undefined);
  return await sqlite.create(context)();
}

async function load(
  store: Store,
  feed: object,
  fingerprint: string,
  ...records: RatingRecord[]
): Promise<void> {
  const update = feedUpdate({
    ...feed,
    fingerprint,
    fetchedAt: `2026-03-0${fingerprint.length}T00:00:00.000Z`,
  });
  await store.enrichments.apply(update, stream(records));
}

async function textOf(made: Awaited<ReturnType<typeof makeFeed>>): Promise<unknown> {
  assert.ok(typeof made.fetched === 'object');
  return JSON.parse(Buffer.concat(await collectAll(made.fetched.body)).toString());
}

test('makes a feed of the statements of its lists, in their order', async (context) => {
  const store = await storeOf(context);
  await load(store, list, 'a', stated('CVE-2025-1', 'cna'), { kind: 'enrichment', id: 'CVE-2025-2' });
  await load(store, years[0] ?? {}, 'bb', stated('CVE-2024-1', 'nvd'));
  await load(store, years[1] ?? {}, 'ccc', stated('CVE-2025-1', 'nvd'));
  const made = await makeFeed([list, ...years], undefined, { store });
  const withoutKind = ({ kind, ...rating }: RatingRecord): object => rating;
  assert.deepEqual(
    await textOf(made),
    [stated('CVE-2025-1', 'cna'), stated('CVE-2024-1', 'nvd'), stated('CVE-2025-1', 'nvd')].map(withoutKind),
  );
  // The list that was checked first counts.
  assert.equal(made.checkedAt, '2026-03-01T00:00:00.000Z');
});

test('is unchanged until one of its lists changes', async (context) => {
  const store = await storeOf(context);
  await load(store, list, 'a');
  const first = await makeFeed([list], undefined, { store });
  assert.deepEqual(await textOf(first), []);
  const { fingerprint } = first.fetched as { fingerprint: string };
  assert.equal((await makeFeed([list], fingerprint, { store })).fetched, 'unchanged');
  await load(store, list, 'bb', stated('CVE-2025-1', 'cna'));
  assert.equal(typeof (await makeFeed([list], fingerprint, { store })).fetched, 'object');
});

test('is absent without all of its lists', async (context) => {
  const store = await storeOf(context);
  await load(store, list, 'a');
  await load(store, years[0] ?? {}, 'b');
  assert.deepEqual(await makeFeed([list, ...years], undefined, { store }), { fetched: 'absent' });
  const absent = { sourceVersion: 1, origin: 'upstream', fingerprint: '', presence: 'absent' as const };
  const times = { fetchedAt: '2026-03-01T00:00:00.000Z', checkedAt: '2026-03-01T00:00:00.000Z' };
  await store.advisories.touch({ source: 'nvd', feed: '2025', ...absent, ...times });
  // A year of the future does not exist.
  assert.equal(typeof (await makeFeed([list, ...years], undefined, { store })).fetched, 'object');
});

test('is absent if a list is only a part of it, from a published database', async (context) => {
  const store = await storeOf(context);
  const update = feedUpdate({ ...list, fingerprint: `${publishedPrefix}a` });
  await store.enrichments.apply(update, stream([stated('CVE-2025-1', 'cna')]));
  assert.deepEqual(await makeFeed([list], undefined, { store }), { fetched: 'absent' });
});
