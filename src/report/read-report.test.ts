import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClairError } from '../core/errors.ts';
import { sampleReport } from '../testing/sample-report.ts';
import { jsonFormat } from './json-formats.ts';
import { looksLikeReport, readReport } from './read-report.ts';

const savedReport = Buffer.from([...jsonFormat.write(sampleReport, { colors: false })].join(''));

test('reads back the comparable fields of a JSON report', () => {
  const read = readReport('x.json', savedReport);
  assert.ok(read !== undefined);
  const { matches, packages, verdict, target } = read;
  assert.equal(verdict, sampleReport.verdict);
  assert.equal(target.reference, sampleReport.target.reference);
  assert.deepEqual(
    matches.map(({ vulnerability, package: item }) => `${vulnerability.id} ${item.name}`),
    sampleReport.matches.map(({ vulnerability, package: item }) => `${vulnerability.id} ${item.name}`),
  );
  assert.equal(packages.length, sampleReport.packages.length);
});

test('refuses other files with path and reason', () => {
  for (const [text, message] of [
    ['', /^x\.json is not a report: it is not JSON/],
    ['{"schemaVersion":1', /is not JSON/],
    ['['.repeat(1e6), /^x\.json is not a report: it exceeds the nesting limit of 100$/],
    ['{}', /not a report of clair scan --format json: it is malformed at schemaVersion: not one of 1$/],
    [
      savedReport.toString().replace('"schemaVersion": 1', '"schemaVersion": 2'),
      /at schemaVersion: not one of 1$/,
    ],
    [
      '{"schemaVersion":1,"target":{"reference":"x"},"packages":[],"matches":7}',
      /at matches: not the expected array$/,
    ],
    [
      `{"schemaVersion":1,"target":{"reference":"x"},"packages":[],"matches":[${'7,'.repeat(300_000)}7]}`,
      /it is malformed: it has too many errors to list$/,
    ],
  ] as const)
    assert.throws(
      () => readReport('x.json', Buffer.from(text)),
      (error) =>
        error instanceof ClairError && error.code === 'target-corrupt' && message.test(error.message),
      text,
    );
});

test('returns undefined when the file is an inventory', () => {
  const text = '{"schemaVersion":1,"target":{"reference":"x"},"packages":[]}';
  assert.equal(readReport('x.json', Buffer.from(text)), undefined);
});

test('recognizes a report by its first key, and no archive', () => {
  assert.ok(looksLikeReport(Buffer.from('\uFEFF\n {"schemaVersion": 1')));
  assert.ok(!looksLikeReport(Buffer.from('{"bomFormat": "CycloneDX"')));
  assert.ok(!looksLikeReport(Buffer.from('manifest.json\0\0')));
  assert.ok(!looksLikeReport(Buffer.of(0x1f, 0x8b)));
});
