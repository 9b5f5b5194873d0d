import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Match } from '../../model/report.ts';
import type { FixRow } from '../../store/event-store.ts';
import { sampleMatch, samplePackage } from '../../testing/sample-report.ts';
import { addFixDates } from './fix-dates.ts';

const found = samplePackage('libssl3', '1', 'openssl');
const fixed = { state: 'fixed', version: '2' } as const;

/** A finding with an advisory for each fixed version, published at that time. */
function finding(
  ...advisories: readonly (readonly [id: string, fixedVersion: string, issued?: string])[]
): Match {
  const one = sampleMatch(found, {
    id: 'CVE-1',
    severity: 'High',
    advisories: advisories.map(([id, fixedVersion, issued]) => ({
      id,
      link: null,
      fixedVersion,
      ...(issued !== undefined && { issued }),
    })),
  });
  const [evidence] = one.evidence;
  assert.ok(evidence);
  return { ...one, fix: fixed, evidence: advisories.map(([advisory]) => ({ ...evidence, advisory })) };
}

async function dateOf(
  match: Match,
  times: Readonly<Record<string, string>> = {},
): Promise<string | undefined> {
  const findFixTimes = (rows: readonly FixRow[]): Promise<(string | undefined)[]> =>
    Promise.resolve(rows.map(({ id }) => times[id]));
  const store = { events: { findFixTimes } } as unknown as Parameters<typeof addFixDates>[1]['store'];
  const { matches } = await addFixDates({ matches: [match], suppressed: [] }, { store });
  return matches[0]?.fix.availableSince;
}

test('is available since the first update that named the fix, or since its publication', async () => {
  const published = finding(['ALAS-1', '2', '2026-01-05T00:00:00.000Z']);
  assert.equal(await dateOf(published), '2026-01-05T00:00:00.000Z');
  assert.equal(await dateOf(published, { 'ALAS-1': '2026-01-06T00:00:00.000Z' }), '2026-01-05T00:00:00.000Z');
  assert.equal(await dateOf(published, { 'ALAS-1': '2026-01-04T00:00:00.000Z' }), '2026-01-04T00:00:00.000Z');
});

test('has no date when nothing states one, or only advisories about other versions do', async () => {
  assert.equal(await dateOf(finding(['DSA-1', '2'])), undefined);
  const other = finding(['DSA-1', '3', '2026-01-01T00:00:00.000Z'], ['DSA-2', '2']);
  assert.equal(await dateOf(other, { 'DSA-1': '2026-01-02T00:00:00.000Z' }), undefined);
  assert.equal(await dateOf({ ...other, fix: { state: 'unfixed' } }), undefined);
});
