import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Vulnerability } from '../../plugin/index.ts';
import { corpus, corpusTest } from '../../testing/corpus.ts';
import { corpusFile, corpusFiles } from '../../testing/corpus-archive.ts';
import { readTrackerFile } from './tracker.ts';

const trackerFile = `Candidate: CVE-2024-0002
PublicDate: 2024-01-02 00:00:00 UTC
References:
 https://ubuntu.com/security/notices/USN-2-1
 https://example.org/
Description:
 A flaw
 in two lines.
Priority: medium
 because
Priority_xz_focal: low
CVSS:
 nvd: CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H [9.8 CRITICAL]

Patches_xz: needs-triage
upstream_xz: released (5.4)
focal_xz: released (5.2.4-1ubuntu1.1)
`;

function tracker(lines: string): Vulnerability {
  const found = readTrackerFile({ path: 'active/CVE-2024-0002', bytes: Buffer.from(trackerFile + lines) });
  assert.ok(found.kind === 'vulnerability');
  return found;
}

test('reads a file of the tracker as a vulnerability', () => {
  assert.deepEqual(tracker('esm-infra/xenial_xz: needed\n'), {
    kind: 'vulnerability',
    key: 'CVE-2024-0002',
    id: 'CVE-2024-0002',
    aliases: [],
    description: 'A flaw\nin two lines.',
    links: ['https://ubuntu.com/security/CVE-2024-0002', 'https://ubuntu.com/security/notices/USN-2-1'],
    severity: 'Medium',
    cvss: [{ source: 'nvd', vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H', score: 9.8 }],
    affected: [
      {
        namespace: { name: 'ubuntu:20.04', versionScheme: 'dpkg' },
        package: 'xz',
        range: { to: '5.2.4-1ubuntu1.1' },
        fix: { state: 'fixed', version: '5.2.4-1ubuntu1.1' },
        severity: 'Low',
      },
      {
        namespace: { name: 'ubuntu:16.04:esm-infra', versionScheme: 'dpkg' },
        package: 'xz',
        range: {},
        fix: { state: 'unfixed' },
      },
    ],
  });
});

test('maps each status of the tracker to a state', () => {
  const words: [string, string][] = [
    ['needed', 'unfixed'],
    ['active', 'unfixed'],
    ['in-progress', 'unfixed'],
    ['pending (1.2-3)', 'unfixed'],
    ['deferred (2024-01-02)', 'deferred'],
    ['ignored', 'will-not-fix'],
    ['ignored (was needs-triage ESM criteria)', 'will-not-fix'],
    ['ignored (end of life, was needed)', 'end-of-life'],
    ['ignored (reached end-of-life)', 'end-of-life'],
    ['ignored (out of standard support)', 'end-of-life'],
    ['needs-triage', 'under-investigation'],
    ['not-affected (code not present)', 'not-affected'],
    ['released', 'unfixed'],
    ['released (soon)', 'unfixed'],
    ['quarantined', 'unfixed'],
  ];
  for (const [word, state] of words) {
    assert.deepEqual(tracker(`jammy_xz: ${word}\n`).affected.at(-1)?.fix, { state }, word);
  }
  for (const word of ['DNE', '']) assert.equal(tracker(`jammy_xz: ${word}\n`).affected.length, 1);
  assert.equal(tracker('jammy_linux-aws: not-affected\njammy_linux-aws: needed\n').affected.length, 2);
  assert.deepEqual(tracker('jammy_xz : released ( 1.0-1, 2 )').affected.at(-1)?.range, { to: '1.0-1' });
});

test('reports a file whose name does not match its content', () => {
  assert.deepEqual(readTrackerFile({ path: 'active/CVE-2024-9999', bytes: Buffer.from(trackerFile) }), {
    kind: 'skipped',
    key: 'CVE-2024-9999',
    reason: 'the file is about CVE-2024-0002',
  });
});

/** Expected features of one of Clair's own tests. */
interface GoldenTable {
  readonly file: string;
  readonly value: readonly { Feature: { Namespace: { Name: string }; Name: string }; Version: string }[];
}

corpusTest('reads the test file of Clair 2 as Clair 2 does', () => {
  const bytes = corpusFile(
    'feeds/clair-fixtures.tar.zst',
    'release-2.0/ext/vulnsrc/ubuntu/testdata/fetcher_ubuntu_test.txt',
  );
  const found = readTrackerFile({ path: 'active/CVE-2015-4471', bytes });
  assert.ok(found.kind === 'vulnerability');
  const golden = JSON.parse(
    readFileSync(corpus('golden/clair-v2-updaters/release-2.0.json'), 'utf8'),
  ) as GoldenTable[];
  const expected = golden.find(({ file }) => file === 'ext/vulnsrc/ubuntu/ubuntu_test.go')?.value ?? [];
  assert.equal(found.severity, 'Medium');
  for (const { Feature, Version } of expected) {
    const fixes: string[] = found.affected.flatMap(({ namespace, package: name, range }) =>
      namespace.name === Feature.Namespace.Name && name === Feature.Name
        ? [range.to ?? 'versionfmt.MaxVersion']
        : [],
    );
    assert.deepEqual(fixes, [Version]);
  }
  assert.equal(expected.length, 3);
});

corpusTest('reads every line of the real tracker', () => {
  const counts: Record<string, number> = {};
  const severities: Record<string, number> = {};
  let files = 0;
  for (const file of corpusFiles('feeds/ubuntu/cve-tracker-2024-rebuilt.tar.zst')) {
    const found = readTrackerFile(file);
    assert.ok(found.kind === 'vulnerability', JSON.stringify(found));
    files++;
    severities[found.severity] = (severities[found.severity] ?? 0) + 1;
    for (const { fix } of found.affected) counts[fix.state] = (counts[fix.state] ?? 0) + 1;
  }
  // Counted with Python: lines split at the first colon, labels at the first underscore, all brackets removed
  // (jammy_rustc has two).
  assert.equal(files, 16_644);
  assert.deepEqual(counts, {
    fixed: 88_856,
    'not-affected': 69_852,
    'end-of-life': 136_515,
    'will-not-fix': 201_052,
    'under-investigation': 42_271,
    unfixed: 53_090,
    deferred: 1561,
  });
  assert.deepEqual(severities, {
    Medium: 13_855,
    Low: 2087,
    Negligible: 312,
    High: 248,
    Unknown: 141,
    Critical: 1,
  });
});
