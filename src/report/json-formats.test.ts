import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Report } from '../model/report.ts';
import { sampleReport } from '../testing/sample-report.ts';
import { jsonFormat, sbomJsonFormat } from './json-formats.ts';

const display = { colors: false };

test('writes the report as indented JSON that ends with a line break', () => {
  // The sample has the published key order, so JSON.stringify gives the expected bytes.
  const expected = `${JSON.stringify(sampleReport, null, 2)}\n`;
  assert.equal([...jsonFormat.write(sampleReport, display)].join(''), expected);
});

test('writes keys in the published order when the object has another', () => {
  const shuffled = reversedKeys(sampleReport) as Report;
  assert.notEqual(JSON.stringify(shuffled), JSON.stringify(sampleReport));
  assert.deepEqual([...jsonFormat.write(shuffled, display)], [...jsonFormat.write(sampleReport, display)]);
});

test('writes a long list in many chunks, so that a large report is never one text', () => {
  const matches = Array.from({ length: 1000 }, () => sampleReport.matches).flat();
  const pieces = [...jsonFormat.write({ ...sampleReport, matches }, display)];
  const longest = Math.max(...pieces.map(({ length }) => length));
  assert.ok(longest < pieces.join('').length / 10, `${longest}`);
});

test('writes empty lists and null when the report is empty', () => {
  const empty: Report = {
    ...sampleReport,
    distro: null,
    namespaces: [],
    layers: [],
    packages: [],
    matches: [],
    suppressed: [],
    coverage: [],
    statuses: [],
    verdict: 'not-assessed',
  };
  assert.equal([...jsonFormat.write(empty, display)].join(''), `${JSON.stringify(empty, null, 2)}\n`);
});

test('escapes control characters of a hostile name without losing them', () => {
  const name = 'a\x1b[2J\u009b1m\x7f\u2028"\\\ud800';
  const target = { ...sampleReport.target, reference: name };
  const text = [...jsonFormat.write({ ...sampleReport, target }, display)].join('');
  assert.doesNotMatch(text, /(?!\n)\p{Cc}/u);
  assert.equal((JSON.parse(text) as Report).target.reference, name);
});

test('writes the inventory as the report without findings', () => {
  const text = [...sbomJsonFormat.write(sampleReport, display)].join('');
  const { schemaVersion, target, distro, namespaces, layers, packages, statuses } = sampleReport;
  const expected = { schemaVersion, target, distro, namespaces, layers, packages, statuses };
  assert.equal(text, `${JSON.stringify(expected, null, 2)}\n`);
});

function reversedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversedKeys);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).reverse();
  return Object.fromEntries(entries.map(([key, member]) => [key, reversedKeys(member)]));
}
