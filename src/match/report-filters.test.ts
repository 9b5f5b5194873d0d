import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sampleReport } from '../testing/sample-report.ts';
import { onlyFixed, withoutFixStates } from './report-filters.ts';

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

test('suppresses findings by the state of their fix with the reason, and keeps the verdict', () => {
  const shown = withoutFixStates(sampleReport, ['unfixed', 'will-not-fix']);
  const states = new Set(shown.matches.map(({ fix }) => fix.state));
  assert.ok(states.has('fixed') && !states.has('unfixed') && !states.has('will-not-fix'));
  const added = shown.suppressed.filter(({ decision }) => decision?.by === 'option');
  assert.equal(added.length, sampleReport.matches.length - shown.matches.length);
  for (const { fix, reason } of added)
    assert.equal(reason, `its fix has the state ${fix.state}, which --ignore-status names`);
  assert.equal(shown.verdict, 'vulnerable');
  assert.deepEqual(withoutFixStates(sampleReport, []), sampleReport);
});
