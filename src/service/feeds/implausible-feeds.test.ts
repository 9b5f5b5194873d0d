import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { ClairError } from '../../core/errors.ts';
import type { AdvisorySource, FeedRecord, FetchResult, OnFeedDate } from '../../plugin/advisory-source.ts';
import { record, stream } from '../../testing/store-content.ts';
import { storeEngines } from '../../testing/store-engines.ts';
import { type FeedOutcome, type UpdateFeedsDeps, updateFeeds } from './update-feeds.ts';

const now = '2026-06-01T00:00:00.000Z';

/** A source whose next answers a test gives; what it was asked with is written down. */
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

/** A store that says, of every feed, that its records are gone. */
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

  test(`${engine.name}: "unchanged" to an empty database is a failure, not a loaded feed`, async (context) => {
    const deps = await open(context);
    const feed = new ScriptedSource();
    feed.answer = 'unchanged';
    const outcome = await update(feed, deps);
    assert.ok(outcome?.outcome === 'failed');
    assert.equal(outcome.error.code, 'feed-unavailable');
    assert.match(
      outcome.error.message,
      /^debian tracker is answered with "unchanged", though none of it is in the database/,
    );
    const [state] = await deps.store.advisories.findFeedStates();
    assert.equal(state?.presence, 'failed');
  });

  test(`${engine.name}: a feed whose records the database lost is fetched anew`, async (context) => {
    const deps = await open(context);
    const feed = new ScriptedSource();
    feed.publish(now);
    assert.equal((await update(feed, deps))?.outcome, 'updated');
    const [state] = await deps.store.advisories.findFeedStates();
    // What is loaded and there asks with its fingerprint; what is loaded and lost does not.
    await update(feed, deps);
    await update(feed, { ...deps, store: withoutRecords(deps.store) });
    assert.deepEqual(feed.fingerprints, [undefined, state?.fingerprint, undefined]);
  });

  test(`${engine.name}: a feed that goes back in time fails, is on record as failed, and keeps its content`, async (context) => {
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

  test(`${engine.name}: a feed that was not tried keeps what is on record of its last try`, async (context) => {
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

test('the progress of a feed from a directory says reading, and of one from elsewhere fetching', async (context) => {
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
