import assert from 'node:assert/strict';
import { test } from 'node:test';
import { severityWeights } from '../../src/match/upgrades/finding-risk.ts';
import { severities } from '../../src/model/severity.ts';
import { endOfDay } from '../../ui/src/format.ts';
import { type ComparedFinding, countChanges } from '../../ui/src/screens/image/finding-changes.ts';
import { severitiesDescending } from '../../ui/src/severity.ts';

test('the console places a severity by the weight that it has for upgrades', () => {
  assert.deepEqual(severitiesDescending.toSorted(), severities.toSorted());
  const weights = severitiesDescending.map((severity) => severityWeights[severity]);
  assert.deepEqual(
    weights,
    weights.toSorted((a, b) => b - a),
  );
});

function finding(id: string, severity: string, fixedVersion?: string): ComparedFinding {
  return {
    vulnerability: { id, severity },
    package: { name: 'zlib', version: '1.2', location: { path: 'var/lib/dpkg/status' } },
    fix: fixedVersion === undefined ? { state: 'unfixed' } : { state: 'fixed', version: fixedVersion },
  };
}

test('today means now in the console, because its end is in the future', () => {
  const now = Date.parse('2026-03-01T00:00:01Z');
  assert.equal(endOfDay('2026-03-01', now), undefined);
  assert.equal(endOfDay('2026-02-28', now), '2026-02-28T23:59:59Z');
});

test('the history of an image counts new, gone and changed findings', () => {
  const before = [
    ...[finding('CVE-1', 'Low'), finding('CVE-2', 'Low'), finding('CVE-3', 'Low')],
    finding('CVE-4', 'High', '1.3'),
  ];
  const after = [
    ...[finding('CVE-2', 'High'), finding('CVE-3', 'Low', '1.3'), finding('CVE-4', 'High', '1.3')],
    ...[finding('CVE-5', 'Low'), finding('CVE-6', 'Low')],
  ];
  assert.deepEqual(countChanges(before, after), { added: 2, gone: 1, other: 2 });
  assert.deepEqual(countChanges(after, after), { added: 0, gone: 0, other: 0 });
});
