import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { buildImage, dockerArchive } from '../src/testing/image-builder.ts';
import { type TarEntryPlan, tar } from '../src/testing/tar-writer.ts';

/** Returns the example files by their path in this folder. The bytes do not depend on the machine. */
export function exampleFiles(): ReadonlyMap<string, Uint8Array | string> {
  return new Map<string, Uint8Array | string>([
    ['image.tar', exampleImage()],
    ['mirror/secdb.alpinelinux.org/v3.20/main.json', secdb('main', mainFixes)],
    ['mirror/secdb.alpinelinux.org/v3.20/community.json', secdb('community', communityFixes)],
    ...ratings.map((rating) => [recordPath(rating.id), cveRecord(rating)] as const),
    ['mirror/www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json', kevCatalogue()],
    ['mirror/epss.empiricalsecurity.com/epss_scores-current.csv.gz', epssScores()],
  ]);
}

const origins: Readonly<Record<string, string>> = {
  libcrypto3: 'openssl',
  libssl3: 'openssl',
  'ca-certificates-bundle': 'ca-certificates',
  ssl_client: 'busybox',
};

/** Packages of the base layer: plausible, not copied from any image. */
const basePackages = {
  'alpine-baselayout': '3.6.5-r0',
  'apk-tools': '2.14.4-r0',
  busybox: '1.36.1-r28',
  'ca-certificates-bundle': '20240705-r0',
  libcrypto3: '3.3.0-r2',
  libssl3: '3.3.0-r2',
  musl: '1.2.5-r0',
  ssl_client: '1.36.1-r28',
  zlib: '1.3.1-r1',
};

/** Packages of the upper layer. It upgrades OpenSSL, but not to a fixed version, and adds a package of the community repository. */
const upperPackages = { ...basePackages, libcrypto3: '3.3.1-r0', libssl3: '3.3.1-r0', redis: '7.2.5-r0' };

/** CVEs by fixed version and origin package, as published by Alpine 3.20. Version `0` means never affected. */
type Fixes = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

const mainFixes: Fixes = {
  'apk-tools': { '2.12.5-r0': ['CVE-2021-30139'], '2.12.6-r0': ['CVE-2021-36159'] },
  busybox: {
    '1.36.1-r25': ['CVE-2023-42366'],
    '1.36.1-r27': ['CVE-2023-42363'],
    '1.36.1-r29': ['CVE-2023-42364', 'CVE-2023-42365'],
  },
  curl: { '8.9.1-r0': ['CVE-2024-7264'], '8.10.0-r0': ['CVE-2024-8096'] },
  musl: { '1.2.2_pre2-r0': ['CVE-2020-28928'] },
  openssl: {
    '0': ['CVE-2022-1292', 'CVE-2022-2068', 'CVE-2022-2274', 'CVE-2023-0466', 'CVE-2023-4807'],
    '3.3.0-r3': ['CVE-2024-4741'],
    '3.3.1-r1': ['CVE-2024-5535'],
    '3.3.2-r0': ['CVE-2024-6119'],
    '3.3.2-r1': ['CVE-2024-9143'],
  },
  zlib: { '0': ['CVE-2023-45853', 'CVE-2023-6992'], '1.2.12-r2': ['CVE-2022-37434'] },
};

const communityFixes: Fixes = {
  redis: {
    '7.2.4-r0': ['CVE-2023-41056'],
    '7.2.5-r1': ['CVE-2024-31227', 'CVE-2024-31228', 'CVE-2024-31449'],
  },
  runc: { '1.1.4-r7': ['CVE-2023-27561'] },
};

function exampleImage(): Uint8Array {
  const image = buildImage({
    tags: ['example/alpine:3.20'],
    steps: [
      { tar: tar(baseLayer()), createdBy: 'ADD rootfs.tar.gz / # buildkit' },
      { createdBy: 'CMD ["/bin/sh"]' },
      { tar: tar(upperLayer()), createdBy: 'RUN apk upgrade && apk add redis && rm /etc/motd' },
    ],
  });
  return dockerArchive(image);
}

function baseLayer(): TarEntryPlan[] {
  return [
    { path: 'bin/' },
    { path: 'bin/busybox', content: 'an executable\n', mode: 0o755 },
    { path: 'bin/sh', target: '/bin/busybox' },
    { path: 'etc/' },
    { path: 'etc/alpine-release', content: '3.20.3\n' },
    { path: 'etc/motd', content: 'Welcome to Alpine!\n' },
    { path: 'etc/os-release', content: osRelease },
    { path: 'lib/' },
    { path: 'lib/apk/' },
    { path: 'lib/apk/db/' },
    { path: 'lib/apk/db/installed', content: installed(basePackages) },
  ];
}

/** A whiteout removes everything below its path: OCI image-spec, layer.md. */
function upperLayer(): TarEntryPlan[] {
  return [
    { path: 'etc/' },
    { path: 'etc/.wh.motd' },
    { path: 'lib/' },
    { path: 'lib/apk/' },
    { path: 'lib/apk/db/' },
    { path: 'lib/apk/db/installed', content: installed(upperPackages) },
  ];
}

const osRelease = `NAME="Alpine Linux"
ID=alpine
VERSION_ID=3.20.3
PRETTY_NAME="Alpine Linux v3.20"
`;

/** Returns an apk database: one paragraph per package. apk-installed(5). */
function installed(packages: Readonly<Record<string, string>>): string {
  const paragraphs = Object.entries(packages).map(
    ([name, version]) => `P:${name}\nV:${version}\nA:x86_64\no:${origins[name] ?? name}\n\n`,
  );
  return paragraphs.join('');
}

function secdb(reponame: string, fixes: Fixes): string {
  const packages = Object.entries(fixes).map(([name, secfixes]) => ({ pkg: { name, secfixes } }));
  return document({ archs: ['x86_64'], reponame, distroversion: 'v3.20', packages });
}

/** The rating of a CVE in the CVE list: its source, and a CVSS vector with its score, or a word. CVE-2023-42365 has no rating there. */
interface Rating {
  readonly id: string;
  /** The CNA that assigned the CVE. */
  readonly assigner: string;
  readonly by?: 'assigner' | 'CISA';
  readonly vector?: readonly [vector: string, score: number, severity: string];
  readonly word?: string;
  /** The probability of exploitation. Invented, since the real one changes daily. */
  readonly epss: number;
}

const ratings: readonly Rating[] = [
  {
    id: 'CVE-2023-42364',
    assigner: 'mitre',
    by: 'CISA',
    vector: ['CVSS:3.1/AV:L/AC:L/PR:N/UI:R/S:U/C:N/I:N/A:H', 5.5, 'MEDIUM'],
    epss: 0.0011,
  },
  { id: 'CVE-2023-42365', assigner: 'mitre', epss: 0.0009 },
  { id: 'CVE-2024-5535', assigner: 'openssl', word: 'Low', epss: 0.052 },
  { id: 'CVE-2024-6119', assigner: 'openssl', word: 'Moderate', epss: 0.013 },
  { id: 'CVE-2024-9143', assigner: 'openssl', word: 'Low', epss: 0.0078 },
  {
    id: 'CVE-2024-31227',
    assigner: 'GitHub_M',
    vector: ['CVSS:3.1/AV:L/AC:L/PR:H/UI:N/S:U/C:N/I:N/A:H', 4.4, 'MEDIUM'],
    epss: 0.0055,
  },
  {
    id: 'CVE-2024-31228',
    assigner: 'GitHub_M',
    vector: ['CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:N/I:N/A:H', 5.5, 'MEDIUM'],
    epss: 0.021,
  },
  {
    id: 'CVE-2024-31449',
    assigner: 'GitHub_M',
    vector: ['CVSS:3.1/AV:L/AC:H/PR:L/UI:N/S:U/C:H/I:H/A:H', 7, 'HIGH'],
    epss: 0.34,
  },
];

function recordPath(id: string): string {
  const [, year, number] = id.split('-');
  const repository = 'mirror/raw.githubusercontent.com/CVEProject/cvelistV5/main/cves';
  return `${repository}/${year}/${number?.slice(0, -3)}xxx/${id}.json`;
}

/** Names of organisations by their ID in records. */
const organisations: Readonly<Record<string, string>> = {
  mitre: '8254265b-2729-46b6-b9e3-3dfca2d5bfca',
  openssl: '3a12439a-ef3a-4c79-92e6-6081a721f1e5',
  GitHub_M: 'a0819718-46f1-4df5-94e2-005712e83aaa',
  'CISA-ADP': '134c704f-9b21-4f2e-91b3-4a467353bcc0',
};

/** Returns a record of the CVE list, with the fields that a rating needs. */
function cveRecord({ id, assigner, by = 'assigner', vector, word }: Rating): string {
  const metrics = metricsOf(vector, word);
  const container = (shortName: string, rated: object): object => ({
    providerMetadata: { orgId: organisations[shortName], shortName },
    ...rated,
  });
  return document({
    dataType: 'CVE_RECORD',
    dataVersion: '5.1',
    cveMetadata: { cveId: id, assignerShortName: assigner, state: 'PUBLISHED' },
    containers: {
      cna: container(assigner, by === 'assigner' ? metrics : {}),
      ...(by === 'CISA' && { adp: [container('CISA-ADP', metrics)] }),
    },
  });
}

function metricsOf(vector: Rating['vector'], word: string | undefined): object {
  if (vector !== undefined) {
    const [vectorString, baseScore, baseSeverity] = vector;
    return { metrics: [{ cvssV3_1: { version: '3.1', vectorString, baseScore, baseSeverity } }] };
  }
  const type = 'https://openssl-library.org/policies/general/security-policy/';
  return word === undefined
    ? {}
    : { metrics: [{ format: 'other', other: { type, content: { text: word } } }] };
}

/** Returns CISA's list of exploited vulnerabilities with a single entry, which does not affect the example image. */
function kevCatalogue(): string {
  const entry = { cveID: 'CVE-2023-4911', dateAdded: '2023-11-21', dueDate: '2023-12-12' };
  return document({ count: 1, vulnerabilities: [{ ...entry, knownRansomwareCampaignUse: 'Unknown' }] });
}

/** Not compressed, since the bytes of a compressed file depend on the machine. */
function epssScores(): Uint8Array {
  const rows = ratings.map(({ id, epss }) => `${id},${epss},0.5\n`);
  const head = '#model_version:example,score_date:2024-10-31T00:00:00+0000\ncve,epss,percentile\n';
  const file = gzipSync(head + rows.join(''), { level: 0 });
  const operatingSystem = 9;
  file[operatingSystem] = 255;
  return file;
}

function document(content: object): string {
  return `${JSON.stringify(content, null, 2)}\n`;
}

if (import.meta.main) {
  for (const [path, content] of exampleFiles()) {
    const target = resolve(import.meta.dirname, path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, content);
  }
}
