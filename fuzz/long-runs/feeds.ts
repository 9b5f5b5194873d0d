import { gzipSync } from 'node:zlib';
import { strToU8, zipSync } from 'fflate';
import { builtIn } from '../../src/extensions.ts';
import type { AdvisorySource, FetchedFeed } from '../../src/plugin/advisory-source.ts';
import type { Enricher } from '../../src/plugin/enricher.ts';
import { withKeys } from '../../src/service/feeds/keyed-records.ts';
import type { FetchedArchives } from '../../src/source/ubuntu/archives.ts';
import { inChunks } from '../../src/testing/streams.ts';
import { tar } from '../../src/testing/tar-writer.ts';
import {
  alma,
  amazon,
  avg,
  azure,
  csaf,
  cveRecordOfList,
  epss,
  euvd,
  glsa,
  kev,
  nvd,
  oracle,
  osv,
  photon,
  redhat,
  redhatOval,
  rocky,
  secdb,
  statements,
  suse,
  tracker,
  ubuntuOsv,
  ubuntuOval,
  ubuntuTracker,
  ubuntuVex,
} from './feed-documents.ts';
import type { Subject } from './subject.ts';

/** How a document becomes the feed of a source. */
interface FeedFormat {
  readonly feed: string;
  readonly url: string;
  readonly syntax: Subject['syntax'];
  readonly document: string;
  readonly pack?: (document: string) => Uint8Array;
  /** Puts the packed document into the archives; by default it is the body of the feed. */
  readonly place?: (fetched: FetchedFeed) => FetchedArchives;
}

const zipped = (document: string): Uint8Array => zipSync({ 'a.json': strToU8(document) }, { level: 0 });
const packedAs =
  (path: string) =>
  (document: string): Uint8Array =>
    gzipSync(tar([{ path, content: document }]), { level: 1 });
const json = (url: string, feed: string, value: unknown): FeedFormat => ({
  url: `https://a.example/${url}`,
  feed,
  syntax: 'json',
  document: JSON.stringify(value),
});
const xml = (url: string, feed: string, document: string): FeedFormat => ({
  url: `https://a.example/${url}`,
  feed,
  syntax: 'xml',
  document,
});
const osvIn = (ecosystem: string): unknown => osv(ecosystem);

/** Ubuntu's reasons are a second archive, which is read before the records. */
const besideRecords = (vex: FetchedFeed): FetchedArchives => ({
  url: 'https://a.example/osv-all.tar.xz',
  fingerprint: '',
  vex,
  body: inChunks(packedAs('osv/cve/2024/UBUNTU-CVE-2024-0001.json')(JSON.stringify(ubuntuOsv))),
});

/** The formats of every source and enricher, by name. */
const formats: Readonly<Record<string, readonly FeedFormat[]>> = {
  debian: [json('json', 'tracker', tracker)],
  ubuntu: [
    {
      ...json('osv-all.tar.xz', 'cve', ubuntuOsv),
      pack: packedAs('osv/cve/2024/UBUNTU-CVE-2024-0001.json'),
    },
    {
      ...json('vex-all.tar.xz', 'cve', ubuntuVex),
      pack: packedAs('vex/cve/2024/CVE-2024-0001.json'),
      place: besideRecords,
    },
    {
      feed: 'cve',
      url: 'https://a.example/ubuntu-cve-tracker-master.tar.gz',
      syntax: 'text',
      document: ubuntuTracker,
      pack: packedAs('ubuntu-cve-tracker-master/active/CVE-2024-0001'),
    },
  ],
  'ubuntu-oval': [xml('com.ubuntu.jammy.cve.oval.xml.bz2', 'jammy', ubuntuOval)],
  alpine: [json('main.json', 'v3.19/main', { distroversion: 'v3.19', reponame: 'main', ...secdb })],
  wolfi: [json('security.json', 'os', { reponame: 'os', ...secdb })],
  chainguard: [json('security.json', 'chainguard', { reponame: 'chainguard', ...secdb })],
  rhel: [
    { ...json('csaf_vex_2024-05-01.tar.zst', 'vex', redhat), pack: packedAs('2024/cve-2024-0001.json') },
  ],
  'rhel-oval': [xml('com.redhat.rhsa-RHEL8.xml.bz2', 'RHEL8', redhatOval)],
  oracle: [xml('com.oracle.elsa-all.xml.bz2', 'elsa', oracle)],
  amazon: [xml('updateinfo.xml', '2', amazon)],
  fedora: [xml('updateinfo.xml', '41', amazon)],
  gentoo: [{ ...xml('glsa-master.tar.gz', 'glsa', glsa), pack: packedAs('glsa-master/glsa-202401-01.xml') }],
  bottlerocket: [xml('updateinfo.xml', 'updateinfo', amazon)],
  rocky: [
    json('', 'advisories', rocky),
    { ...json('Rocky%20Linux/all.zip', 'advisories', osvIn('Rocky Linux:9')), pack: zipped },
  ],
  alma: [
    json('errata.full.json', '9', alma),
    { ...json('AlmaLinux/all.zip', '9', osvIn('AlmaLinux:9')), pack: zipped },
  ],
  openeuler: [
    {
      ...json('openEuler/all.zip', 'all', {
        id: 'OESA-2024-1',
        modified: '2024-01-01T00:00:00Z',
        upstream: ['CVE-2024-0001'],
        summary: 'xz security update',
        details: 'x',
        database_specific: { severity: 'High' },
        affected: [
          {
            package: { ecosystem: 'openEuler:24.03-LTS-SP1', name: 'xz' },
            ecosystem_specific: { x86_64: ['xz-5.4-1.oe2403sp1.x86_64.rpm'] },
          },
        ],
      }),
      pack: zipped,
    },
  ],
  suse: [xml('opensuse-leap-15.6.xml.gz', 'opensuse-leap-15.6', suse)],
  'suse-documents': [{ ...json('csaf.tar', 'all', csaf), pack: packedAs('suse-su-2024_0001-1.json') }],
  arch: [json('all.json', 'all', [avg])],
  azure: [xml('azurelinux-3.0-oval.xml', 'azurelinux-3.0', azure)],
  photon: [
    xml('com.vmware.phsa-photon3.xml.gz', '3.0', photon),
    json('cve_data_photon5.0.json', '5.0', [
      {
        cve_id: 'CVE-2024-0001',
        pkg: 'xz',
        cve_score: 7.5,
        aff_ver: 'all',
        res_ver: '5.4-1.ph5',
      },
    ]),
  ],
  osv: ['npm', 'PyPI', 'Maven', 'Go', 'RubyGems', 'Packagist', 'NuGet'].map((ecosystem) => ({
    ...json('all.zip', ecosystem, osvIn(ecosystem)),
    pack: zipped,
  })),
  'cve-products': [json('statements', 'all', statements)],
  'curl-products': [json('statements', 'all', statements)],
  'node-products': [json('statements', 'all', statements)],
  'nvd-products': [json('statements', 'all', statements)],
  curl: [
    json('vuln.json', 'vulnerabilities', [
      {
        id: 'CURL-CVE-2024-0001',
        aliases: ['CVE-2024-0001'],
        modified: '2024-01-01T00:00:00Z',
        affected: [{ ranges: [{ type: 'SEMVER', events: [{ introduced: '7.1' }, { fixed: '8.4.0' }] }] }],
      },
    ]),
  ],
  nodejs: [
    json('index.json', 'core', {
      '1': { cve: ['CVE-2024-0001'], vulnerable: '8.x || >= 4.0.0 <4.1.2', patched: '^8.1.4' },
    }),
  ],
  nvd: [json('nvdcve-2.0-2024.json', '2024', nvd)],
  cve: [
    {
      ...json('all_CVEs_at_midnight.zip.zip', 'list', cveRecordOfList),
      pack: (document) => zipSync({ 'CVE-2024-0001.json': strToU8(document) }, { level: 0 }),
    },
  ],
  kev: [json('kev.json', 'catalogue', kev)],
  euvd: [json('dump', 'exploited', euvd)],
  epss: [
    {
      feed: 'current',
      url: 'https://a.example/epss.csv.gz',
      syntax: 'text',
      document: epss,
      pack: (document) => gzipSync(document, { level: 1 }),
    },
  ],
};

/** Returns a subject for every format of every source and enricher. Throws if one has no format. */
export function feedSubjects(): Subject[] {
  const { sources, enrichers } = builtIn;
  return [
    ...sources.flatMap((source) => subjectsOf('source', source)),
    ...enrichers.flatMap((enricher) => subjectsOf('enricher', enricher)),
  ];
}

function subjectsOf(kind: 'source' | 'enricher', source: AdvisorySource | Enricher): Subject[] {
  const ofSource = formats[source.name];
  if (ofSource === undefined) throw new Error(`fuzz/long-runs/feeds.ts has no format of ${source.name}`);
  return ofSource.map((format, i) => ({
    name: i === 0 ? source.name : `${source.name}/${i + 1}`,
    kind,
    syntax: format.syntax,
    document: format.document,
    read: (document) => readFeed(source, format, document),
  }));
}

/** Reads a feed as an update does, including the version keys. */
async function readFeed(
  source: AdvisorySource | Enricher,
  { feed, url, pack = (text) => Buffer.from(text), place }: FeedFormat,
  document: string,
): Promise<void> {
  const content = pack(document);
  const fetched: FetchedFeed = {
    url,
    fingerprint: '',
    body: inChunks(content, Math.max(1000, content.length >> 6)),
  };
  for await (const record of source.parse(feed, place?.(fetched) ?? fetched))
    if (record.kind === 'vulnerability') withKeys(record, builtIn.schemes, url);
}
