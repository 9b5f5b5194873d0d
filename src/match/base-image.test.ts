import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Digest } from '../model/digest.ts';
import type { Report } from '../model/report.ts';
import { sampleMatch, samplePackage, sampleReport } from '../testing/sample-report.ts';
import { isBaseOf, withBase } from './base-image.ts';

const lower = `sha256:${'a1'.repeat(32)}` as Digest;
const upper = `sha256:${'b2'.repeat(32)}` as Digest;
const base = { reference: 'debian:12', digest: lower, diffIds: [lower], knownBy: 'option' } as const;

function packageIn(name: string, ...layers: readonly Digest[]): Report['packages'][number] {
  const locations = layers.map((layer) => ({ path: `opt/${name}`, layer }));
  const [location = { path: '', layer: null }] = locations;
  return { ...samplePackage(name, '1'), location, ...(locations.length > 1 && { locations }) };
}

test('a base image has the lowest layers, and not all of them', () => {
  assert.ok(isBaseOf(base, sampleReport));
  assert.ok(!isBaseOf({ diffIds: [upper] }, sampleReport));
  assert.ok(!isBaseOf({ diffIds: [lower, upper] }, sampleReport));
  assert.ok(!isBaseOf({ diffIds: [] }, sampleReport));
  const [layer] = sampleReport.layers;
  assert.ok(layer);
  assert.ok(!isBaseOf(base, { layers: [{ ...layer, diffId: null }, layer] }));
});

test('separates the findings of the base, and counts copies above it as own', () => {
  const packages = [packageIn('a', lower), packageIn('b', upper), packageIn('c', lower, upper)];
  const matches = packages.map((item) => sampleMatch(item, { id: 'CVE-1', severity: 'High' }));
  const suppressed = matches.map((match) => ({ ...match, reason: 'a rule' }));
  const marked = withBase({ ...sampleReport, packages, matches, suppressed }, base);
  assert.deepEqual(marked.base, { reference: 'debian:12', digest: lower, layers: 1, knownBy: 'option' });
  for (const list of [marked.matches, marked.suppressed])
    assert.deepEqual(
      list.map(({ package: { name, fromBase } }) => [name, fromBase]),
      [
        ['a', true],
        ['b', undefined],
        ['c', undefined],
      ],
    );
  assert.equal(marked.verdict, sampleReport.verdict);
});
