import type { Digest } from '../model/digest.ts';
import type { Fix } from '../model/fix.ts';
import type { Package } from '../model/package.ts';
import type { Match, Report, ReportVulnerability } from '../model/report.ts';

const base = `sha256:${'a1'.repeat(32)}` as Digest;
const upper = `sha256:${'b2'.repeat(32)}` as Digest;

/** Returns a package of the sample, in the dpkg database of a layer. */
export function samplePackage(name: string, version: string, source = name): Package {
  return {
    type: 'deb',
    name,
    version,
    arch: 'amd64',
    source: { name: source, version },
    purl: `pkg:deb/debian/${name}@${encodeURIComponent(version)}?arch=amd64&distro=debian-12`,
    location: { path: 'var/lib/dpkg/status', layer: base },
    foundBy: 'dpkg',
  };
}

/** Returns a finding of the sample; without a fixed version it has no fix yet. */
export function sampleMatch(
  found: Package,
  vulnerability: Pick<ReportVulnerability, 'id' | 'severity'> & Partial<ReportVulnerability>,
  fix: Fix = { state: 'unfixed' },
): Match {
  const { type, name, version, source = null, purl, location } = found;
  const { id, severity, ...known } = vulnerability;
  const fixedVersion = fix.state === 'fixed' ? fix.version : null;
  const link = `https://security-tracker.debian.org/tracker/${id}`;
  return {
    vulnerability: {
      id,
      aliases: [],
      advisories: [{ id, link, fixedVersion }],
      severity,
      cvss: [],
      description: null,
      links: [link],
      source: 'debian',
      kev: null,
      epss: null,
      ...known,
    },
    package: { type, name, version, source, purl, location },
    fix,
    evidence: [
      {
        source: 'debian',
        advisory: id,
        namespace: 'debian:12',
        package: source?.name ?? name,
        installed: version,
        range: fixedVersion === null ? {} : { to: fixedVersion },
        versionScheme: 'dpkg',
      },
    ],
  };
}

const packages = {
  curl: samplePackage('curl', '7.88.1-10+deb12u4'),
  libc6: samplePackage('libc6', '2.36-9+deb12u3', 'glibc'),
  libgnutls30: samplePackage('libgnutls30', '3.7.9-2+deb12u1', 'gnutls28'),
  liblzma5: samplePackage('liblzma5', '5.4.1-0.2', 'xz-utils'),
  libssl3: samplePackage('libssl3', '3.0.11-1~deb12u2', 'openssl'),
  libwebp7: samplePackage('libwebp7', '1.2.4-0.2', 'libwebp'),
  perl: samplePackage('perl-base', '5.36.0-7+deb12u1', 'perl'),
  tar: samplePackage('tar', '1.34+dfsg-1.2'),
  zlib: samplePackage('zlib1g', '1:1.2.13.dfsg-1', 'zlib'),
} as const;

const matches: readonly Match[] = [
  sampleMatch(
    packages.libwebp7,
    {
      id: 'CVE-2023-4863',
      severity: 'Critical',
      kev: true,
      epss: 0.93,
      cvss: [{ source: 'nvd', vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H', score: 8.8 }],
      description:
        'A crafted lossless WebP picture writes beyond a heap buffer while its Huffman tables are built.',
    },
    { state: 'fixed', version: '1.2.4-0.2+deb12u1' },
  ),
  sampleMatch(
    packages.zlib,
    {
      id: 'CVE-2023-45853',
      severity: 'Critical',
      description:
        'MiniZip overflows a heap buffer on a long file name, comment or extra field in zipOpenNewFileInZip4_64.',
    },
    { state: 'will-not-fix' },
  ),
  sampleMatch(
    packages.curl,
    {
      id: 'CVE-2024-2398',
      severity: 'High',
      description: 'Memory of rejected HTTP/2 server push headers is not freed.',
    },
    { state: 'fixed', version: '7.88.1-10+deb12u6' },
  ),
  sampleMatch(
    packages.libc6,
    {
      id: 'CVE-2024-2961',
      severity: 'High',
      description: 'iconv() writes up to four bytes too many for ISO-2022-CN-EXT.',
    },
    { state: 'fixed', version: '2.36-9+deb12u6' },
  ),
  sampleMatch(
    packages.libc6,
    {
      id: 'CVE-2023-6246',
      severity: 'High',
      description: 'syslog() overflows a heap buffer when the program name is long.',
    },
    { state: 'fixed', version: '2.36-9+deb12u4' },
  ),
  sampleMatch(
    packages.libssl3,
    {
      id: 'CVE-2024-5535',
      severity: 'Medium',
      description: 'SSL_select_next_proto() reads beyond an empty list of protocols.',
    },
    { state: 'fixed', version: '3.0.14-1~deb12u1' },
  ),
  sampleMatch(
    packages.libssl3,
    {
      id: 'CVE-2024-6119',
      severity: 'Medium',
      description: 'Checking a certificate name may read an invalid address.',
    },
    { state: 'fixed', version: '3.0.14-1~deb12u2' },
  ),
  sampleMatch(
    packages.libgnutls30,
    {
      id: 'CVE-2024-0553',
      severity: 'Medium',
      description: 'Response times differ for malformed RSA-PSK ciphertexts.',
    },
    { state: 'fixed', version: '3.7.9-2+deb12u2' },
  ),
  sampleMatch(packages.perl, { id: 'CVE-2023-31484', severity: 'Medium' }, { state: 'deferred' }),
  sampleMatch(packages.tar, {
    id: 'CVE-2005-2541',
    severity: 'Low',
    description: 'setuid bits are kept without a warning.',
  }),
  sampleMatch(packages.perl, { id: 'CVE-2011-4116', severity: 'Negligible' }),
  sampleMatch(
    packages.liblzma5,
    { id: 'CVE-2020-22916', severity: 'Unknown' },
    { state: 'under-investigation' },
  ),
];

/** A report written by hand: Debian 12, nine packages, twelve findings, and one suppressed finding. */
export const sampleReport: Report = {
  schemaVersion: 1,
  target: {
    reference: 'registry.example/shop/web:1.4.2',
    kind: 'docker-archive',
    manifest: null,
    platform: 'linux/amd64',
  },
  distro: {
    id: 'debian',
    versionId: '12',
    versionCodename: 'bookworm',
    prettyName: 'Debian GNU/Linux 12 (bookworm)',
    like: [],
  },
  namespaces: [{ name: 'debian:12', versionScheme: 'dpkg' }],
  layers: [
    {
      digest: base,
      diffId: base,
      sizeBytes: 77_824_000,
      createdBy: '/bin/sh -c #(nop) ADD file:1d26 in /',
      verified: true,
    },
    {
      digest: upper,
      diffId: upper,
      sizeBytes: 10_240,
      createdBy: 'RUN apt-get install -y curl',
      verified: true,
    },
  ],
  packages: Object.values(packages),
  matches,
  suppressed: [
    {
      ...sampleMatch(
        packages.tar,
        { id: 'CVE-2023-39804', severity: 'Low' },
        { state: 'fixed', version: '1.34+dfsg-1.2+deb12u1' },
      ),
      reason: 'ignored by .clairignore: no archives from outside are unpacked',
    },
  ],
  verdict: 'vulnerable',
  coverage: [
    {
      namespace: 'debian:12',
      status: 'complete',
      newestAdvisory: '2024-09-12T08:14:00Z',
      fetchedAt: '2024-09-13T06:00:00Z',
      reason: null,
    },
  ],
  statuses: [
    {
      extension: 'dpkg',
      status: 'succeeded',
      files: [{ path: 'var/lib/dpkg/status', layer: base, problem: null }],
    },
  ],
};
