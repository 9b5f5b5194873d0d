import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { strToU8, zipSync } from 'fflate';
import type { FeedRecord } from '../../plugin/index.ts';
import { corpus, corpusTest } from '../../testing/corpus.ts';
import { corpusFiles } from '../../testing/corpus-archive.ts';
import { expectedOn, findingsOn, rpmReference } from '../../testing/rpm-findings.ts';
import { collectAll, inChunks } from '../../testing/streams.ts';
import { type DistributionFeed, readOsvAdvisory } from '../osv/distribution.ts';
import { alma } from './alma.ts';

const url = 'https://errata.almalinux.org/8/errata.full.json';

function parse(content: Uint8Array, from: string = url): Promise<FeedRecord[]> {
  return collectAll(alma.parse('8', { url: from, body: inChunks(content), fingerprint: '' }));
}

const namespace = { name: 'almalinux:8', versionScheme: 'rpm' };
const erratum = {
  id: 'ALSA-2019:0975',
  type: 'security',
  severity: 'Important',
  title: 't',
  description: 'd',
  issued_date: 1_557_200_351,
  updated_date: 1_557_200_352,
  modules: [],
  packages: [
    {
      name: 'runc',
      epoch: '2',
      version: '1.0',
      release: '1.el8',
      arch: 'x86_64',
      module: 'container-tools:1.0:80:8:x86_64',
    },
    {
      name: 'runc',
      epoch: '2',
      version: '1.0',
      release: '1.el8',
      arch: 'aarch64',
      module: 'container-tools:1.0:81:8:aarch64',
    },
    { name: 'nbd', epoch: '0', version: '1.6', release: '5.module_el8.6.0+2880+7d9e', arch: 'noarch' },
    { name: 'xz', epoch: '0', version: '5', release: '1.el8', arch: 'x86_64' },
  ],
  references: [
    { type: 'cve', id: 'CVE-2019-5736', href: 'h' },
    { type: 'bugzilla', id: '1', href: 'h' },
    { type: 'cve', id: 'CVE-2019-5736', href: 'h' },
  ],
};

test('reads an erratum as a vulnerability with a row for each package and stream', async () => {
  const fixed = (version: string) => ({ range: { to: version }, fix: { state: 'fixed', version } });
  const expected = [
    {
      kind: 'vulnerability',
      key: 'ALSA-2019:0975',
      id: 'ALSA-2019:0975',
      aliases: ['CVE-2019-5736'],
      title: 't',
      description: 'd',
      links: ['https://errata.almalinux.org/8/ALSA-2019-0975.html'],
      severity: 'High',
      cvss: [],
      modified: '2019-05-07T03:39:12.000Z',
      issued: '2019-05-07T03:39:11.000Z',
      affected: [
        {
          namespace,
          package: 'runc',
          ...fixed('2:1.0-1.el8'),
          only: { module: 'container-tools:1.0', arch: ['aarch64', 'x86_64'] },
        },
        {
          namespace,
          package: 'nbd',
          ...fixed('1.6-5.module_el8.6.0+2880+7d9e'),
          only: { module: '*', arch: ['noarch'] },
        },
        { namespace, package: 'xz', ...fixed('5-1.el8'), only: { arch: ['x86_64'] } },
      ],
    },
  ];
  assert.deepEqual(
    await parse(Buffer.from(JSON.stringify({ schema_version: '1', data: [erratum] }))),
    expected,
  );
  assert.deepEqual(await parse(Buffer.from(JSON.stringify([erratum]))), expected);
});

test('skips bug fixes', async () => {
  assert.deepEqual(await parse(Buffer.from(JSON.stringify([{ ...erratum, type: 'bugfix' }]))), []);
});

test('fetches the file of a release, or the archive of all releases', async () => {
  assert.deepEqual(alma.feedsFor('almalinux:9'), ['9']);
  assert.deepEqual(alma.feedsFor('rhel:9'), []);
  const requests: string[] = [];
  const client = {
    get(at: string) {
      requests.push(at);
      return Promise.resolve('absent' as const);
    },
  };
  assert.equal(await alma.fetch('9', client), 'absent');
  assert.deepEqual(requests, [
    'https://errata.almalinux.org/9/errata.full.json',
    'https://osv-vulnerabilities.storage.googleapis.com/AlmaLinux/all.zip',
  ]);
});

test('reads only its own release and no bug fixes from the archive', async () => {
  const record = (id: string, ecosystem: string, fixed: string) => ({
    id,
    summary: 'Moderate: xz security update',
    related: ['CVE-2020-0001', 'RHSA-2020:1'],
    modified: '2021-08-11T08:54:00Z',
    published: '2021-08-10T00:00:00Z',
    affected: [
      {
        package: { ecosystem, name: 'xz' },
        ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed }] }],
      },
    ],
  });
  const records = [
    record('ALSA-2020:1', 'AlmaLinux:8', '1-1.module_el8.5.0+1+1'),
    record('ALSA-2020:2', 'AlmaLinux:9', '1-1.el9'),
    record('ALBA-2020:3', 'AlmaLinux:8', '1-1.el8'),
  ];
  const versionless = {
    ...record('ALSA-2020:4', 'AlmaLinux:8', ''),
    affected: [{ package: { ecosystem: 'AlmaLinux:8', name: 'xz' } }],
  };
  const archive = zipSync(
    Object.fromEntries([
      ...records.map((one) => [`${one.id}.json`, strToU8(JSON.stringify(one))] as const),
      ['odd.json', strToU8('{')] as const,
      ['open.json', strToU8(JSON.stringify(versionless))] as const,
    ]),
  );
  const [first, odd, open, ...more] = await parse(archive, 'file:///mirror/AlmaLinux/all.zip');
  assert.deepEqual(more, []);
  assert.deepEqual(first, {
    kind: 'vulnerability',
    key: 'ALSA-2020:1',
    id: 'ALSA-2020:1',
    aliases: ['CVE-2020-0001'],
    title: 'Moderate: xz security update',
    description: 'Moderate: xz security update',
    links: ['https://errata.almalinux.org/8/ALSA-2020-1.html'],
    severity: 'Medium',
    cvss: [],
    modified: '2021-08-11T08:54:00.000Z',
    issued: '2021-08-10T00:00:00.000Z',
    affected: [
      {
        namespace,
        package: 'xz',
        range: { to: '1-1.module_el8.5.0+1+1' },
        fix: { state: 'fixed', version: '1-1.module_el8.5.0+1+1' },
        only: { module: '*' },
      },
    ],
  });
  assert.ok(odd !== undefined && odd.kind === 'skipped' && odd.key === 'odd.json');
  assert.ok(open !== undefined && open.kind === 'skipped' && open.key === 'ALSA-2020:4');
});

test('names the place of content of the wrong type', async () => {
  const wrong: [unknown, RegExp][] = [
    [[{ ...erratum, packages: 1 }], /at erratum 1\.packages: not the expected array/],
    [{ schema_version: '1' }, /no array "data"/],
    [{ data: {} }, /no array "data"/],
    [[1], /at erratum 1: not the expected object/],
  ];
  for (const [value, message] of wrong) {
    await assert.rejects(parse(Buffer.from(JSON.stringify(value))), { code: 'feed-corrupt', message });
  }
});

corpusTest('reads every erratum of the real file', async () => {
  const all = await parse(readFileSync(corpus('feeds/alma/errata-8.full.json.zst')));
  const records = all.filter((record) => record.kind === 'vulnerability');
  const rows = records.flatMap(({ affected }) => affected);
  // Counted with Python: errata, CVE references, sets of (id, name, epoch, version, release, name:stream), and with arch.
  assert.deepEqual(
    [
      records.length,
      new Set(records.flatMap(({ aliases }) => aliases)).size,
      rows.length,
      rows.flatMap(({ only }) => only?.arch ?? []).length,
      rows.filter(({ only }) => only?.module !== undefined).length,
    ],
    [1297, 4057, 18_513, 45_374, 10_150],
  );
});

corpusTest('gives the expected findings on real package lists, except for bug fixes', async () => {
  const references = [
    ['almalinux-8-20230523-s390x-micro', '8'],
    ['almalinux-9-20231124-s390x-micro', '9'],
    ['almalinux-9.0-20220901-s390x-micro', '9'],
    ['almalinux-9.0-beta-aarch64-micro', '9'],
  ] as const;
  const files = [...corpusFiles('feeds/osv/almalinux.tar.zst', '.json')];
  for (const [name, release] of references) {
    const feed: DistributionFeed = {
      source: 'alma',
      feed: release,
      namespaceOf: (ecosystem) =>
        ecosystem === `AlmaLinux:${release}`
          ? { name: `almalinux:${release}`, versionScheme: 'rpm' }
          : undefined,
      linkOf: (id) => id,
    };
    const records = files.flatMap((file) => [...readOsvAdvisory(feed, file)]);
    const all = records.filter((record) => record.kind === 'vulnerability');
    assert.equal(all.length, records.length);
    const reference = rpmReference(name);
    const expected = expectedOn(reference, all);
    assert.ok(expected.length > 0);
    assert.deepEqual(findingsOn(reference, all, `almalinux:${release}`), expected, name);
  }
});
