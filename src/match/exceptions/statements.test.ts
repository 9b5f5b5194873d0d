import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readOpenVex } from '../../policy/openvex.ts';
import { sampleMatch, samplePackage, sampleReport } from '../../testing/sample-report.ts';
import { openVexDocument } from '../../testing/vex-documents.ts';
import { indexStatements, statementsOn } from './statements.ts';
import { subjectOf } from './subject.ts';

const curl = samplePackage('curl', '7.88.1-10+deb12u4');

/** Whether a statement under these names is about a finding under those. */
function isAbout(said: readonly string[], id: string, aliases: readonly string[] = []): boolean {
  const [name = '', ...others] = said;
  const document = openVexDocument([
    {
      vulnerability: { name, aliases: others },
      products: [{ '@id': 'pkg:deb/debian/curl' }],
      status: 'not_affected',
      impact_statement: 'x',
    },
  ]);
  const { statements } = readOpenVex(document, { place: 'x', wants: () => true });
  const finding = sampleMatch(curl, { id, severity: 'High', aliases });
  return statementsOn(finding, indexStatements(statements), subjectOf(sampleReport)).length > 0;
}

test('a vulnerability goes by any of its names, on both sides', () => {
  assert.equal(isAbout(['CVE-2024-1'], 'CVE-2024-1'), true);
  assert.equal(isAbout(['cve-2024-1'], 'CVE-2024-1'), true);
  assert.equal(isAbout(['GHSA-1'], 'CVE-2024-1', ['GHSA-1']), true);
  assert.equal(isAbout(['GHSA-1', 'CVE-2024-1'], 'CVE-2024-1'), true);
  assert.equal(isAbout(['CVE-2024-1'], 'GHSA-1', ['CVE-2024-1']), true);
  assert.equal(isAbout(['CVE-2024-2'], 'CVE-2024-1'), false);
});

test('an advisory that two CVEs share does not make them one', () => {
  assert.equal(isAbout(['CVE-2024-2', 'DSA-1'], 'CVE-2024-1', ['DSA-1']), false);
  assert.equal(isAbout(['CVE-2024-2', 'DSA-1'], 'CVE-2024-2', ['DSA-1']), true);
});
