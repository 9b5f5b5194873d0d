import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClairError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { PeerFinding } from '../model/peer-report.ts';
import { peerDocumentBytes, peerDocuments } from '../testing/peer-documents.ts';
import { readPeerReport } from './read-peer-report.ts';

type Format = keyof typeof peerDocuments;
const formats = Object.keys(peerDocuments) as Format[];

const read = (document: unknown) => readPeerReport(Buffer.from(JSON.stringify(document)), 'peer.json');

/** `id aliases | advisories: type name version severity fixed`, and the reason why it does not count. */
function textOf(finding: PeerFinding): string {
  const { id, aliases, advisories, package: item, severity, fixedVersions, suppressed } = finding;
  const names = [id, ...aliases].join(' ') + (advisories.length > 0 ? ` | ${advisories.join(' ')}` : '');
  const rest = suppressed === undefined ? '' : ` (${suppressed})`;
  const fixed = fixedVersions.length > 0 ? ` fixed ${fixedVersions.join(' ')}` : '';
  return `${names}: ${item.type} ${item.name} ${item.version} ${severity}${fixed}${rest}`;
}

const expected: Readonly<Record<Format, readonly string[]>> = {
  trivy: [
    'CVE-2024-0001 | DSA-5000-1: deb libssl3 3.0.11-1 Medium fixed 3.0.13-1 3.1.0-1',
    'CVE-2024-0002: deb perl-base 1:5.36.0-7 Low (code not reachable)',
    'GHSA-aaaa-bbbb-cccc: npm @shop/cart 1.0.0 Unknown',
  ],
  grype: [
    'CVE-2024-0001 | DSA-5000-1: deb libssl3 3.0.11-1 Medium fixed 3.0.13-1',
    'GHSA-aaaa-bbbb-cccc CVE-2024-0003: gem rails 7.0.0 High',
    'CVE-2024-0002: deb linux-libc-dev 6.1.76-1 Low (kernel headers)',
  ],
  'osv-scanner': [
    'DEBIAN-CVE-2024-0001 DEBIAN-CVE-2024-0001 CVE-2024-0001: deb openssl 3.0.11-1 Medium fixed 3.0.13-1',
    'GHSA-aaaa-bbbb-cccc PYSEC-2024-1 CVE-2024-0003: pypi requests 2.0.0 Medium',
  ],
  'clair-v4': [
    'CVE-2024-0001: deb libssl3 3.0.11-1 Medium fixed 3.0.13-1',
    'GHSA-aaaa-bbbb-cccc CVE-2024-0003: pypi requests 2.0.0 Unknown fixed 2.1.0',
  ],
  snyk: [
    'SNYK-DEBIAN12-OPENSSL-1 CVE-2024-0001: deb libssl3 3.0.11-1 Medium fixed 3.0.13-1',
    'SNYK-JS-SHOPCART-2 GHSA-aaaa-bbbb-cccc: npm @shop/cart 1.0.0 High',
    'SNYK-JS-OLD-3: npm old 1.0.0 Low (an ignore rule of Snyk)',
  ],
  sarif: [
    'CVE-2024-0001:  libssl3 3.0.11-1 Medium fixed 3.0.13-1',
    'CVE-2024-0001:  libssl3 3.0.11-1 Medium',
    'CVE-2024-0002:  libssl3 3.0.11-1 Unknown (accepted)',
    'GHSA-aaaa-bbbb-cccc CVE-2024-0003:  @shop/cart 1.0.0 Unknown',
    'SNYK-DEBIAN12-OPENSSL-1 CVE-2024-0001:  libssl3 3.0.11-1 Medium',
  ],
  cyclonedx: [
    'CVE-2024-0001 GHSA-aaaa-bbbb-cccc: deb libssl3 3.0.11-1 Medium',
    'CVE-2024-0004: maven org.example:cart 1.0.0 Unknown (not_affected: not reachable)',
  ],
};

for (const format of formats)
  test(`recognizes ${format} by its content, and reads its findings`, () => {
    const report = readPeerReport(peerDocumentBytes(format), 'peer.json');
    assert.equal(report.format, format);
    assert.deepEqual(report.findings.map(textOf), expected[format]);
  });

test('reads scanner, date and packages if the report has them', () => {
  const rows = formats.map((format) => {
    const { tool, dataDate = '', packages } = readPeerReport(peerDocumentBytes(format), 'peer.json');
    return [tool, dataDate, packages?.map(({ name, version }) => `${name} ${version}`) ?? 'unknown'];
  });
  assert.deepEqual(rows, [
    ['Trivy 0.74.0', '2024-05-01T10:00:00.123456789Z', ['libssl3 3.0.11-1', 'perl-base 1:5.36.0-7']],
    ['Grype 0.116.0', '2024-05-01T08:00:00Z', 'unknown'],
    ['osv-scanner', '', ['openssl 3.0.11-1', 'requests 2.0.0', 'zlib 1.0']],
    ['Clair v4', '', ['libssl3 3.0.11-1', 'requests 2.0.0']],
    ['Snyk', '', 'unknown'],
    ['Trivy 0.74.0, Anchore Grype Scan 0.1.0, osv-scanner 2.5.0, Snyk Container', '', 'unknown'],
    ['trivy 0.74.0', '2024-05-01T10:00:00Z', ['libssl3 3.0.11-1', 'org.example:cart 1.0.0']],
  ]);
});

test('reads paths, CPE matches, dates of publication and withdrawn advisories', () => {
  const of = (format: Format): readonly PeerFinding[] =>
    readPeerReport(peerDocumentBytes(format), 'x').findings;
  assert.deepEqual(of('trivy')[2]?.package.paths, ['/app/node_modules/@shop/cart/package.json']);
  assert.deepEqual(of('cyclonedx')[1]?.package.paths, ['/app/cart.jar']);
  assert.deepEqual(
    of('grype').map(({ isCpeMatch }) => isCpeMatch),
    [undefined, true, undefined],
  );
  assert.equal(of('trivy')[0]?.published, '2024-01-02T00:00:00Z');
  assert.equal(of('clair-v4')[0]?.published, undefined);
  const withdrawn = { id: 'GHSA-x', withdrawn: '2024-01-01T00:00:00Z' };
  const [row] = peerDocuments['osv-scanner'].results;
  const packages = [{ package: row.packages[1].package, vulnerabilities: [withdrawn] }];
  const [finding] = read({ results: [{ source: row.source, packages }] }).findings;
  assert.deepEqual([finding?.id, finding?.isWithdrawn], ['GHSA-x', true]);
});

test('reads the epoch of rpm packages, wherever Trivy writes it', () => {
  const vulnerability = {
    VulnerabilityID: 'CVE-2021-3712',
    PkgName: 'openssl-libs',
    PkgIdentifier: { PURL: 'pkg:rpm/alma/openssl-libs@1.1.1k-4.el8?arch=x86_64&distro=alma-8.5&epoch=1' },
    InstalledVersion: '1:1.1.1k-4.el8',
  };
  const versionOf = (found: object): string | undefined =>
    read({
      ...peerDocuments.trivy,
      Results: [{ Target: 'x', Class: 'os-pkgs', Type: 'alma', Vulnerabilities: [found] }],
    }).findings[0]?.package.version;
  assert.equal(versionOf(vulnerability), '1:1.1.1k-4.el8');
  const { PkgIdentifier: _, ...plain } = vulnerability;
  assert.equal(versionOf(plain), '1:1.1.1k-4.el8');
  const PURL = 'pkg:rpm/alma/openssl-libs@1.1.1k-4.el8';
  assert.equal(versionOf({ ...vulnerability, PkgIdentifier: { PURL } }), '1:1.1.1k-4.el8');
});

for (const format of formats)
  test(`refuses ${format} that is cut anywhere`, () => {
    const bytes = peerDocumentBytes(format);
    for (let length = 0; length < bytes.length; length += 7)
      assert.throws(
        () => readPeerReport(bytes.subarray(0, length), 'peer.json'),
        (error) =>
          error instanceof ClairError &&
          error.code === 'target-corrupt' &&
          error.message.startsWith('peer.json: the report is not JSON: '),
      );
  });

const faults: readonly (readonly [what: string, document: unknown, code: string, message: RegExp])[] = [
  [
    'another version of Trivy',
    { ...peerDocuments.trivy, SchemaVersion: 3 },
    'target-unsupported',
    /schema version "3", and only 2/,
  ],
  [
    'the first format of Trivy',
    [{ Target: 'x', Vulnerabilities: [] }],
    'target-unsupported',
    /format is not known/,
  ],
  ['SARIF 2.2', { ...peerDocuments.sarif, version: '2.2' }, 'target-unsupported', /SARIF of version "2\.2"/],
  [
    'SARIF of another tool',
    { version: '2.1.0', runs: [{ tool: { driver: { name: 'CodeQL' } }, results: [] }] },
    'target-unsupported',
    /SARIF of "CodeQL" names no packages/,
  ],
  [
    'a result of SARIF in another form',
    {
      version: '2.1.0',
      runs: [
        { tool: { driver: { name: 'Trivy' } }, results: [{ ruleId: 'CVE-2024-1', message: { text: 'x' } }] },
      ],
    },
    'target-corrupt',
    /result without package and version: number 0 of "Trivy"/,
  ],
  [
    'CycloneDX 2.0',
    { ...peerDocuments.cyclonedx, specVersion: '2.0' },
    'target-unsupported',
    /CycloneDX of version "2\.0"/,
  ],
  [
    'an SBOM without vulnerabilities',
    { bomFormat: 'CycloneDX', specVersion: '1.6', components: [] },
    'target-unsupported',
    /SBOM without vulnerabilities/,
  ],
  [
    'a vulnerability of a component that is missing',
    { ...peerDocuments.cyclonedx, components: [] },
    'target-corrupt',
    /no such component/,
  ],
  [
    'a report of Syft',
    { ...peerDocuments.grype, descriptor: { name: 'syft' } },
    'target-unsupported',
    /of "syft" and not of Grype/,
  ],
  ['an error of Snyk', { ok: false, error: 'no access', path: 'x' }, 'target-unsupported', /only an error/],
  [
    'a missing package of Clair v4',
    { ...peerDocuments['clair-v4'], packages: {} },
    'target-corrupt',
    /package "1", which it does not list/,
  ],
  [
    'a missing vulnerability of Clair v4',
    { ...peerDocuments['clair-v4'], vulnerabilities: {} },
    'target-corrupt',
    /vulnerability "7", which it does not list/,
  ],
  [
    'a match without a package',
    { ...peerDocuments.grype, matches: [{ vulnerability: { id: 'CVE-2024-1' } }] },
    'target-corrupt',
    /of Grype is malformed at matches\.0\.artifact/,
  ],
  [
    'another document',
    { name: 'shop' },
    'target-unsupported',
    /format is not known; write the JSON of Trivy, Grype, osv-scanner/,
  ],
  ['a text', 'CVE-2024-1', 'target-unsupported', /format is not known/],
];

for (const [what, document, code, message] of faults)
  test(`refuses ${what}`, () => {
    assert.throws(
      () => read(document),
      (error) => error instanceof ClairError && error.code === code && message.test(error.message),
    );
  });

test('refuses a report with too many findings', () => {
  const { Results } = peerDocuments.trivy;
  const [vulnerability] = Results[0].Vulnerabilities;
  const Vulnerabilities = Array.from({ length: limits.peerReportEntries + 1 }, () => ({
    VulnerabilityID: vulnerability.VulnerabilityID,
    PkgName: 'x',
  }));
  assert.throws(
    () => read({ ...peerDocuments.trivy, Results: [{ Target: 'x', Vulnerabilities }] }),
    (error) =>
      error instanceof ClairError && error.code === 'limit-exceeded' && error.limit === 'peerReportEntries',
  );
});
