import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Store } from '../../store/store.ts';
import { feedUpdate, record, stream } from '../../testing/store-content.ts';
import { sharedEngines } from '../../testing/store-engines.ts';

const month = 30 * 24 * 3_600_000;

const answer = {
  id: 'CVE-1',
  source: 'cve',
  sourceVersion: 1,
  origin: 'upstream',
  enrichment: null,
  askedAt: '2020-01-02T03:04:05.000Z',
};

/** Changes of what reports are made from, and a check that finds a feed current. */
const changes: Readonly<Record<string, (store: Store) => Promise<unknown>>> = {
  'an application of advisories': ({ advisories }) =>
    advisories.apply(feedUpdate(), stream([record('CVE-1')])),
  'the same advisories again': ({ advisories }) => advisories.apply(feedUpdate(), stream([record('CVE-1')])),
  'an application of ratings': ({ enrichments }) =>
    enrichments.apply(
      feedUpdate({ source: 'nvd', feed: '2026' }),
      stream([{ kind: 'enrichment', id: 'CVE-1', severity: 'Low' }]),
    ),
  'a check': ({ advisories }) =>
    advisories.touch({
      source: 'debian',
      feed: 'tracker',
      sourceVersion: 1,
      origin: 'upstream',
      presence: 'loaded',
      fingerprint: 'one',
      fetchedAt: '2026-01-02T03:04:05Z',
      checkedAt: '2026-02-02T03:04:05Z',
    }),
  'a lookup': ({ enrichments }) => enrichments.saveLookups([answer]),
  'the same lookup again': ({ enrichments }) => enrichments.saveLookups([answer]),
  'the version scheme of a namespace': ({ advisories }) =>
    advisories.saveNamespace({ name: 'debian:13', versionScheme: 'dpkg' }),
  'the end of a lookup': (store) =>
    store.collectGarbage({ keepHistoryMs: month, keepEventsMs: month, keepLayersUnusedMs: month }),
};

for (const engine of sharedEngines)
  test(`${engine.name}: the state of the content differs after each change by another process`, async (t) => {
    const open = engine.create(t);
    const [own, other] = [await open(), await open()];
    const seen = [await own.advisories.findContentState()];
    for (const [name, change] of Object.entries(changes)) {
      await change(other);
      const state = await own.advisories.findContentState();
      assert.ok(!seen.includes(state), `${name}: ${state}`);
      assert.equal(await own.advisories.findContentState(), state);
      seen.push(state);
    }
  });
