import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Enrichment } from '../model/enrichment.ts';
import type { Match, ReportVulnerability } from '../model/report.ts';
import { sampleReport } from '../testing/sample-report.ts';
import { enrich } from './enrich.ts';

const bare = {
  id: 'CVE-2024-1',
  severity: 'Unknown',
  cvss: [{ source: 'vendor', vector: 'CVSS:3.1/AV:L' }],
  description: null,
  kev: null,
  epss: null,
} as const;

function enriched(
  vulnerability: Partial<ReportVulnerability>,
  known: readonly (Enrichment & { readonly source?: string })[],
  knowsExploited = true,
): ReportVulnerability {
  const [match] = sampleReport.matches as readonly [Match];
  return enrich(
    { ...match, vulnerability: { ...match.vulnerability, ...bare, ...vulnerability } },
    {
      enrichments: new Map([['CVE-2024-1', known.map((one) => ({ source: 'nvd', ...one }))]]),
      knowsExploited,
    },
  ).vulnerability;
}

const nvd: Enrichment = {
  id: 'CVE-2024-1',
  description: 'from elsewhere',
  cvss: [{ source: 'nvd', vector: 'CVSS:3.1/AV:N', score: 7.5 }],
};

test('uses the title of an advisory when there is no other description', () => {
  const advisories = [{ id: 'RHSA-2024:1', link: null, fixedVersion: null, title: 'bash security update' }];
  assert.equal(enriched({ advisories }, [{ id: 'CVE-2024-1' }]).description, 'bash security update');
  assert.equal(enriched({ advisories }, [nvd]).description, 'from elsewhere');
});

test('collects weaknesses from all sources, each once', () => {
  const others = { id: 'CVE-2024-1', weaknesses: ['CWE-79', 'CWE-80'] };
  assert.deepEqual(enriched({}, [{ ...nvd, weaknesses: ['CWE-79'] }, others]).weaknesses, [
    'CWE-79',
    'CWE-80',
  ]);
  assert.equal('weaknesses' in enriched({}, [nvd]), false);
});

test('uses other severities and descriptions only when the vendor has none', () => {
  assert.equal(enriched({}, [nvd]).severity, 'High');
  assert.equal(enriched({}, [nvd]).description, 'from elsewhere');
  assert.equal(enriched({ severity: 'Negligible', description: 'own' }, [nvd]).severity, 'Negligible');
  assert.equal(enriched({ severity: 'Negligible', description: 'own' }, [nvd]).description, 'own');
});

test("keeps every rating once, the vendor's first", () => {
  assert.deepEqual(
    enriched({}, [nvd, nvd]).cvss.map(({ source }) => source),
    ['vendor', 'nvd'],
  );
});

test('is not exploited without an entry in the list, and unknown without the list', () => {
  const kev: Enrichment & { source: string } = {
    source: 'kev',
    id: 'CVE-2024-1',
    exploited: { since: '2024-01-01', ransomware: false },
  };
  assert.equal(enriched({}, [kev]).kev, true);
  assert.deepEqual(enriched({}, [kev]).exploited, [{ source: 'kev', date: '2024-01-01' }]);
  assert.equal(enriched({}, []).kev, false);
  assert.equal(enriched({}, [], false).kev, null);
});

test('is exploited when any source says so, and names each of them once, the catalogue first', () => {
  const date = '2024-02-02T00:00:00.000Z';
  const record = {
    id: 'CVE-2024-1',
    exploitedBy: [
      { source: 'cisa-adp', date },
      { source: 'kev', date: '2023-12-31' },
    ],
  };
  const listed = { source: 'kev', id: 'CVE-2024-1', exploited: { since: '2024-01-01', ransomware: false } };
  const alone = enriched({}, [record], false);
  assert.equal(alone.kev, true, 'without the catalogue');
  assert.deepEqual(alone.exploited, [
    { source: 'kev', date: '2023-12-31' },
    { source: 'cisa-adp', date },
  ]);
  assert.deepEqual(enriched({}, [record, listed]).exploited, [
    { source: 'kev', date: '2024-01-01' },
    { source: 'cisa-adp', date },
  ]);
});

test('has the names of other databases as aliases', () => {
  const named = { id: 'CVE-2024-1', aliases: ['EUVD-2024-7', 'CVE-2024-1'] };
  assert.deepEqual(enriched({ aliases: ['GHSA-1'] }, [named]).aliases, ['EUVD-2024-7', 'GHSA-1']);
  assert.deepEqual(enriched({ aliases: ['Z', 'A'] }, []).aliases, ['Z', 'A']);
});

test('has the EPSS score when it is known', () => {
  assert.equal(enriched({}, [{ id: 'CVE-2024-1', epss: { score: 0.25, percentile: 0.9 } }]).epss, 0.25);
  assert.equal(enriched({}, []).epss, null);
});
