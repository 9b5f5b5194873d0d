import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import type { Digest } from '../model/digest.ts';
import type { Coverage, Match, Report } from '../model/report.ts';
import { sampleMatch, samplePackage, sampleReport } from '../testing/sample-report.ts';
import { coverageLine } from './report-text.ts';
import { tableFormat } from './table.ts';
import { textWidth } from './terminal-text.ts';

function shown(report: Report, columns?: number, colors = false): string {
  return [...tableFormat.write(report, { ...(columns === undefined ? {} : { columns }), colors })].join('');
}

const openssl = samplePackage('libssl3', '3.0.11-1~deb12u2', 'openssl');
const zlib = samplePackage('zlib1g', '1:1.2.13.dfsg-1', 'zlib');
const small: Report = {
  ...sampleReport,
  packages: [openssl, zlib],
  matches: [
    sampleMatch(
      openssl,
      {
        id: 'CVE-2024-6119',
        severity: 'Medium',
        description: 'Checking a certificate name\nmay read an invalid address.',
      },
      { state: 'fixed', version: '3.0.14-1~deb12u2' },
    ),
    sampleMatch(zlib, { id: 'CVE-2023-45853', severity: 'Critical', kev: true }, { state: 'will-not-fix' }),
  ],
};

test('lists findings worst first under a heading that describes the image', () => {
  assert.equal(
    shown(small, 80),
    `registry.example/shop/web:1.4.2
Debian GNU/Linux 12 (bookworm), linux/amd64, 2 layers, 2 packages (deb)

PACKAGE  INSTALLED         VULNERABILITY   SEVERITY  FIXED IN           KEV
zlib1g   1:1.2.13.dfsg-1   CVE-2023-45853  Critical  will not be fixed  yes
libssl3  3.0.11-1~deb12u2  CVE-2024-6119   Medium    3.0.14-1~deb12u2

2 findings, 1 fixable: 1 Critical, 1 Medium
Known to be exploited: CVE-2023-45853
1 suppressed: ignored by .clairignore: no archives from outside are unpacked
debian:12: advisories complete, newest from 2024-09-12, fetched 2024-09-13
Verdict: vulnerable
`,
  );
});

test('shows descriptions cut to the width when the terminal is wide', () => {
  const line = shown(small, 105).split('\n')[5];
  assert.equal(
    line,
    'libssl3  3.0.11-1~deb12u2  CVE-2024-6119   Medium    3.0.14-1~deb12u2        Checking a certificate name…',
  );
});

test('keeps a long package name whole at 80 columns when versions can be folded instead', () => {
  const kernel = samplePackage('kernel-tools-libs-devel', '4.18.0-553.16.1.el8_10.x86_64');
  const finding = sampleMatch(
    kernel,
    { id: 'CVE-2024-36971', severity: 'High' },
    { state: 'fixed', version: '4.18.0-553.22.1.el8_10.x86_64' },
  );
  const lines = shown({ ...small, matches: [finding] }, 80)
    .split('\n')
    .slice(4, 7);
  assert.deepEqual(lines, [
    'kernel-tools-libs-devel  4.18.0-553.    CVE-2024-36971  High      4.18.0-553.22.',
    '                         16.1.el8_10.                             1.el8_10.x86_',
    '                         x86_64                                   64',
  ]);
});

test('shows one row with a count when a package is installed for two architectures', () => {
  const [finding] = small.matches;
  assert.ok(finding);
  assert.match(
    shown({ ...small, matches: [finding, finding] }),
    /^libssl3 \(2x\) .*\n\n2 findings, 2 fixable/m,
  );
});

function titled(target: Partial<Report['target']>): string[] {
  return shown({ ...small, target: { ...small.target, ...target } }).split('\n');
}

test('shows the name and the digest of the image when an archive has them', () => {
  const digest = `sha256:${'ab'.repeat(32)}` as Digest;
  const lines = titled({ reference: '../app/shop.tar', names: ['registry.example/shop:1.0'], digest });
  assert.deepEqual(lines.slice(0, 3), [
    'registry.example/shop:1.0',
    `image ID ${digest}`,
    'read from ../app/shop.tar',
  ]);
  assert.equal(titled({ reference: 'x.tar', manifest: digest, digest })[1], `digest ${digest}`);
});

test('shows the name that was typed when the image has several', () => {
  assert.equal(titled({ reference: 'docker:shop:2', names: ['shop:1', 'shop:2'] })[0], 'shop:2');
});

/** Returns the cells of a column below its heading. */
function column(report: Report, heading: string): string[] {
  const lines = shown(report).split('\n');
  const start = lines.findIndex((line) => line.startsWith('PACKAGE'));
  const from = lines[start]?.indexOf(heading) ?? -1;
  assert.notEqual(from, -1, heading);
  const rows = lines.slice(start + 1, lines.indexOf('', start));
  return rows.map((line) => line.slice(from).split(/ {2,}/, 1)[0] ?? '');
}

test('lists exploited findings before critical ones when their severity is low or unknown', () => {
  const matches = [
    sampleMatch(openssl, { id: 'CVE-1', severity: 'Critical' }),
    sampleMatch(openssl, { id: 'CVE-2', severity: 'Unknown', kev: true }),
    sampleMatch(openssl, { id: 'CVE-3', severity: 'High' }),
    sampleMatch(openssl, { id: 'CVE-4', severity: 'High' }, { state: 'fixed', version: '9' }),
    sampleMatch(openssl, { id: 'CVE-5', severity: 'High', epss: 0.4 }),
  ];
  assert.deepEqual(column({ ...small, matches }, 'VULNERABILITY'), [
    'CVE-2',
    'CVE-1',
    'CVE-4',
    'CVE-5',
    'CVE-3',
  ]);
});

test('lists unrated findings below Medium and before Negligible', () => {
  const severities = ['Negligible', 'Unknown', 'Low', 'Medium'] as const;
  const matches = severities.map((severity) => sampleMatch(openssl, { id: `CVE-${severity}`, severity }));
  assert.deepEqual(column({ ...small, matches }, 'SEVERITY'), ['Medium', 'Unknown', 'Low', 'Negligible']);
});

test('counts the findings without a severity when there are some, and says why', () => {
  const matches = [sampleMatch(openssl, { id: 'CVE-1', severity: 'Unknown' })];
  assert.match(shown({ ...small, matches }), /^1 finding has no severity$/m);
  const ratings = {
    unrated: 1,
    knowsExploited: true,
    knowsEpss: true,
    reason: 'the host \u001b[31m is down',
  };
  assert.match(
    shown({ ...small, matches, ratings }),
    /^1 finding has no severity: the host \\x1b\[31m is down$/m,
  );
  assert.doesNotMatch(shown({ ...small, ratings }), /no severity/);
});

test('shows EPSS when it is known for a finding, and no such column when it is not', () => {
  const matches = [sampleMatch(openssl, { id: 'CVE-1', severity: 'Low', epss: 0.934 })];
  assert.deepEqual(column({ ...small, matches }, 'EPSS'), ['93.4%']);
  assert.doesNotMatch(shown(small), /EPSS/);
});

test('shows the advisory and no description of the product when packages are rpm', () => {
  const rpm = { ...samplePackage('bash', '4.2.46-31.el7'), type: 'rpm' } as const;
  const older = { id: 'RHSA-2019:0001', link: null, fixedVersion: '0:4.2.46-30.el7' };
  const advisory = { id: 'RHSA-2020:1113', link: null, fixedVersion: '0:4.2.46-34.el7' };
  const finding = sampleMatch(
    rpm,
    {
      id: 'CVE-2019-9924',
      severity: 'Medium',
      advisories: [older, advisory],
      description: 'The bash packages provide Bash (Bourne-again shell).',
    },
    { state: 'fixed', version: '0:4.2.46-34.el7' },
  );
  const report = { ...small, matches: [finding] };
  assert.deepEqual(column(report, 'ADVISORY'), ['RHSA-2020:1113']);
  assert.doesNotMatch(shown(report), /Bourne/);
});

test('shows the fixed version without an epoch of zero when the installed one has none', () => {
  const rpm = { ...samplePackage('bash', '4.2.46-31.el7'), type: 'rpm' } as const;
  const fix = { state: 'fixed', version: '0:4.2.46-34.el7' } as const;
  const finding = sampleMatch(rpm, { id: 'CVE-1', severity: 'Low' }, fix);
  assert.deepEqual(column({ ...small, matches: [finding] }, 'FIXED IN'), ['4.2.46-34.el7']);
  const epoch = sampleMatch({ ...rpm, version: '0:4.2' }, { id: 'CVE-1', severity: 'Low' }, fix);
  assert.deepEqual(column({ ...small, matches: [epoch] }, 'FIXED IN'), ['0:4.2.46-34.el7']);
});

test('shows one row when packages of one source have the same version and finding', () => {
  const names = ['libc-bin', 'libc6', 'libc-l10n', 'locales'].sort();
  const matches = names.map((name) =>
    sampleMatch(samplePackage(name, '2.36-9', 'glibc'), { id: 'CVE-1', severity: 'High' }),
  );
  assert.match(
    shown({ ...small, matches }),
    /^libc-bin, libc-l10n, libc6, locales {2}2\.36-9 .*\n\n4 findings/m,
  );
  assert.match(shown({ ...small, matches }, 80), /^glibc \(4 pkgs\) {2}2\.36-9 /m);
});

test('cuts only descriptions when the output is not a terminal', () => {
  const name = `long-${'name-'.repeat(40)}end`;
  const matches = [sampleMatch(samplePackage(name, '1'), { id: 'CVE-1', severity: 'High' })];
  assert.ok(shown({ ...small, matches }).includes(`\n${name}  1 `));
});

test('adds colours only when the display has them, without changing a character', () => {
  const plain = shown(sampleReport, 120);
  const colored = shown(sampleReport, 120, true);
  assert.ok(colored.includes('\x1b[1m\x1b[31mCritical\x1b[39m\x1b[22m    1.2.4'));
  assert.ok(!plain.includes('\x1b'));
  assert.equal(stripVTControlCharacters(colored), plain);
});

test('describes the image and the advisories when there are no findings', () => {
  assert.equal(
    shown({ ...small, matches: [], suppressed: [], verdict: 'clean' }),
    `registry.example/shop/web:1.4.2
Debian GNU/Linux 12 (bookworm), linux/amd64, 2 layers, 2 packages (deb)

No findings in 2 packages.
debian:12: advisories complete, newest from 2024-09-12, fetched 2024-09-13
Verdict: clean
`,
  );
});

const gaps: [what: string, change: Partial<Report>, verdict: RegExp][] = [
  [
    'stale advisories',
    { coverage: [{ ...coverage(), status: 'stale', reason: 'last fetched 40 days before the scan' }] },
    /fetched 2024-09-13; last fetched 40 days before the scan\n.*debian:12: last fetched 40 days before the scan\n$/,
  ],
  [
    'missing advisories',
    { coverage: [{ ...coverage(), status: 'missing' }] },
    /debian:12: no advisories available\n/,
  ],
  [
    'an unsupported release',
    { coverage: [{ ...coverage(), status: 'unsupported' }] },
    /debian:12: not supported\n$/,
  ],
  [
    'a release out of support',
    { coverage: [{ ...coverage(), reason: 'out of support since 2028-06-30' }] },
    /fetched 2024-09-13; out of support since 2028-06-30\n.*debian:12: out of support since 2028-06-30\n$/,
  ],
  ['an unknown distribution', { distro: null, coverage: [] }, /the distribution is unknown\n$/],
  ['nothing to compare', { coverage: [] }, /there was nothing to compare\n$/],
  [
    'an unreadable database',
    {
      statuses: [{ extension: 'rpm', status: 'failed', files: [problem('rpmdb.sqlite', 'not a database')] }],
    },
    /rpm: rpmdb\.sqlite: not a database\n.*rpm: rpmdb\.sqlite: not a database\n$/,
  ],
  [
    'an extension that failed',
    { statuses: [{ extension: 'rpm', status: 'failed', files: [] }] },
    /rpm failed\n$/,
  ],
];

for (const [what, change, words] of gaps) {
  test(`does not write clean when the assessment is incomplete: ${what}`, () => {
    for (const verdict of ['clean', 'not-assessed'] as const) {
      const text = shown({ ...small, matches: [], suppressed: [], verdict, ...change });
      assert.match(text, words);
      assert.doesNotMatch(text, /clean/);
    }
    assert.match(shown({ ...small, ...change }), /Verdict: vulnerable, and not everything is known: /);
  });
}

test('writes reason and remedy once in two lines of 80 columns when all advisories are missing', () => {
  const reason =
    'cannot reach security-tracker.debian.org (no such host or no network); out of support since 2024-06-30: no new advisories are written';
  const missing = {
    ...coverage(),
    status: 'missing',
    newestAdvisory: null,
    fetchedAt: null,
    reason,
  } as const;
  const unknown: Report = {
    ...small,
    matches: [],
    suppressed: [],
    coverage: [missing],
    verdict: 'not-assessed',
  };
  assert.deepEqual(
    shown({ ...unknown, statuses: [] }, 80)
      .trimEnd()
      .split('\n')
      .slice(-2),
    [
      'debian:12: cannot reach security-tracker.debian.org (no such host or no network)',
      'Verdict: not assessed. Get advisories with clair db update, or name a --mirror.',
    ],
  );
});

test('says how to get advisories only if an update can add them, also if something else is not assessed', () => {
  const ofPrograms: Coverage = { ...coverage(), namespace: 'generic', status: 'unsupported' };
  const without = { ...coverage(), status: 'missing', fetchedAt: null } as const;
  const textOf = (...found: Coverage[]): string =>
    shown({ ...small, matches: [], suppressed: [], verdict: 'not-assessed', statuses: [], coverage: found });
  const remedy = 'Get advisories with clair db update, or name a --mirror.\n';
  assert.ok(textOf(without, ofPrograms).endsWith(`\n${remedy}`));
  assert.ok(!textOf({ ...coverage(), status: 'missing' }).includes(remedy));
  const reason = 'it is made of the list cve: load it with clair db update cve';
  assert.ok(!textOf({ ...without, reason }, ofPrograms).includes(remedy));
});

test('shows the date of the content in the line of its namespace, or that it is unknown', () => {
  const line = (contentDate: string | null | undefined): string =>
    coverageLine({ ...coverage(), ...(contentDate !== undefined && { contentDate }) });
  const rest = 'fetched 2024-09-13';
  const newest = 'debian:12: advisories complete, newest from 2024-09-12';
  assert.equal(line(undefined), `${newest}, ${rest}`);
  assert.equal(line('2024-09-12T08:14:00Z'), `${newest}, ${rest}`);
  assert.equal(line('2024-09-10T00:00:00Z'), `${newest}, content of 2024-09-10, ${rest}`);
  assert.equal(line(null), `${newest}, of unknown age, ${rest}`);
});

test('cuts and counts a long list of problems', () => {
  const files = Array.from({ length: 25 }, (_, number) => problem(`var/lib/${number}`, 'cut off'));
  const text = shown({ ...small, statuses: [{ extension: 'dpkg', status: 'partly-failed', files }] });
  assert.equal(text.match(/^dpkg: /gm)?.length, 10);
  assert.match(text, /^and 15 more$/m);
});

test('escapes hostile texts and keeps the lines intact', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('\x1b[2J', 'a\u202eb', '漢字🦀', 'x\r\ny', '\u009b31m', 'e\u0301'.repeat(90)),
  );
  const finding = fc.record({ name: text, version: text, id: text, description: text, fixed: text });
  fc.assert(
    fc.property(fc.array(finding, { maxLength: 4 }), text, (findings, reason) => {
      const matches = findings.map(hostileMatch);
      const report: Report = {
        ...small,
        target: { ...small.target, reference: reason },
        matches,
        suppressed: matches.map((match) => ({ ...match, reason })),
        coverage: [{ ...coverage(), reason }],
        statuses: [{ extension: 'dpkg', status: 'partly-failed', files: [problem(reason, reason)] }],
      };
      const output = shown(report, 90);
      assert.doesNotMatch(output, /[\p{Cf}\p{Zl}\p{Zp}\p{Cs}]|(?!\n)\p{Cc}/u);
      for (const line of output.split('\n')) assert.ok(textWidth(line) <= 90, line);
    }),
    { numRuns: 60 },
  );
});

function hostileMatch(words: Record<'name' | 'version' | 'id' | 'description' | 'fixed', string>): Match {
  return sampleMatch(
    samplePackage(words.name, words.version),
    { id: words.id, severity: 'High', description: words.description },
    { state: 'fixed', version: words.fixed },
  );
}

function coverage(): Report['coverage'][number] {
  return {
    namespace: 'debian:12',
    status: 'complete',
    newestAdvisory: '2024-09-12T08:14:00Z',
    fetchedAt: '2024-09-13T06:00:00Z',
    reason: null,
  };
}

function problem(path: string, words: string): Report['statuses'][number]['files'][number] {
  return { path, layer: null, problem: words };
}

test('does not say clean when the vendor still investigates the only finding', () => {
  const finding = sampleMatch(
    openssl,
    { id: 'CVE-2024-9', severity: 'Low' },
    { state: 'under-investigation' },
  );
  const suppressed = [{ ...finding, reason: 'the vendor is still investigating' }];
  const verdictLine = (verdict: Report['verdict']) =>
    shown({ ...small, matches: [], suppressed, verdict })
      .trimEnd()
      .split('\n')
      .at(-1);
  const doubt = 'the vendor still investigates 1 finding';
  assert.equal(verdictLine('not-assessed'), `Verdict: not assessed: ${doubt}`);
  assert.equal(verdictLine('clean'), `Verdict: no known vulnerability, but ${doubt}`);
});
