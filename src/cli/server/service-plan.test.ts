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

test('uses all sources without a list', () => {
  assert.deepEqual(enabledBy(''), [...builtIn.sources, ...builtIn.enrichers].map(({ name }) => name).sort());
});
