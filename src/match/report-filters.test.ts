import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sampleReport } from '../testing/sample-report.ts';
import { onlyFixed } from './report-filters.ts';

test('suppresses findings without a fix with the reason, and keeps the verdict', () => {
  const report = sampleReport;
  const shown = onlyFixed(report);
  assert.ok(shown.matches.length > 0 && shown.matches.length < report.matches.length);
  assert.ok(shown.matches.every(({ fix }) => fix.state === 'fixed'));
  assert.equal(
    shown.matches.length + shown.suppressed.length,
    report.matches.length + report.suppressed.length,
  );
  assert.equal(shown.verdict, 'vulnerable');
  const unfixable = onlyFixed({
    ...report,
    matches: report.matches.filter(({ fix }) => fix.state !== 'fixed'),
  });
  assert.deepEqual([unfixable.matches.length, unfixable.verdict], [0, 'vulnerable']);
});
