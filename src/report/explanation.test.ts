import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Explanation, PackageExplanation } from '../model/explanation.ts';
import { hostileText } from '../testing/incomplete-reports.ts';
import { sampleMatch, samplePackage, sampleReport } from '../testing/sample-report.ts';
import { explanationLines } from './explanation.ts';
import { textWidth } from './terminal-text.ts';

const item: PackageExplanation = {
  package: samplePackage('libssl3', '3.0.1-1', 'openssl'),
  remarks: ['it replaces a 1.0 in the program'],
  layer: { position: 2, of: 3, digest: null, diffId: null, createdBy: 'RUN apt-get install -y openssl' },
  outcome: 'reported',
  reason: 'High, fixed in 3.0.2-1',
  vulnerability: null,
  rows: [
    {
      source: 'debian',
      feed: 'tracker',
      advisory: 'CVE-2026-1',
      namespace: 'debian:12',
      package: 'openssl',
      range: { to: '3.0.2-1' },
      fix: { state: 'fixed', version: '3.0.2-1' },
      severity: 'High',
      only: null,
      modified: '2026-01-02T00:00:00.000Z',
      knownSince: '2026-01-03T00:00:00.000Z',
      fetchedAt: '2026-01-04T00:00:00.000Z',
      checks: [
        { name: 'namespace', holds: true, words: 'it covers debian:12', comparisons: [] },
        {
          name: 'version',
          holds: true,
          words: '3.0.1-1 is < 3.0.2-1',
          comparisons: [
            {
              versionScheme: 'dpkg',
              installed: '3.0.1-1',
              bound: '3.0.2-1',
              order: '<',
              parts: [
                [{ installed: '0', bound: '0', order: '=' }],
                [
                  { installed: '3', bound: '3', order: '=' },
                  { installed: '', bound: '1', order: '<' },
                ],
              ],
            },
          ],
        },
      ],
    },
  ],
};

const explanation: Explanation = {
  schemaVersion: 1,
  target: sampleReport.target,
  distro: sampleReport.distro,
  id: 'CVE-2026-1',
  packages: [item],
  remarks: ['look here'],
  isKnown: true,
  coverage: [],
  verdict: 'vulnerable',
  statuses: [],
};

function text(of: Explanation, columns?: number): string {
  return [...explanationLines(of, { colors: false, ...(columns !== undefined && { columns }) })].join('');
}

test('prints every check, with the deciding version segment in brackets', () => {
  assert.equal(
    text({ ...explanation, distro: null, target: { ...sampleReport.target, reference: 'x.tar' } }),
    `CVE-2026-1 in libssl3 3.0.1-1: reported
because     High, fixed in 3.0.2-1
package     ${item.package.purl}, built from openssl 3.0.1-1
found in    ${item.package.location.path}, by ${item.package.foundBy}
layer       2 of 3, no digest
made by     RUN apt-get install -y openssl
identity    it replaces a 1.0 in the program
advisory    CVE-2026-1 of debian, in tracker, fetched 2026-01-04, modified 2026-01-02, stored in this form since 2026-01-03
            ✓ namespace  it covers debian:12
            ✓ version    3.0.1-1 is < 3.0.2-1
                         < 3.0.2-1: 0 | 3 [end < 1]

note        look here
image       x.tar, unknown distribution
`,
  );
});

test('names the confidence of an advisory that is not high', () => {
  const rows = item.rows.map((row) => ({ ...row, confidence: 'low' as const }));
  const shown = text({ ...explanation, packages: [{ ...item, rows }] });
  assert.match(
    shown,
    /\nadvisory {4}CVE-2026-1 .+\nconfidence {2}low: only NVD states these versions, .+\n {12}✓ namespace/,
  );
  assert.ok(!text(explanation).includes('confidence'));
});

const { vulnerability } = sampleMatch(item.package, {
  id: 'CVE-2026-1',
  severity: 'High',
  severitySource: 'redhat',
  cvss: [{ source: 'redhat', vector: 'CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H', score: 7.8 }],
  kev: true,
  exploited: [
    { source: 'kev', date: '2026-01-05' },
    { source: 'cisa-adp', date: '2026-01-06T10:00:00.000Z' },
  ],
  epss: 0.31,
  description: 'A long name\noverflows a buffer.',
});
const rated: Explanation = { ...explanation, packages: [{ ...item, vulnerability }] };

test('names the model of a score and its day, as far as the list states them', () => {
  const list = { source: 'epss', status: 'complete', fetchedAt: '2026-01-04', reason: null } as const;
  const line = (contentDate: string | null, model?: string): string | undefined => {
    const lists = [{ ...list, contentDate, ...(model !== undefined && { model }) }];
    return text({ ...rated, lists })
      .split('\n')
      .find((one) => one.startsWith('epss'));
  };
  const meaning = 'epss        0.31, the probability of exploitation in 30 days';
  assert.equal(
    line('2026-01-03T00:00:00Z', 'v2025.03.14'),
    `${meaning}, computed by model v2025.03.14 on 2026-01-03`,
  );
  assert.equal(line('2026-01-03T00:00:00Z'), `${meaning}, computed on 2026-01-03`);
  assert.equal(line(null, 'v2025.03.14'), `${meaning}, computed by model v2025.03.14`);
  assert.equal(line(null), meaning);
});

test('names the issuer of the severity, the vectors, exploitation and the description of a finding', () => {
  assert.deepEqual(text(rated).split('\n').slice(2, 7), [
    'severity    High, by redhat',
    'cvss        7.8 CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H, by redhat',
    'exploited   yes, by kev since 2026-01-05, by cisa-adp since 2026-01-06',
    'epss        0.31, the probability of exploitation in 30 days',
    'about       A long name overflows a buffer.',
  ]);
});

test('states that no rating is available and that the vulnerability is not on the KEV list', () => {
  const unrated = {
    ...vulnerability,
    severity: 'Unknown',
    severitySource: null,
    cvss: [],
    kev: false,
  } as const;
  const list = { source: 'kev', fetchedAt: '2023-11-22', reason: null } as const;
  const lines = (status: 'complete' | 'stale', contentDate: string | null) => {
    const lists = [{ ...list, status, contentDate }];
    return text({ ...rated, packages: [{ ...item, vulnerability: unrated }], lists });
  };
  const complete = lines('complete', '2023-11-21T00:00:00Z');
  assert.match(complete, /^severity {4}Unknown, no rating available; clair scan shows why$/m);
  assert.match(complete, /^exploited {3}no, not on CISA's KEV list of 2023-11-21$/m);
  assert.match(
    lines('stale', '2023-11-21T00:00:00Z'),
    /^exploited {3}not on CISA's KEV list of 2023-11-21 \(stale\)$/m,
  );
  assert.match(lines('complete', null), /^exploited {3}no, not on CISA's KEV list of unknown age$/m);
});

test('says that nothing is known of packages in what was not read', () => {
  const path = 'lib/apk/db/installed';
  const statuses = [
    { extension: 'apk', status: 'failed', files: [{ path, layer: null, problem: 'it ends early' }] },
  ] as const;
  const empty = { ...explanation, packages: [], isKnown: false, verdict: 'not-assessed', statuses } as const;
  assert.match(
    text(empty),
    /^CVE-2026-1: not known\n.*\nnot read {4}apk: lib\/apk\/db\/installed: it ends early\nverdict {5}not assessed\n$/s,
  );
  assert.match(text({ ...empty, isKnown: true, statuses: [] }), /^CVE-2026-1: not reported\n/);
});

test('folds lines to the width of the terminal', () => {
  for (const columns of [40, 60, 100])
    for (const line of text(rated, columns).split('\n').slice(1))
      assert.ok(textWidth(line) <= columns, `${columns}: ${line}`);
});

test('escapes control characters of untrusted texts', () => {
  const [row] = item.rows;
  assert.ok(row !== undefined);
  const hostile: PackageExplanation = {
    ...item,
    reason: hostileText,
    remarks: [hostileText],
    vulnerability: { ...vulnerability, severitySource: hostileText, description: hostileText },
    package: { ...item.package, name: hostileText, purl: hostileText },
    layer: { position: 1, of: 1, digest: null, diffId: null, createdBy: hostileText },
    rows: [{ ...row, advisory: hostileText }],
  };
  const lines = text({ ...explanation, id: hostileText, packages: [hostile], remarks: [hostileText] });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the output must not contain these
  assert.doesNotMatch(lines, /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u2028]/);
});
