import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { strToU8, zipSync } from 'fflate';
import { assertNoticesDamage, type FeedSample } from '../testing/damaged-feed.ts';
import { tar } from '../testing/tar-writer.ts';
import { npm } from '../version/npm.ts';
import { semver } from '../version/semver.ts';
import { alma } from './alma/alma.ts';
import { alpine } from './alpine/alpine.ts';
import { amazon } from './amazon/amazon.ts';
import { debian } from './debian/debian.ts';
import { osvSource } from './osv/osv.ts';
import { rocky } from './rocky/rocky.ts';
import { ubuntu } from './ubuntu/ubuntu.ts';
import { wolfi } from './wolfi/wolfi.ts';

const secdb = { packages: [{ pkg: { name: 'xz', secfixes: { '5.4-r1': ['CVE-2024-0001'] } } }] };
const events = [{ introduced: '0' }, { fixed: '1.0.0' }];
const affected = [{ package: { ecosystem: 'npm', name: 'xz' }, ranges: [{ type: 'SEMVER', events }] }];
const rpm = { name: 'xz', epoch: '0', version: '5', release: '1', arch: 'x86_64' };

const samples: readonly FeedSample[] = [
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
    content: zipSync({ 'GHSA-1.json': strToU8(JSON.stringify({ id: 'GHSA-1', affected })) }),
  },
  {
    source: ubuntu,
    feed: 'cve',
    url: 'https://a.example/osv-all.tar.xz',
    content: gzipSync(
      tar([
        { path: 'osv/cve/2024/UBUNTU-CVE-2024-1.json', content: JSON.stringify({ id: 'UBUNTU-CVE-2024-1' }) },
      ]),
    ),
  },
];

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

for (const sample of samples) {
  test(`damage to a feed of ${sample.source.name} is noticed, wherever it is`, () =>
    assertNoticesDamage(sample));
}
