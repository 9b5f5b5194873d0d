import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VexStatement, VexStatus } from '../../model/suppression.ts';
import { readOpenVex } from '../../suppression-files/openvex.ts';
import { sampleMatch, samplePackage, sampleReport } from '../../testing/sample-report.ts';
import { openVexDocument } from '../../testing/vex-documents.ts';
import { indexStatements, statementsOn } from './statements.ts';
import { suppressionSubjectOf } from './subject.ts';

const curl = samplePackage('curl', '7.88.1-10+deb12u4');

/** Returns whether a statement under these names is about a finding under those. */
function isAbout(names: readonly string[], id: string, aliases: readonly string[] = []): boolean {
  const [name = '', ...others] = names;
  const document = {
    vulnerability: { name, aliases: others },
    products: [{ '@id': 'pkg:deb/debian/curl' }],
    status: 'not_affected',
    impact_statement: 'x',
  };
  return statusesOn([document], id, aliases).length > 0;
}

/** The statuses of statements on a finding under these names, in descending priority. */
function statusesOn(
  documents: readonly object[],
  id: string,
  aliases: readonly string[] = [],
): VexStatement[] {
  const { statements } = readOpenVex(openVexDocument(documents), { place: 'x', wants: () => true });
  const finding = sampleMatch(curl, { id, severity: 'High', aliases });
  return statementsOn(finding, indexStatements(statements), suppressionSubjectOf(sampleReport, []));
}

test('matches a vulnerability by any of its names, on both sides', () => {
  assert.equal(isAbout(['CVE-2024-1'], 'CVE-2024-1'), true);
  assert.equal(isAbout(['cve-2024-1'], 'CVE-2024-1'), true);
  assert.equal(isAbout(['GHSA-1'], 'CVE-2024-1', ['GHSA-1']), true);
  assert.equal(isAbout(['GHSA-1', 'CVE-2024-1'], 'CVE-2024-1'), true);
  assert.equal(isAbout(['CVE-2024-1'], 'GHSA-1', ['CVE-2024-1']), true);
  assert.equal(isAbout(['GCVE-0-2024-1000'], 'CVE-2024-1000'), true);
  assert.equal(isAbout(['CVE-2024-2'], 'CVE-2024-1'), false);
});

test('does not treat two CVEs of one advisory as one', () => {
  assert.equal(isAbout(['CVE-2024-2', 'DSA-1'], 'CVE-2024-1', ['DSA-1']), false);
  assert.equal(isAbout(['CVE-2024-2', 'DSA-1'], 'CVE-2024-2', ['DSA-1']), true);
});

test('prefers the more pessimistic of two statements with equal times, in any order', () => {
  const said = (status: VexStatus): object => ({
    vulnerability: { name: 'CVE-2024-1' },
    products: [{ '@id': curl.purl }],
    status,
    impact_statement: 'x',
  });
  const rising: readonly VexStatus[] = ['fixed', 'not_affected', 'under_investigation', 'affected'];
  for (const [more, less] of rising.slice(1).map((status, i) => [rising[i] ?? status, status] as const))
    for (const both of [
      [said(more), said(less)],
      [said(less), said(more)],
    ])
      assert.deepEqual(
        statusesOn(both, 'CVE-2024-1').map(({ status }) => status),
        [less, more],
      );
});

test('prefers the newest statement, and treats one without a time as the oldest', () => {
  const said = { vulnerability: { name: 'CVE-2024-1' }, products: [{ '@id': curl.purl }] };
  const [dated] = readOpenVex(openVexDocument([{ ...said, status: 'fixed' }]), {
    place: 'x',
    wants: () => true,
  }).statements;
  assert.ok(dated?.time);
  const earlier: VexStatement = { ...dated, status: 'under_investigation', time: '2001-01-01T00:00:00Z' };
  const { time: _, ...undated } = { ...dated, status: 'affected' as const };
  const finding = sampleMatch(curl, { id: 'CVE-2024-1', severity: 'High' });
  for (const all of [
    [undated, earlier, dated],
    [dated, undated, earlier],
  ])
    assert.deepEqual(
      statementsOn(finding, indexStatements(all), suppressionSubjectOf(sampleReport, [])).map(
        ({ status }) => status,
      ),
      ['fixed', 'under_investigation', 'affected'],
    );
});
