import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtIn } from '../../extensions.ts';
import { loadConfig } from '../config.ts';
import { enabledFeeds } from './service-plan.ts';

const ratings = builtIn.enrichers.map(({ name }) => name).sort();

/** Returns the names of the enabled sources, sorted. */
function enabledBy(names: string): string[] {
  const config = loadConfig({}, { CLAIR_UPDATER_ENABLEDUPDATERS: names });
  return [...new Set(enabledFeeds(config, builtIn).map(({ source }) => source.name))].sort();
}

test('keeps all sources of ratings when a list names sources of advisories only', () => {
  assert.deepEqual(
    ['nvd', 'kev', 'epss', 'cve'].filter((name) => !ratings.includes(name)),
    [],
  );
  // The list of the sample of Clair v3.
  const sample = ['alpine', 'debian', 'oracle', 'rhel', 'suse', 'ubuntu'];
  assert.deepEqual(enabledBy(sample.join(',')), [...sample, ...ratings].sort());
});

test('uses only the sources of ratings that a list names', () => {
  assert.deepEqual(enabledBy('debian,kev'), ['debian', 'kev']);
  assert.deepEqual(enabledBy('nvd'), ['nvd']);
});

test('turns off a source of ratings by an interval of 0, and no source of advisories', () => {
  const { updater } = loadConfig({}, { CLAIR_UPDATER_ENABLEDUPDATERS: 'debian' });
  const sources = { cve: { interval: 0 }, debian: { interval: 0 } };
  const feeds = enabledFeeds({ updater: { ...updater, sources } }, builtIn);
  const names = [...new Set(feeds.map(({ source }) => source.name))].sort();
  assert.deepEqual(names, ['debian', ...ratings.filter((name) => name !== 'cve')].sort());
});

test('uses all sources without a list', () => {
  assert.deepEqual(enabledBy(''), [...builtIn.sources, ...builtIn.enrichers].map(({ name }) => name).sort());
});
