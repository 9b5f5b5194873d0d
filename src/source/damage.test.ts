import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { strToU8, zipSync } from 'fflate';
import { cveList } from '../enrich/cve/cve.ts';
import { epss } from '../enrich/epss/epss.ts';
import { euvd, kev } from '../enrich/kev/kev.ts';
import { nvd } from '../enrich/nvd/nvd.ts';
import type { FeedRecord, RatingRecord } from '../plugin/index.ts';
import { cveRecord, cvss31 } from '../testing/cve-records.ts';
import { assertDetectsDamage, type FeedSample } from '../testing/damaged-feed.ts';
import { inChunks } from '../testing/streams.ts';
import { tar } from '../testing/tar-writer.ts';
import { unbatched } from '../testing/unbatched-enricher.ts';
import { npm } from '../version/npm.ts';
import { semver } from '../version/semver.ts';
import { alma } from './alma/alma.ts';
import { alpine } from './alpine/alpine.ts';
import { amazon } from './amazon/amazon.ts';
import { debian } from './debian/debian.ts';
import { osvSource } from './osv/osv.ts';
import { photon } from './photon/photon.ts';
import { rocky } from './rocky/rocky.ts';
import type { FetchedArchives } from './ubuntu/archives.ts';
import { ubuntu } from './ubuntu/ubuntu.ts';
import { wolfi } from './wolfi/wolfi.ts';

const secdb = { packages: [{ pkg: { name: 'xz', secfixes: { '5.4-r1': ['CVE-2024-0001'] } } }] };
const events = [{ introduced: '0' }, { fixed: '1.0.0' }];
const affected = [{ package: { ecosystem: 'npm', name: 'xz' }, ranges: [{ type: 'SEMVER', events }] }];
const rpm = { name: 'xz', epoch: '0', version: '5', release: '1', arch: 'x86_64' };

const ubuntuOsv = {
  id: 'UBUNTU-CVE-2024-0001',
  upstream: ['CVE-2024-0001'],
  affected: [
    {
      package: { ecosystem: 'Ubuntu:22.04:LTS', name: 'xz', purl: 'pkg:deb/ubuntu/xz?distro=jammy' },
      ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }] }],
    },
  ],
};

/** A source whose `parse` reads Ubuntu's VEX archive, and then a record. */
const ubuntuVex: FeedSample['source'] = {
  name: 'ubuntu',
  parse(feed, vex) {
    const osv = tar([{ path: 'osv/cve/2024/UBUNTU-CVE-2024-0001.json', content: JSON.stringify(ubuntuOsv) }]);
    const records: FetchedArchives = {
      url: 'https://a.example/osv-all.tar.xz',
      body: inChunks(osv),
      fingerprint: '',
      vex,
    };
    return ubuntu.parse(feed, records);
  },
};

const samples: readonly FeedSample<FeedRecord | RatingRecord>[] = [
  {
    source: alpine,
    feed: 'v3.19/main',
    url: 'https://a.example/main.json',
    content: json({ distroversion: 'v3.19', reponame: 'main', ...secdb }),
  },
  {
    source: wolfi,
    feed: 'os',
    url: 'https://a.example/security.json',
    content: json({ reponame: 'os', ...secdb }),
  },
  {
    source: debian,
    feed: 'tracker',
    url: 'https://a.example/json',
    content: json({ xz: { 'CVE-2024-0001': { releases: { sid: { status: 'open' } } } } }),
  },
  {
    source: amazon,
    feed: '2',
    url: 'https://a.example/updateinfo.xml',
    content: Buffer.from(
      '<updates><update type="security"><id>ALAS2-1</id><pkglist><collection>' +
        '<package name="xz" version="5" release="1" arch="x86_64"/></collection></pkglist></update></updates>',
    ),
  },
  {
    source: alma,
    feed: '9',
    url: 'https://a.example/errata.full.json',
    content: json({ data: [{ id: 'ALSA-1', type: 'security', packages: [rpm] }] }),
  },
  {
    source: rocky,
    feed: 'advisories',
    url: 'https://a.example/',
    content: json([{ advisories: [{ name: 'RLSA-1', kind: 'Security', packages: [] }] }]),
  },
  {
    source: osvSource([npm, semver]),
    feed: 'npm',
    url: 'https://a.example/all.zip',
    ...zipped({ id: 'GHSA-1', aliases: ['CVE-2024-0001'], affected, references: [] }),
  },
  {
    source: ubuntu,
    feed: 'cve',
    url: 'https://a.example/osv-all.tar.xz',
    ...packed(
      {
        id: 'UBUNTU-CVE-2024-1',
        upstream: ['CVE-2024-1'],
        affected: [
          {
            package: { ecosystem: 'Ubuntu:22.04:LTS', name: 'xz', purl: 'pkg:deb/ubuntu/xz?distro=jammy' },
            ranges: [{ type: 'ECOSYSTEM', events }],
            ecosystem_specific: { ubuntu_priority: 'low' },
          },
        ],
        severity: [{ type: 'Ubuntu', score: 'medium' }],
      },
      (record) =>
        gzipSync(tar([{ path: 'osv/cve/2024/UBUNTU-CVE-2024-1.json', content: JSON.stringify(record) }]), {
          level: 1,
        }),
    ),
  },
  {
    source: alma,
    feed: '9',
    url: 'https://a.example/AlmaLinux/all.zip',
    ...zipped({
      id: 'ALSA-2024:0001',
      related: ['CVE-2024-0001'],
      affected: [
        { package: { ecosystem: 'AlmaLinux:9', name: 'xz' }, ranges: [{ type: 'ECOSYSTEM', events }] },
      ],
    }),
  },
  {
    source: rocky,
    feed: 'advisories',
    url: 'https://a.example/Rocky%20Linux/all.zip',
    ...zipped({
      id: 'RLSA-2024:0001',
      related: ['CVE-2024-0001'],
      summary: 'Important: xz security update',
      affected: [
        { package: { ecosystem: 'Rocky Linux:9', name: 'xz' }, ranges: [{ type: 'ECOSYSTEM', events }] },
      ],
    }),
  },
  {
    source: photon,
    feed: '3.0',
    url: 'https://a.example/com.vmware.phsa-photon3.xml.gz',
    content: Buffer.from(
      '<oval_definitions><definitions><definition id="oval:com.vmware.phsa:def:1" class="patch"><metadata>' +
        '<title>PHSA-2024-3.0-0001: xz (Important)</title>' +
        '<reference source="PHSA" ref_id="PHSA-2024-3.0-0001" ref_url="https://a.example/1"/>' +
        '<reference source="CVE" ref_id="CVE-2024-0001" ref_url="https://a.example/2"/>' +
        '<advisory><severity>Important</severity><issued date="2024-01-01"/></advisory></metadata>' +
        '<criteria operator="AND"><criterion test_ref="t:1" comment="xz is earlier than 0:5.4-1.ph3"/></criteria>' +
        '</definition></definitions><tests><rpminfo_test id="t:1" check="at least one"><object object_ref="o:1"/>' +
        '<state state_ref="s:1"/></rpminfo_test></tests><objects><rpminfo_object id="o:1"><name>xz</name></rpminfo_object>' +
        '</objects><states><rpminfo_state id="s:1"><evr datatype="evr_string" operation="less than">0:5.4-1.ph3</evr>' +
        '</rpminfo_state></states></oval_definitions>',
    ),
  },
  {
    source: ubuntu,
    feed: 'cve',
    url: 'https://a.example/ubuntu-cve-tracker-master.tar.gz',
    content: gzipSync(
      tar([
        {
          path: 'ubuntu-cve-tracker-master/active/CVE-2024-0001',
          content: 'Candidate: CVE-2024-0001\nPriority: medium\njammy_xz: released (5.4-1)\n',
        },
      ]),
      { level: 1 },
    ),
  },
  {
    source: ubuntuVex,
    feed: 'cve',
    url: 'https://a.example/vex-all.tar.xz',
    ...packed(
      {
        statements: [
          {
            vulnerability: { name: 'CVE-2024-0001' },
            status: 'affected',
            action_statement: 'This package (for the given release) is no longer supported',
            products: [{ '@id': 'pkg:deb/ubuntu/xz@5.2?arch=source&distro=jammy' }],
          },
        ],
      },
      (record) =>
        gzipSync(tar([{ path: 'vex/cve/2024/CVE-2024-0001.json', content: JSON.stringify(record) }]), {
          level: 1,
        }),
    ),
  },
  {
    source: unbatched(kev),
    feed: 'catalogue',
    url: 'https://a.example/kev.json',
    content: json({
      vulnerabilities: [{ cveID: 'CVE-2024-1', dateAdded: '2024-01-01', dueDate: '2024-02-01' }],
    }),
  },
  {
    source: unbatched(euvd),
    feed: 'exploited',
    url: 'https://a.example/dump',
    content: json([
      {
        cveId: 'CVE-2024-1',
        euvdId: 'EUVD-2024-1',
        dateAdded: '2024-01-01',
        sources: ['eukev_kev'],
      },
    ]),
  },
  {
    source: unbatched(nvd),
    feed: '2024',
    url: 'https://a.example/nvdcve-2.0-2024.json',
    content: json({
      vulnerabilities: [
        {
          cve: {
            id: 'CVE-2024-1',
            published: '2024-01-01T00:00:00.000',
            vulnStatus: 'Analyzed',
            descriptions: [{ lang: 'en', value: 'A flaw' }],
            metrics: {
              cvssMetricV31: [
                {
                  source: 'nvd@nist.gov',
                  type: 'Primary',
                  cvssData: { vectorString: 'CVSS:3.1/AV:N', baseScore: 7.5, baseSeverity: 'HIGH' },
                },
              ],
            },
            weaknesses: [{ description: [{ lang: 'en', value: 'CWE-79' }] }],
          },
        },
      ],
    }),
  },
  {
    source: unbatched(cveList),
    feed: 'list',
    url: 'https://a.example/all_CVEs_at_midnight.zip.zip',
    ...packed(
      cveRecord('CVE-2024-0001', {
        metrics: [cvss31('CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H', 7.5, 'HIGH')],
      }),
      (record) => {
        const cves = zipSync(
          { 'cves/2024/0xxx/CVE-2024-0001.json': strToU8(JSON.stringify(record)) },
          { level: 0 },
        );
        return zipSync({ 'cves.zip': cves }, { level: 0 });
      },
    ),
  },
  {
    source: unbatched(epss),
    feed: 'current',
    url: 'https://a.example/epss.csv.gz',
    content: gzipSync('#model_version:v2025.03.14\ncve,epss,percentile\nCVE-2024-0001,0.5,0.9\n'),
  },
];

/** Returns content that consists of one record. */
function packed(
  record: unknown,
  pack: (record: unknown) => Uint8Array,
): Pick<FeedSample, 'content' | 'packed'> & { readonly packed: object } {
  return { content: pack(record), packed: { record, pack } };
}

/** Returns a zip with one record. */
function zipped(record: Readonly<Record<string, unknown>>): ReturnType<typeof packed> {
  return packed(record, (value) =>
    zipSync({ ['record.json']: strToU8(JSON.stringify(value)) }, { level: 0 }),
  );
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

for (const sample of samples) {
  test(`reports damage to ${sample.url} of ${sample.source.name}, wherever it is`, () =>
    assertDetectsDamage(sample));
}
