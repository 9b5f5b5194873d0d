import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FeedClient, FeedRecord, FetchedFeed, Vulnerability } from '../../plugin/index.ts';
import { corpusTest } from '../../testing/corpus.ts';
import { corpusFile, corpusFiles } from '../../testing/corpus-archive.ts';
import { expectedOn, findingsOn, rpmReference } from '../../testing/rpm-findings.ts';
import { collectAll, inChunks } from '../../testing/streams.ts';
import type { DistributionFeed } from '../osv/distribution.ts';
import { rocky } from './rocky.ts';

const url = 'https://apollo.build.resf.org/api/v3/advisories/';

function parse(content: Uint8Array, from: string = url): Promise<FeedRecord[]> {
  return collectAll(rocky.parse('advisories', { url: from, body: inChunks(content), fingerprint: '' }));
}

function pages(...advisories: readonly unknown[][]): Buffer {
  return Buffer.from(JSON.stringify(advisories.map((page) => ({ advisories: page, total: 1 }))));
}

const advisory = {
  name: 'RLSA-2025:1',
  synopsis: 'Important: xz security update',
  description: 'd',
  kind: 'Security',
  severity: 'Important',
  published_at: '2025-01-02T03:04:05.678+00:00',
  updated_at: null,
  cves: [
    {
      cve: 'CVE-2025-0001',
      cvss3_scoring_vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H',
      cvss3_base_score: '9.8',
      cwe: 'x',
    },
    { cve: 'CVE-2025-0002', cvss3_scoring_vector: 'UNKNOWN', cvss3_base_score: 'UNKNOWN', cwe: 'x' },
  ],
  packages: [
    {
      nevra: 'xz-0:5.2-1.el9.x86_64.rpm',
      product_name: 'Rocky Linux 9 x86_64',
      module_name: null,
      module_stream: null,
    },
    { nevra: 'xz-0:5.2-1.el9.src.rpm', product_name: 'Rocky Linux 9 x86_64', module_name: null },
    {
      nevra: 'delve-1:1.25.2-1.module+el8.x86_64.rpm',
      product_name: 'Rocky Linux 8',
      module_name: 'go-toolset',
      module_stream: 'rhel8',
    },
    { nevra: 'kernel-0:5-1.x86_64.rpm', product_name: 'Rocky Linux SIG Cloud 8' },
  ],
};

test('reads an advisory as a vulnerability with a row for each package and stream', async () => {
  const row = (release: string, name: string, version: string) => ({
    namespace: { name: `rocky:${release}`, versionScheme: 'rpm' },
    package: name,
    range: { to: version },
    fix: { state: 'fixed', version },
  });
  assert.deepEqual(await parse(pages([advisory])), [
    {
      kind: 'vulnerability',
      key: 'RLSA-2025:1',
      id: 'RLSA-2025:1',
      aliases: ['CVE-2025-0001', 'CVE-2025-0002'],
      title: 'Important: xz security update',
      description: 'd',
      links: ['https://errata.rockylinux.org/RLSA-2025:1'],
      severity: 'High',
      cvss: [{ source: 'rocky CVE-2025-0001', vector: advisory.cves[0]?.cvss3_scoring_vector, score: 9.8 }],
      modified: '2025-01-02T03:04:05.678Z',
      issued: '2025-01-02T03:04:05.678Z',
      affected: [
        { ...row('9', 'xz', '5.2-1.el9'), only: { arch: ['x86_64'] } },
        {
          ...row('8', 'delve', '1:1.25.2-1.module+el8'),
          only: { module: 'go-toolset:rhel8', arch: ['x86_64'] },
        },
        { ...row('8:sig-cloud', 'kernel', '5-1'), only: { arch: ['x86_64'] } },
      ],
    },
  ]);
});

test('ignores bug fixes, merges an advisory on two pages, and reports what cannot be read', async () => {
  const unknown = {
    ...advisory,
    name: 'RLSA-2025:2',
    packages: [{ nevra: 'xz', product_name: 'Rocky Linux 9' }],
  };
  const product = { ...advisory, name: 'RLSA-2025:3', packages: [{ nevra: 'xz', product_name: 'Pebble 9' }] };
  const bugfix = { ...advisory, name: 'RLBA-2025:4', kind: 'Bug Fix' };
  const records = await parse(pages([advisory, unknown], [advisory, product, bugfix]));
  assert.deepEqual(
    records.map((record) => (record.kind === 'skipped' ? record : record.key)),
    [
      'RLSA-2025:1',
      { kind: 'skipped', key: 'RLSA-2025:2', reason: '"xz" is not an rpm file name' },
      { kind: 'skipped', key: 'RLSA-2025:3', reason: 'the product "Pebble 9" is not known' },
    ],
  );
});

test('covers every release with one feed', () => {
  for (const namespace of ['rocky:8', 'rocky:10', 'rocky:8:sig-cloud']) {
    assert.deepEqual(rocky.feedsFor(namespace), ['advisories']);
  }
  for (const other of ['rocky', 'rhel:8', 'rocky:']) assert.deepEqual(rocky.feedsFor(other), []);
});

/** Serves pages by number. */
function clientOf(files: Readonly<Record<string, unknown>>): FeedClient {
  return {
    get(at) {
      const value = files[at.replace(url, '')];
      if (value === undefined) return Promise.resolve('absent');
      const body = inChunks(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)), 7);
      return Promise.resolve({ url: at, body, fingerprint: 'of the client' });
    },
  };
}

test('fetches pages until it has all advisories', async () => {
  const of = (name: string) => ({ ...advisory, name });
  const common = { total: 3, last_updated_at: '2025-02-03' };
  const client = clientOf({
    '?page=1&size=100': { advisories: [of('A'), of('B')], ...common },
    '?page=2&size=100': { advisories: [of('C')], ...common },
  });
  const fetched = (await rocky.fetch('advisories', client)) as FetchedFeed;
  assert.equal(fetched.fingerprint, '3 2025-02-03');
  assert.deepEqual(
    (await collectAll(rocky.parse('advisories', fetched))).map(({ key }) => key),
    ['A', 'B', 'C'],
  );
  assert.equal(await rocky.fetch('advisories', client, '3 2025-02-03'), 'unchanged');
});

test('fails when a page is missing, empty or invalid', async () => {
  const first = { advisories: [advisory], total: 2 };
  for (const second of [undefined, { advisories: [], total: 2 }]) {
    const fetched = (await rocky.fetch(
      'advisories',
      clientOf({ '?page=1&size=100': first, '?page=2&size=100': second }),
    )) as FetchedFeed;
    await assert.rejects(collectAll(rocky.parse('advisories', fetched)), {
      code: 'feed-unavailable',
      message: /page 2/,
    });
  }
  for (const text of ['<html>', '{}', '[]', '{"advisories":[],"total":"1"}']) {
    await assert.rejects(rocky.fetch('advisories', clientOf({ '?page=1&size=100': text })), {
      code: 'feed-corrupt',
    });
  }
});

test('reads the archive when the service is missing', async () => {
  const requests: string[] = [];
  const client: FeedClient = {
    get(at) {
      requests.push(at);
      return Promise.resolve('absent');
    },
  };
  assert.equal(await rocky.fetch('advisories', client, 'mark'), 'absent');
  assert.deepEqual(requests, [
    `${url}?page=1&size=100`,
    'https://osv-vulnerabilities.storage.googleapis.com/Rocky%20Linux/all.zip',
  ]);
});

/** An advisory in the earlier form of the service, which the corpus has. */
interface OldAdvisory {
  readonly name: string;
  readonly severity: string;
  readonly description: string;
  readonly publishedAt: string;
  readonly cves: readonly { name: string; cvss3ScoringVector: string }[];
  readonly rpms: Readonly<Record<string, { nvras: readonly string[] }>>;
}

function today(old: OldAdvisory): object {
  return {
    ...old,
    kind: 'Security',
    severity: old.severity.replace('SEVERITY_', ''),
    published_at: old.publishedAt,
    cves: old.cves.map(({ name, cvss3ScoringVector }) => ({
      cve: name,
      cvss3_scoring_vector: cvss3ScoringVector,
    })),
    packages: Object.entries(old.rpms).flatMap(([product_name, { nvras }]) =>
      nvras.map((nevra) => ({ nevra, product_name })),
    ),
  };
}

corpusTest('reads every advisory of the real pages', async () => {
  const files = [...corpusFiles('feeds/rocky-errata.tar.zst', '.json')];
  const records = (await parse(
    pages(files.map(({ bytes }) => today(JSON.parse(bytes.toString()) as OldAdvisory))),
  )) as Vulnerability[];
  const rows = records.flatMap(({ affected }) => affected);
  // Counted with Python: files, CVE names, vectors, sets of (name, product, name, epoch, version, release), and with arch.
  assert.deepEqual(
    [
      records.length,
      new Set(records.flatMap(({ aliases }) => aliases)).size,
      records.flatMap(({ cvss }) => cvss).length,
      rows.length,
      rows.flatMap(({ only }) => only?.arch ?? []).length,
    ],
    [1012, 3017, 2691, 21_485, 47_174],
  );
});

corpusTest('gives the expected findings on real package lists', async () => {
  const { readOsvAdvisory } = await import('../osv/distribution.ts');
  const files = [...corpusFiles('feeds/osv/rocky.tar.zst', '.json')];
  for (const [name, release] of [
    ['Rocky-8.4-x86_64', '8'],
    ['Rocky-9.0.20220720-Base-x86_64', '9'],
  ] as const) {
    const namespace = { name: `rocky:${release}`, versionScheme: 'rpm' };
    const feed: DistributionFeed = {
      source: 'rocky',
      feed: 'advisories',
      namespaceOf: (ecosystem) => (ecosystem === `Rocky Linux:${release}` ? namespace : undefined),
      linkOf: (id) => id,
    };
    const records = files.flatMap((file) => [...readOsvAdvisory(feed, file)]);
    const reference = rpmReference(name);
    const all = records as Vulnerability[];
    const expected = expectedOn(reference, all);
    assert.ok(expected.length > 0);
    assert.deepEqual(findingsOn(reference, all, namespace.name), expected, name);
  }
});

corpusTest('reads the archive as it is served', async () => {
  const archive = corpusFile(
    'feeds/vuls-fetch-fixtures.tar.zst',
    'pkg/fetch/rocky/osv/testdata/fixtures/all.zip',
  );
  const records = (await parse(archive, 'file:///mirror/all.zip')) as Vulnerability[];
  assert.deepEqual(
    records.map(({ id, aliases, affected }) => [
      id,
      aliases.length,
      ...new Set(affected.map(({ namespace }) => namespace.name)),
    ]),
    [
      ['RLSA-2023:0005', 1, 'rocky:9'],
      ['RXSA-2023:0101', 2, 'rocky:8:sig-cloud'],
    ],
  );
});
