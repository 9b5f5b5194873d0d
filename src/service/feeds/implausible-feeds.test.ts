import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { ClairError } from '../../core/errors.ts';
import type { AdvisorySource, FeedRecord, FetchResult, OnFeedDate } from '../../plugin/advisory-source.ts';
import { record, stream } from '../../testing/store-content.ts';
import { storeEngines } from '../../testing/store-engines.ts';
import { type FeedOutcome, type UpdateFeedsDeps, updateFeeds } from './update-feeds.ts';

const now = '2026-06-01T00:00:00.000Z';

/** A source whose responses a test sets. It records the fingerprints that it receives. */
class ScriptedSource {
  readonly fingerprints: (string | undefined)[] = [];
  answer: FetchResult | ClairError = 'absent';
  /** `modified` of its only record. */
  modified = now;
  readonly source: AdvisorySource = {
    name: 'debian',
    version: 1,
    feeds: ['tracker'],
    feedsFor: () => [],
    fetch: (_feed, _client, lastFingerprint) => {
      this.fingerprints.push(lastFingerprint);
      return this.answer instanceof ClairError ? Promise.reject(this.answer) : Promise.resolve(this.answer);
    },
    parse: (_feed, _content, onDate) => this.#records(onDate),
  };

  publish(modified: string): void {
    this.modified = modified;
    this.answer = { url: 'https://vendor.test/', body: stream([]), fingerprint: `of ${modified}` };
  }

  async *#records(onDate: OnFeedDate | undefined): AsyncGenerator<FeedRecord> {
    for (const dated of ['9999-12-31', this.modified, 'never']) onDate?.({ dated, by: 'record' });
    yield { ...record('CVE-1'), affected: [] };
  }
}

/** Returns a store that reports the records of every feed as lost. */
function withoutRecords({
  advisories,
  enrichments,
  locks,
}: UpdateFeedsDeps['store']): UpdateFeedsDeps['store'] {
  return { advisories: { ...advisories, hasContent: () => Promise.resolve(false) }, enrichments, locks };
}

for (const engine of storeEngines) {
  const open = async (context: TestContext): Promise<UpdateFeedsDeps> => ({
    store: await engine.create(context)({ now: () => Date.parse(now) }),
    schemes: [],
    client: { get: () => Promise.reject(new Error('nothing is fetched')) },
    origin: '/mirror',
    maxAgeMs: 0,
    now: () => new Date(now),
    owner: 'test',
    lockWaitMs: 0,
    sleep: () => Promise.resolve(),
    onProgress: () => undefined,
  });
  const update = async (
    { source }: ScriptedSource,
    deps: UpdateFeedsDeps,
  ): Promise<FeedOutcome | undefined> => (await updateFeeds([{ source, feed: 'tracker' }], deps))[0];

  test(`${engine.name}: fails when a source answers "unchanged" to an empty database`, async (context) => {
    const deps = await open(context);
    const feed = new ScriptedSource();
    feed.answer = 'unchanged';
    const outcome = await update(feed, deps);
    assert.ok(outcome?.outcome === 'failed');
    assert.equal(outcome.error.code, 'feed-unavailable');
    assert.match(
      outcome.error.message,
      /^the origin reports debian tracker as unchanged, but the database has no content of it/,
    );
    const [state] = await deps.store.advisories.findFeedStates();
    assert.equal(state?.presence, 'failed');
  });

  test(`${engine.name}: fetches a feed completely when the database has lost its records`, async (context) => {
    const deps = await open(context);
    const feed = new ScriptedSource();
    feed.publish(now);
    assert.equal((await update(feed, deps))?.outcome, 'updated');
    const [state] = await deps.store.advisories.findFeedStates();
    // The request has a fingerprint only if the database still has the records.
    await update(feed, deps);
    await update(feed, { ...deps, store: withoutRecords(deps.store) });
    assert.deepEqual(feed.fingerprints, [undefined, state?.fingerprint, undefined]);
  });

  test(`${engine.name}: fails, records the failure and keeps the content when a feed goes back in time`, async (context) => {
    const deps = await open(context);
    const feed = new ScriptedSource();
    feed.publish('2026-05-20T00:00:00.000Z');
    await update(feed, deps);
    feed.publish('2026-01-01T00:00:00.000Z');
    const outcome = await update(feed, deps);
    assert.ok(outcome?.outcome === 'failed' && outcome.error.code === 'feed-corrupt');
    const [state] = await deps.store.advisories.findFeedStates();
    assert.deepEqual(
      [state?.presence, state?.contentDate, state?.contentEvidence, state?.fingerprint],
      ['loaded', '2026-05-20T00:00:00.000Z', 'record', 'of 2026-05-20T00:00:00.000Z'],
    );
    assert.match(state?.lastFailure?.message ?? '', /goes back in time.*--accept-older$/);
    assert.equal((await update(feed, { ...deps, acceptOlder: true }))?.outcome, 'updated');
  });

  test(`${engine.name}: keeps the recorded outcome of the last attempt when a feed was not tried`, async (context) => {
    const deps = await open(context);
    const feed = new ScriptedSource();
    feed.publish(now);
    await update(feed, deps);
    feed.answer = new ClairError('feed-not-tried', 'not tried');
    assert.equal((await update(feed, deps))?.outcome, 'failed');
    const [state] = await deps.store.advisories.findFeedStates();
    assert.equal(state?.lastFailure, null);
  });
}

test('reports "reading" for a feed from a directory and "fetching" for others', async (context) => {
  const [engine] = storeEngines;
  assert.ok(engine !== undefined);
  const store = await engine.create(context)();
  const shown: string[] = [];
  for (const origin of ['/mirror', 'https://mirror.example', 'upstream'])
    await updateFeeds([{ source: new ScriptedSource().source, feed: 'tracker' }], {
      store,
      schemes: [],
      client: { get: () => Promise.resolve('absent') },
      origin,
      maxAgeMs: 0,
      now: () => new Date(now),
      owner: 'test',
      lockWaitMs: 0,
      sleep: () => Promise.resolve(),
      onProgress: (text) => shown.push(text.split(' ')[0] ?? ''),
    });
  assert.deepEqual(shown, ['reading', 'fetching', 'fetching']);
});
