import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { feedUpdate, record, stream } from '../../testing/store-content.ts';
import { storeEngines } from '../../testing/store-engines.ts';
import type { FeedUpdate, KeyedVulnerabilityRecord } from '../advisory-store.ts';
import type { Store } from '../store.ts';

const now = Date.parse('2026-06-01T12:00:00Z');
const day = 86_400_000;

function daysAgo(days: number): string {
  return new Date(now - days * day).toISOString();
}

async function contentOf({ advisories }: Store): Promise<(string | null)[]> {
  const [state] = await advisories.findFeedStates();
  return [state?.contentDate ?? null, state?.contentEvidence ?? null];
}

/** Applies the record A, modified at that day if one is given, with other changes to the update. */
async function apply(
  { advisories }: Store,
  modified: string | undefined,
  changes: Partial<FeedUpdate> = {},
): Promise<unknown> {
  const dated: Partial<KeyedVulnerabilityRecord> = modified === undefined ? {} : { modified };
  return await advisories.apply(feedUpdate(changes), stream([record('A', dated)]));
}

for (const engine of storeEngines) {
  const open = (t: TestContext) => engine.create(t);

  test(`${engine.name}: dates content by its newest record, else by the feed, HTTP or the file`, async (t) => {
    const store = await open(t)({ now: () => now });
    const all = {
      dates: [{ dated: daysAgo(3), by: 'feed' as const }],
      lastModified: daysAgo(2),
      fileModified: daysAgo(1),
    };
    const { dates: _, ...undated } = all;
    await apply(store, daysAgo(4), all);
    assert.deepEqual(await contentOf(store), [daysAgo(4), 'record']);
    await apply(store, undefined, all);
    assert.deepEqual(await contentOf(store), [daysAgo(3), 'feed']);
    await apply(store, undefined, undated);
    assert.deepEqual(await contentOf(store), [daysAgo(2), 'http']);
    await apply(store, undefined, { fileModified: daysAgo(1) });
    assert.deepEqual(await contentOf(store), [daysAgo(1), 'file']);
    await apply(store, undefined);
    assert.deepEqual(await contentOf(store), [null, null]);
  });

  test(`${engine.name}: rejects older content of a feed and keeps the current content`, async (t) => {
    const store = await open(t)({ now: () => now });
    await apply(store, daysAgo(10));
    const refused = {
      code: 'feed-corrupt',
      message: /content is of 2026-04-22, but the current content is of 2026-05-22.*--accept-older$/,
    };
    await assert.rejects(apply(store, daysAgo(40)), refused);
    // Neither another mirror nor weaker evidence makes old content acceptable.
    await assert.rejects(apply(store, daysAgo(40), { origin: '/mirror' }), refused);
    await assert.rejects(apply(store, undefined, { lastModified: daysAgo(40) }), refused);
    assert.deepEqual(await contentOf(store), [daysAgo(10), 'record']);
    await apply(store, daysAgo(40), { acceptOlder: true });
    assert.deepEqual(await contentOf(store), [daysAgo(40), 'record']);
  });

  test(`${engine.name}: accepts that the newest record is withdrawn within a day`, async (t) => {
    const store = await open(t)({ now: () => now });
    await apply(store, daysAgo(10));
    await apply(store, daysAgo(10.9));
    assert.deepEqual(await contentOf(store), [daysAgo(10.9), 'record']);
  });

  test(`${engine.name}: rejects nothing by times of files or by times of HTTP from another origin`, async (t) => {
    const store = await open(t)({ now: () => now });
    await apply(store, undefined, { fileModified: daysAgo(1) });
    await apply(store, undefined, { fileModified: daysAgo(90) });
    await apply(store, undefined, { lastModified: daysAgo(1) });
    await apply(store, undefined, { lastModified: daysAgo(90), origin: 'https://mirror.example' });
    await assert.rejects(
      apply(store, undefined, { lastModified: daysAgo(200), origin: 'https://mirror.example' }),
      /goes back in time/,
    );
  });

  test(`${engine.name}: ignores dates in the future and dates before the first feeds`, async (t) => {
    const store = await open(t)({ now: () => now });
    for (const absurd of [
      '9999-12-31T23:59:59Z',
      daysAgo(-2),
      '0001-01-01T00:00:00Z',
      '-000099-01-01T00:00:00Z',
    ]) {
      await apply(store, absurd, { lastModified: daysAgo(5), dates: [{ dated: absurd, by: 'feed' }] });
      assert.deepEqual(await contentOf(store), [daysAgo(5), 'http'], absurd);
    }
    await apply(store, undefined, { lastModified: absurdDate, dates: [{ dated: 'soon', by: 'feed' }] });
    assert.deepEqual(await contentOf(store), [null, null]);
    // A clock that is at most a day ahead is trusted.
    await apply(store, daysAgo(-0.5));
    assert.deepEqual(await contentOf(store), [daysAgo(0), 'record']);
  });

  test(`${engine.name}: keeps the date of records that an update of changes does not name`, async (t) => {
    const store = await open(t)({ now: () => now });
    await apply(store, daysAgo(10));
    const change = stream([record('B', { modified: daysAgo(60) })]);
    await store.advisories.apply(feedUpdate({ kind: 'changes' }), change);
    assert.deepEqual(await contentOf(store), [daysAgo(10), 'record']);
  });

  test(`${engine.name}: dates and rejects ratings in the same way`, async (t) => {
    const store = await open(t)({ now: () => now });
    const rate = (age: number): Promise<unknown> =>
      store.enrichments.apply(
        feedUpdate({ source: 'epss', dates: [{ dated: daysAgo(age), by: 'feed' }] }),
        stream([{ kind: 'enrichment', id: 'CVE-2024-0001', epss: { score: 0.5, percentile: 0.5 } }]),
      );
    await rate(2);
    await assert.rejects(rate(9), /epss tracker goes back in time/);
    assert.deepEqual(await contentOf(store), [daysAgo(2), 'feed']);
  });

  test(`${engine.name}: keeps the model that computed the content, now and in the past`, async (t) => {
    let clock = now;
    const store = await open(t)({ now: () => clock });
    const rate = (dated: string, model?: string): Promise<unknown> =>
      store.enrichments.apply(
        feedUpdate({ source: 'epss', dates: [{ dated, by: 'feed', ...(model !== undefined && { model }) }] }),
        stream([{ kind: 'enrichment', id: 'CVE-2024-0001', epss: { score: 0.5, percentile: 0.5 } }]),
      );
    const modelAt = async (asOf?: string): Promise<string | undefined> =>
      (await store.advisories.findFeedStates({ asOf }))[0]?.contentModel;
    await rate(daysAgo(2), 'v1');
    assert.equal(await modelAt(), 'v1');
    clock += day;
    await rate(daysAgo(1), 'v2');
    assert.equal(await modelAt(), 'v2');
    assert.equal(await modelAt(new Date(now + day / 2).toISOString()), 'v1');
    clock += day;
    await rate(daysAgo(0));
    assert.equal(await modelAt(), undefined);
  });

  test(`${engine.name}: returns the content date of a past day`, async (t) => {
    let clock = now;
    const store = await open(t)({ now: () => clock });
    await apply(store, daysAgo(10));
    clock += day;
    await apply(store, daysAgo(1));
    const [then] = await store.advisories.findFeedStates({ asOf: new Date(now).toISOString() });
    assert.deepEqual([then?.contentDate, then?.contentEvidence], [daysAgo(10), 'record']);
  });

  test(`${engine.name}: reports no content for a feed whose records are gone`, async (t) => {
    const store = await open(t)({ now: () => now });
    const feed = { source: 'debian', feed: 'tracker' };
    assert.equal(await store.advisories.hasContent(feed), false);
    await store.advisories.touch({
      ...feedUpdate(),
      presence: 'loaded',
      checkedAt: daysAgo(1),
    });
    assert.equal(await store.advisories.hasContent(feed), false);
    await apply(store, undefined);
    assert.equal(await store.advisories.hasContent(feed), true);
  });
}

const absurdDate = '9999-12-31T23:59:59Z';
