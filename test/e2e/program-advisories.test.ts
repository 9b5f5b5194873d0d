import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { strToU8, zipSync } from 'fflate';
import type { Report } from '../../src/model/report.ts';
import { cveRecord, cvss31, recordPath } from '../../src/testing/cve-records.ts';
import { writeElf } from '../../src/testing/elf-writer.ts';
import { clair, type Run, report, scratch } from './clair.ts';
import { writeSystem } from './listed-system.ts';

const place = join(scratch, 'program-advisories');
const database = join(place, 'clair.db');
const mirror = join(place, 'mirror');
const vector = 'CVSS:3.1/AV:L/AC:H/PR:L/UI:N/S:U/C:N/I:N/A:H';

/** Facts of the records of nginx, OpenSSL and Python. */
const records: Readonly<Record<string, object>> = {
  'CVE-2024-7347': cveRecord('CVE-2024-7347', {
    assigner: 'f5',
    metrics: [cvss31(vector, 4.7, 'MEDIUM')],
    affected: [
      {
        vendor: 'F5',
        product: 'NGINX Open Source',
        defaultStatus: 'unknown',
        versions: [
          {
            version: '1.5.13',
            lessThan: '*',
            status: 'affected',
            versionType: 'semver',
            changes: [
              { at: '1.26.2', status: 'unaffected' },
              { at: '1.27.1', status: 'unaffected' },
            ],
          },
        ],
      },
    ],
  }),
  'CVE-2024-5535': cveRecord('CVE-2024-5535', {
    assigner: 'openssl',
    affected: [
      {
        vendor: 'OpenSSL',
        product: 'OpenSSL',
        defaultStatus: 'unaffected',
        versions: [
          { version: '3.0.0', lessThan: '3.0.15', status: 'affected', versionType: 'semver' },
          { version: '1.1.1', lessThan: '1.1.1za', status: 'affected', versionType: 'custom' },
        ],
      },
    ],
  }),
  'CVE-2023-0001': cveRecord('CVE-2023-0001', {
    assigner: 'curl',
    affected: [
      {
        vendor: 'curl',
        product: 'curl',
        defaultStatus: 'unaffected',
        versions: [{ version: '8.0.0', lessThan: '8.1.0', status: 'affected', versionType: 'semver' }],
      },
    ],
  }),
  'CVE-2023-6992': cveRecord('CVE-2023-6992', {
    affected: [
      {
        vendor: 'zlib',
        product: 'zlib',
        versions: [{ version: '0', lessThan: '8352d10', status: 'affected', versionType: 'git' }],
      },
    ],
  }),
};

/** Facts of curl's list about a CVE without a record here, and about one whose record states a range. */
const curl = [
  ['CVE-2023-38545', '7.69.0', '8.4.0'],
  ['CVE-2023-0001', '7.0', '9.0.0'],
].map(([id, introduced, fixed]) => ({
  id: `CURL-${id}`,
  affected: [{ ranges: [{ type: 'SEMVER', events: [{ introduced }, { fixed }] }] }],
}));

/** Facts of NVD about CVEs whose assigner names no product, and about one that does. */
const nvd = {
  vulnerabilities: [
    ['CVE-2013-0001', { criteria: 'cpe:2.3:a:nginx:nginx:*:*:*:*:*:*:*:*', versionEndExcluding: '1.4.4' }],
    ['CVE-2013-0002', { criteria: 'cpe:2.3:a:memcached:memcached:1.4.15:*:*:*:*:*:*:*' }],
    ['CVE-2023-38545', { criteria: 'cpe:2.3:a:haxx:libcurl:*:*:*:*:*:*:*:*', versionEndExcluding: '9.0.0' }],
    ['CVE-2024-7347', { criteria: 'cpe:2.3:a:f5:nginx:*:*:*:*:*:*:*:*', versionEndExcluding: '1.27.1' }],
  ].map(([id, match]) => ({
    cve: {
      id,
      descriptions: [{ lang: 'en', value: 'A flaw.' }],
      configurations: [{ nodes: [{ operator: 'OR', cpeMatch: [{ vulnerable: true, ...Object(match) }] }] }],
    },
  })),
};

const files: Readonly<Record<string, string | Uint8Array>> = {
  'packages.wolfi.dev/os/security.json': JSON.stringify({
    reponame: 'os',
    packages: [{ pkg: { name: 'curl', secfixes: { '8.0.0-r0': ['CVE-2023-0001'] } } }],
  }),
  'curl.se/docs/vuln.json': JSON.stringify(curl),
  'nvd.nist.gov/feeds/json/cve/2.0/nvdcve-2.0-2013.json.gz': gzipSync(JSON.stringify(nvd)),
  'api.github.com/repos/CVEProject/cvelistV5/releases': JSON.stringify([
    { tag_name: 'cve_2026-11-27_0100Z', assets: [{ name: '2026-11-27_all_CVEs_at_midnight.zip.zip' }] },
  ]),
  'github.com/CVEProject/cvelistV5/releases/latest/download/all_CVEs_at_midnight.zip.zip': zipSync({
    'cves.zip': zipSync(
      Object.fromEntries(
        Object.entries(records).map(([id, one]) => [`cves/${recordPath(id)}`, strToU8(JSON.stringify(one))]),
      ),
    ),
  }),
};

/** Writes a system with one package of Wolfi, and these programs. Returns it as a target. */
function systemWith(name: string, programs: Readonly<Record<string, string>>): string {
  const root = join(place, name);
  writeSystem(
    root,
    { ID: 'wolfi', VERSION_ID: '20230201' },
    {
      'lib/apk/db/installed': 'P:curl\nV:8.5.0-r0\nA:x86_64\no:curl\nF:usr/bin\nR:curl\n',
      ...Object.fromEntries(
        Object.entries(programs).map(([path, constants]) => [path, writeElf({ constants })]),
      ),
    },
  );
  return `dir:${root}`;
}

const nginx = (version: string): Record<string, string> => ({
  'opt/nginx/sbin/nginx': `\0nginx version: nginx/${version}\0`,
});
const openssl = (version: string): Record<string, string> => ({
  'opt/bin/openssl': `\0OpenSSL ${version} 11 Sep 2023\0`,
});

function succeeded(run: Run): Run {
  assert.equal(run.status, 0, run.stderr);
  return run;
}

function scanned(target: string, ...args: readonly string[]): Report {
  const { stdout, stderr } = clair(['scan', target, '--format', 'json', '--offline', ...args]);
  assert.ok(stdout.startsWith('{'), stderr);
  return JSON.parse(stdout) as Report;
}

/** Returns the findings of a report: the CVE, the package and what fixes it. */
function found({ matches }: Pick<Report, 'matches'>): unknown[] {
  return matches.map(({ vulnerability, package: { purl }, fix }) => [
    vulnerability.id,
    purl,
    fix.state === 'fixed' ? fix.version : fix.state,
  ]);
}

before(() => {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(mirror, path)), { recursive: true });
    writeFileSync(join(mirror, path), content);
  }
  const sources = ['wolfi', 'cve-products', 'curl-products', 'nvd-products', 'cve', 'curl', 'nvd'];
  succeeded(clair(['db', 'update', ...sources, '--mirror', mirror, '--db', database]));
});

test('matches a program by the versions that the assigner of a CVE states, on each release line', () => {
  const answers = ['1.5.12', '1.5.13', '1.26.1', '1.26.2', '1.27.0', '1.27.1'].map((version) => [
    version,
    found(scanned(systemWith(`nginx-${version}`, nginx(version)), '--db', database)),
  ]);
  const finding = (version: string, fix: string): unknown => [
    version,
    [['CVE-2024-7347', `pkg:generic/nginx@${version}`, fix]],
  ];
  assert.deepEqual(answers, [
    ['1.5.12', []],
    finding('1.5.13', '1.26.2'),
    finding('1.26.1', '1.26.2'),
    ['1.26.2', []],
    finding('1.27.0', '1.27.1'),
    ['1.27.1', []],
  ]);
});

test('rates the finding, and names its evidence', () => {
  const target = systemWith('rated', openssl('1.1.1w'));
  const [match] = scanned(target, '--db', database).matches;
  assert.deepEqual(match?.evidence, [
    {
      source: 'cve-products',
      advisory: 'CVE-2024-5535',
      namespace: 'generic:openssl',
      package: 'openssl',
      installed: '1.1.1w',
      range: { from: '1.1.1', to: '1.1.1za' },
      versionScheme: 'program',
    },
  ]);
  assert.equal(match.package.location.path, 'opt/bin/openssl');
  assert.equal(match.vulnerability.description, 'A flaw.');
  const { stdout } = clair(['explain', target, 'CVE-2024-5535', 'openssl', '--db', database, '--offline']);
  assert.match(stdout, /1\.1\.1w/);
  assert.match(stdout, /1\.1\.1za/);
});

test('calls an image clean if advisories of all its programs are loaded', () => {
  const clean = scanned(systemWith('clean', nginx('1.27.1')), '--db', database);
  assert.equal(clean.verdict, 'clean');
  assert.deepEqual(
    clean.coverage.map(({ namespace, status }) => [namespace, status]),
    [
      ['generic:nginx', 'complete'],
      ['wolfi', 'complete'],
    ],
  );
});

test('uses the versions of NVD with low confidence where no assigner states any', () => {
  const target = systemWith('nvd', { ...nginx('1.4.3'), 'opt/bin/memcached': '\0memcached 1.4.15\0' });
  const { matches } = scanned(target, '--db', database);
  assert.deepEqual(
    matches.map(({ vulnerability: { id }, fix, evidence }) => [
      id,
      fix.state,
      evidence.map(({ source, confidence }) => `${source} ${confidence ?? ''}`),
    ]),
    [
      ['CVE-2013-0002', 'unfixed', ['nvd-products low']],
      ['CVE-2013-0001', 'fixed', ['nvd-products low']],
    ],
  );
});

test('uses the list of a project where the assigner states no versions, and before NVD', () => {
  const answers = ['8.0.1', '8.3.0', '8.4.0'].map((version) => {
    const target = systemWith(`curl-${version}`, { 'opt/lib/libcurl.so.4': `\0libcurl/${version}\0` });
    const { matches, coverage } = scanned(target, '--db', database);
    return [
      version,
      coverage.find(({ namespace }) => namespace === 'generic:curl')?.status,
      ...matches.map(({ vulnerability: { id }, fix, evidence }) =>
        [id, 'version' in fix && fix.version, ...evidence.map(({ source }) => source)].join(' '),
      ),
    ];
  });
  assert.deepEqual(answers, [
    [...['8.0.1', 'complete'], ...['CVE-2023-0001 8.1.0 cve-products', 'CVE-2023-38545 8.4.0 curl-products']],
    ['8.3.0', 'complete', 'CVE-2023-38545 8.4.0 curl-products'],
    ['8.4.0', 'complete'],
  ]);
});

test('names the command that makes the advisories of lists that are loaded', () => {
  const db = join(place, 'lists-only.db');
  succeeded(clair(['db', 'update', 'wolfi', 'cve', '--mirror', mirror, '--db', db]));
  const target = systemWith('lists-only', nginx('1.26.1'));
  const reasonOf = (): string | null | undefined =>
    scanned(target, '--db', db).coverage.find(({ namespace }) => namespace === 'generic:nginx')?.reason;
  assert.equal(
    reasonOf(),
    'the feed cve-products all is not made yet of the loaded lists: make it with clair db update cve-products; ' +
      'the feed nvd-products all is made of the list nvd: load it with clair db update nvd nvd-products',
  );
  for (const names of [['cve-products'], ['nvd', 'nvd-products']])
    succeeded(clair(['db', 'update', ...names, '--mirror', mirror, '--db', db]));
  assert.equal(reasonOf(), null);
});

test('does not call an image clean if a product has no advisories at all', () => {
  const target = systemWith('redis', { 'opt/bin/haproxy': '\0 version 2.6.12, released 2023/04/01\0' });
  const { verdict, coverage } = scanned(target, '--db', database);
  assert.equal(verdict, 'not-assessed');
  assert.deepEqual(
    coverage.map(({ namespace, reason }) => [namespace, reason]),
    [
      ['generic:haproxy', 'the loaded advisories do not cover generic:haproxy'],
      ['wolfi', null],
    ],
  );
});

test('reports versions that cannot be compared as under investigation', () => {
  const target = systemWith('zlib', {
    'opt/lib/libz.so.1.3': ' deflate 1.3 Copyright 1995-2023 Jean-loup Gailly ',
  });
  const { matches, suppressed } = scanned(target, '--db', database);
  assert.deepEqual(matches, []);
  assert.deepEqual(
    suppressed.map(({ vulnerability, reason }) => [vulnerability.id, reason]),
    [
      [
        'CVE-2023-6992',
        'the advisory states no versions that can be compared, so the package may be affected',
      ],
    ],
  );
});

test('a scan makes the advisories of lists that were loaded before, and of a later one again', () => {
  const db = join(place, 'later.db');
  const target = systemWith('later', nginx('1.26.1'));
  const scan = (): Report => report('scan', target, '--mirror', mirror, '--db', db);
  assert.equal(scan().verdict, 'not-assessed');
  succeeded(clair(['db', 'update', 'cve', 'nvd', '--mirror', mirror, '--db', db]));
  assert.deepEqual(found(scan()), [['CVE-2024-7347', 'pkg:generic/nginx@1.26.1', '1.26.2']]);
});

test('publishes them, and reports the same with a published database', () => {
  const published = join(place, 'published');
  succeeded(clair(['db', 'build', published, '--db', database]));
  const target = systemWith('both', { ...nginx('1.26.1'), ...openssl('3.0.14') });
  const args = ['--from', published, '--db', ':memory:'];
  const { stdout, stderr } = clair(['scan', target, '--format', 'json', ...args], {
    HTTPS_PROXY: 'http://127.0.0.1:9',
  });
  assert.ok(stdout.startsWith('{'), stderr);
  const ofShard = JSON.parse(stdout) as Report;
  const ofVendors = scanned(target, '--db', database);
  assert.equal(ofShard.matches.length, 2);
  assert.deepEqual(ofShard.matches, ofVendors.matches);
  assert.deepEqual(ofShard.suppressed, ofVendors.suppressed);
  assert.equal(ofShard.verdict, ofVendors.verdict);
});
