import assert from 'node:assert/strict';
import { test } from 'node:test';
import { csvResponse } from '../../src/api/http/fleet/csv.ts';
import { limits } from '../../src/core/limits.ts';
import { severityWeights } from '../../src/match/upgrades/finding-risk.ts';
import { severities } from '../../src/model/severity.ts';
import { causeNames } from '../../src/notify/digest-changes.ts';
import type { SourceState } from '../../ui/src/api/types.ts';
import { wholeCsv } from '../../ui/src/api/whole-csv.ts';
import { attentionOf } from '../../ui/src/attention.ts';
import { endOfDay } from '../../ui/src/format.ts';
import { type ComparedFinding, countChanges } from '../../ui/src/screens/image/finding-changes.ts';
import { severitiesDescending } from '../../ui/src/severity.ts';
import { texts } from '../../ui/src/texts.ts';

test('the console places a severity by the weight that it has for upgrades', () => {
  assert.deepEqual(severitiesDescending.toSorted(), severities.toSorted());
  const weights = severitiesDescending.map((severity) => severityWeights[severity]);
  assert.deepEqual(
    weights,
    weights.toSorted((a, b) => b - a),
  );
});

test('the daily mail names the causes of changed findings as the console does', () => {
  assert.deepEqual(causeNames, texts.since.causes);
});

test('the console counts sources that are not current, and each needed feed that was never loaded once', () => {
  const source = (name: string, state: 'current' | 'stale'): SourceState => {
    const times = { contentDate: null, fetchedAt: null, checkedAt: null };
    return { source: name, state, reason: null, feeds: 1, ...times, lastFailure: null };
  };
  const reason = 'any text';
  const reasons = [
    { code: 'never-loaded', reason, namespace: 'debian:12', images: 5 },
    { code: 'never-loaded', reason, namespace: 'debian:11', images: 2 },
    { code: 'unread', reason, namespace: null, images: 9 },
    { code: 'out-of-support', reason, namespace: 'alpine:v3.1', images: 1 },
  ] as const;
  const sources = [source('alpine', 'stale'), source('kev', 'current')];
  const { sources: problems, feeds } = attentionOf({
    sources,
    notAssessed: { images: 9, uncounted: 0, reasons },
  });
  assert.deepEqual(
    problems.map((one) => one.source),
    ['alpine'],
  );
  const namespaces = [
    { namespace: 'debian:12', images: 5 },
    { namespace: 'debian:11', images: 2 },
  ];
  assert.deepEqual(feeds, [{ reason, namespaces }]);
  assert.deepEqual(attentionOf({ sources: [], notAssessed: null }), { sources: [], feeds: [] });
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

/** Returns the CSV of the numbers behind a place, as the server writes it. */
async function numbersBehind(after: number, count: number): Promise<Blob> {
  const pages = async function* () {
    for (let from = after; from < count; from += limits.affectedPerPage) {
      const to = Math.min(from + limits.affectedPerPage, count);
      const rows = Array.from({ length: to - from }, (_, i) => from + i + 1);
      yield await Promise.resolve({ rows, next: to < count ? String(to) : undefined });
    }
  };
  const { stream } = csvResponse<number>('numbers', { 'n,ü': (n) => n, text: (n) => `a "${n}"` }, pages);
  const parts: string[] = [];
  for await (const part of stream ?? assert.fail()) parts.push(part);
  return new Blob(parts);
}

test('the console saves a list whole that the server sends in parts', async () => {
  for (const count of [2, limits.csvRows, limits.csvRows + 1, 2 * limits.csvRows + 5]) {
    const starts: (string | undefined)[] = [];
    const file = await wholeCsv(async (after) => {
      starts.push(after);
      return await numbersBehind(Number(after ?? 0), count);
    });
    const lines = (await file.text()).trimEnd().split('\r\n');
    assert.equal(lines[0], '"n,ü",text');
    assert.deepEqual([lines.length, lines.at(-1)], [count + 1, `${count},"a ""${count}"""`]);
    assert.equal(new Set(lines).size, count + 1);
    assert.equal(starts.length, Math.ceil(count / limits.csvRows));
  }
  const again = new Blob([
    'n\r\ncut after 1 rows: repeat the request with after=7 for the following ones\r\n',
  ]);
  await assert.rejects(
    wholeCsv(() => Promise.resolve(again)),
    /does not go on/,
  );
});
