import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { ClairError } from '../../core/errors.ts';
import { HttpError } from '../../kit/http/http-rules.ts';
import type { AdvisorySource } from '../../plugin/advisory-source.ts';
import type { FeedUpdate } from '../../store/advisory-store.ts';
import { openSqliteStore } from '../../store/sql/sqlite-store.ts';
import type { Store } from '../../store/store.ts';
import { affectedRow, feedUpdate, record, stream } from '../../testing/store-content.ts';
import type { FeedOutcome } from '../feeds/update-feeds.ts';
import type { IndexedImage } from '../images/indexed-image.ts';
import { type CoverageDeps, coverageOf, type DatedCoverage } from './coverage.ts';

const today = '2026-06-01T00:00:00Z';

interface Case {
  readonly source: string;
  readonly namespace: string;
  /** Modification time of the only record. */
  readonly modified?: string;
  readonly update?: Partial<FeedUpdate>;
  readonly outcomes?: (source: AdvisorySource) => FeedOutcome[];
  readonly feeds?: readonly string[];
  /** Name of another source that has a record of the namespace and is not loaded. */
  readonly unloaded?: string;
}

/** Returns dependencies with no source, as of today. */
function withoutSources(store: Store): CoverageDeps {
  return {
    extensions: { sources: [] },
    store,
    outcomes: [],
    now: () => new Date(today),
    staleAfterMs: 86_400_000,
    asOf: undefined,
  };
}

/** Returns the coverage of a namespace by a source of this name. It is loaded today unless there are outcomes. */
async function coverage(context: TestContext, one: Case): Promise<DatedCoverage | undefined> {
  const store = await openSqliteStore(':memory:', { now: () => Date.parse(today) });
  context.after(() => store[Symbol.asyncDispose]());
  const { source: name, namespace, modified, update, feeds = ['all'], outcomes, unloaded } = one;
  const source = { name, version: 1, feeds, feedsFor: () => feeds } as unknown as AdvisorySource;
  const row = affectedRow('openssl', { namespace: { name: namespace, versionScheme: 'dpkg' } });
  if (outcomes === undefined)
    for (const feed of feeds)
      await store.advisories.apply(
        feedUpdate({ source: name, feed, fetchedAt: today, ...update }),
        stream([record('A', { affected: [row], ...(modified !== undefined && { modified }) })]),
      );
  if (unloaded !== undefined)
    await store.advisories.apply(
      feedUpdate({ source: unloaded, feed: 'own', fetchedAt: '2026-05-30T00:00:00Z' }),
      stream([record('B', { affected: [row] })]),
    );
  const image = {
    namespaces: [{ name: namespace, versionScheme: 'dpkg' }],
    packages: [{ lookup: { namespace: { name: namespace } }, location: { path: 'p' } }],
    evidence: { found: [], cut: [] },
    distro: null,
  } as unknown as IndexedImage;
  const states = await store.advisories.findFeedStates();
  const [covered] = await coverageOf(image, states, {
    ...withoutSources(store),
    extensions: { sources: [source] },
    outcomes: outcomes?.(source) ?? [],
  });
  return covered;
}

test('is stale with a dated reason when the content is too old for its source', async (context) => {
  const debian = { source: 'debian', namespace: 'debian:12' };
  const old = await coverage(context, { ...debian, update: { lastModified: '2026-05-24T00:00:00Z' } });
  assert.equal(old?.status, 'stale');
  assert.equal(old.contentDate, '2026-05-24T00:00:00.000Z');
  assert.equal(old.reason, 'the feed was last changed on 2026-05-24, more than 7 days ago');
  const fresh = await coverage(context, { ...debian, update: { lastModified: '2026-05-26T00:00:00Z' } });
  assert.deepEqual([fresh?.status, fresh?.reason], ['complete', null]);
});

test('is stale when a mirror directory has not changed for a year, even without a content date', async (context) => {
  const update = { fileModified: '2025-06-01T00:00:00Z', origin: '/mirror' };
  const still = await coverage(context, { source: 'alpine', namespace: 'alpine:v3.22', update });
  assert.deepEqual([still?.status, still?.contentDate], ['stale', null]);
  assert.match(
    still?.reason ?? '',
    /^the file of the feed was last changed on 2025-06-01, more than 90 days ago$/,
  );
});

test('compares content with the end of support when a release is out of support', async (context) => {
  const rhel = { source: 'rhel-oval', namespace: 'rhel:7' };
  const toTheEnd = await coverage(context, { ...rhel, modified: '2024-06-20T00:00:00Z' });
  assert.equal(toTheEnd?.status, 'complete');
  assert.equal(toTheEnd.reason, 'out of support since 2024-06-30: no new advisories are written');
  const cut = await coverage(context, { ...rhel, modified: '2023-04-04T00:00:00Z' });
  assert.equal(cut?.status, 'stale');
  assert.match(
    cut.reason ?? '',
    /; the newest advisory is of 2023-04-04, more than 30 days before that day$/,
  );
});

test('is not complete when the feed drops releases out of support', async (context) => {
  const buster = await coverage(context, {
    source: 'debian',
    namespace: 'debian:10',
    update: { lastModified: today },
  });
  assert.equal(buster?.status, 'stale');
  assert.match(
    buster.reason ?? '',
    /debian removes such releases from its feed, so that advisories may be missing$/,
  );
});

test('is complete when only one repository of several has not changed', async (context) => {
  const both = await coverage(context, {
    source: 'alpine',
    namespace: 'alpine:v3.22',
    feeds: ['main', 'community'],
    modified: '2026-05-30T00:00:00Z',
  });
  assert.equal(both?.status, 'complete');
});

test('is stale when a source of the advisories is not loaded', async (context) => {
  const acme = { source: 'debian', namespace: 'debian:12', update: { lastModified: today } };
  const beside = await coverage(context, { ...acme, unloaded: 'acme' });
  assert.deepEqual(
    [beside?.status, beside?.reason],
    [
      'stale',
      'the source acme is not loaded, so its advisories are not newer than 2026-05-30; load its plugin',
    ],
  );
  const alone = await coverage(context, { ...acme, feeds: [], unloaded: 'acme' });
  assert.equal(alone?.status, 'unsupported');
  assert.match(alone.reason ?? '', /^no advisory source for debian:12; the source acme is not loaded/);
  const written = await coverage(context, { ...acme, unloaded: 'api' });
  assert.deepEqual([written?.status, written?.reason], ['complete', null]);
});

test('names an unreachable host once, not for each of its feeds', async (context) => {
  const cause = new HttpError('x', { unreachable: 'secdb.alpinelinux.org' });
  const message = 'cannot reach secdb.alpinelinux.org: Name or service not known (ENOTFOUND)';
  const covered = await coverage(context, {
    source: 'alpine',
    namespace: 'alpine:v3.22',
    feeds: ['main', 'community'],
    outcomes: (source) => [
      {
        source,
        feed: 'main',
        outcome: 'failed',
        error: new ClairError('feed-unavailable', message, { cause }),
      },
      {
        source,
        feed: 'community',
        outcome: 'failed',
        error: new ClairError('feed-not-tried', `${message}; x`),
      },
    ],
  });
  assert.deepEqual([covered?.status, covered?.reason], ['missing', message]);
});

test('states the run times of .NET that are out of support, and is then not fully assessed', async (context) => {
  const store = await openSqliteStore(':memory:', { now: () => Date.parse(today) });
  context.after(() => store[Symbol.asyncDispose]());
  const namespace = { name: 'nuget', versionScheme: 'nuget' };
  const runTime = (version: string): object => ({
    type: 'nuget',
    name: 'Microsoft.NETCore.App.Runtime.linux-x64',
    version,
    lookup: { namespace },
    location: { path: 'p' },
  });
  const packages = [runTime('3.1.23'), runTime('10.0.1')];
  const image = { namespaces: [namespace], packages, evidence: { found: [], cut: [] }, distro: null };
  const [covered] = await coverageOf(
    image as unknown as IndexedImage,
    await store.advisories.findFeedStates(),
    withoutSources(store),
  );
  assert.ok(covered?.isOutOfSupport === true);
  assert.match(
    covered.reason ?? '',
    /out of support: Microsoft\.NETCore\.App\.Runtime\.linux-x64 3\.1\.23 since 2022-12-13; no new/,
  );
  assert.doesNotMatch(covered.reason ?? '', /10\.0\.1/);
});

test('marks a namespace that only documents claim, by the name of its advisories', async (context) => {
  const store = await openSqliteStore(':memory:', { now: () => Date.parse(today) });
  context.after(() => store[Symbol.asyncDispose]());
  const namespace = { name: 'centos:7', versionScheme: 'rpm' };
  const image = {
    namespaces: [namespace],
    packages: [{ lookup: { namespace }, location: { path: 'p' } }],
    evidence: { found: [], cut: [] },
    distro: null,
    claimedNamespaces: ['rhel:7'],
  };
  const [covered] = await coverageOf(
    image as unknown as IndexedImage,
    await store.advisories.findFeedStates(),
    withoutSources(store),
  );
  assert.deepEqual([covered?.namespace, covered?.isClaimed], ['centos:7', true]);
  assert.match(
    covered?.reason ?? '',
    /no advisory source for centos:7; .*; only documents in the image claim its packages$/,
  );
});
