import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClairError } from '../core/errors.ts';
import { sampleReport } from '../testing/sample-report.ts';
import { jsonFormat } from './json-formats.ts';
import { readFullReport } from './read-full-report.ts';

const text = [...jsonFormat.write(sampleReport, { colors: false })].join('');

test('reads back every field of a JSON report', () => {
  const again = [...jsonFormat.write(readFullReport('r', Buffer.from(text)), { colors: false })].join('');
  assert.equal(again, text);
});

test('refuses a report with a field that a format cannot show', () => {
  for (const [path, value] of [
    [['verdict'], 'fine'],
    [['matches', 0, 'vulnerability', 'severity'], 'Worst'],
    [['matches', 0, 'vulnerability', 'cvss'], null],
    [['matches', 0, 'fix'], { state: 'fixed' }],
    [['packages', 0, 'location'], 'usr'],
    [['layers', 0, 'digest'], 'sha256:1'],
    [['coverage', 0, 'status'], 'good'],
    [['statuses'], {}],
  ] as const) {
    const report = JSON.parse(text) as Record<string, unknown>;
    const owner = path.slice(0, -1).reduce((found, key) => found[key] as Record<string, unknown>, report);
    owner[path.at(-1) ?? ''] = value;
    assert.throws(
      () => readFullReport('r', Buffer.from(JSON.stringify(report))),
      (error) =>
        error instanceof ClairError &&
        error.code === 'target-corrupt' &&
        error.message.includes(path.join('.').replace(/\.fix$/, '.fix')),
      path.join('.'),
    );
  }
});
