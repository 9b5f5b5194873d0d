import assert from 'node:assert/strict';
import { test } from 'node:test';
import { strToU8, zipSync } from 'fflate';
import { builtIn } from '../../extensions.ts';
import type { FeedRecord, Vulnerability } from '../../plugin/index.ts';
import { corpusTest } from '../../testing/corpus.ts';
import { corpusFiles } from '../../testing/corpus-archive.ts';
import { collectAll, inChunks } from '../../testing/streams.ts';
import { ecosystemsOfFeeds } from './ecosystems.ts';
import { osvSource } from './osv.ts';

const osv = osvSource(builtIn.schemes);
const url = 'https://osv.example/npm/all.zip';

/** Reads an archive of an ecosystem with these records. */
function parse(feed: string, records: Readonly<Record<string, unknown>>): Promise<FeedRecord[]> {
  const files = Object.entries(records).map(([name, record]) => {
    return [`${name}.json`, strToU8(typeof record === 'string' ? record : JSON.stringify(record))] as const;
  });
  const archive = zipSync(Object.fromEntries(files));
  return collectAll(osv.parse(feed, { url, body: inChunks(archive), fingerprint: '' }));
}

const record = {
  schema_version: '1.7.5',
  id: 'GHSA-aaaa-bbbb-cccc',
  modified: '2024-02-03T04:05:06Z',
  aliases: ['CVE-2024-0001'],
  summary: 's',
  details: 'd',
  severity: [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' }],
  affected: [
    {
      package: { ecosystem: 'npm', name: 'left-pad' },
      ranges: [
        { type: 'SEMVER', events: [{ introduced: '1.0.0' }, { fixed: '1.2.0' }, { introduced: '2.0.0' }] },
      ],
      versions: ['0.9.0', '1.1.0'],
    },
    { package: { ecosystem: 'PyPI', name: 'left-pad' }, versions: ['1'] },
  ],
  references: [
    { type: 'ADVISORY', url: 'https://example.org/a' },
    { type: 'WEB', url: 'https://example.org/w' },
  ],
  database_specific: { severity: 'MODERATE' },
};

test('has one feed and one namespace per ecosystem', () => {
  assert.deepEqual(osv.feedsFor('npm'), ['npm']);
  assert.deepEqual(osv.feedsFor('pypi'), ['PyPI']);
  assert.deepEqual(osv.feedsFor('debian:12'), []);
  assert.equal(osv.feeds.length, 16);
});

test('reads a record as a vulnerability with a row for each range and each version outside of them', async () => {
  const row = { namespace: { name: 'npm', versionScheme: 'npm' }, package: 'left-pad' };
  assert.deepEqual(await parse('npm', { a: record }), [
    {
      kind: 'vulnerability',
      key: 'GHSA-aaaa-bbbb-cccc',
      id: 'GHSA-aaaa-bbbb-cccc',
      aliases: ['CVE-2024-0001'],
      description: 'd',
      links: ['https://osv.dev/vulnerability/GHSA-aaaa-bbbb-cccc', 'https://example.org/a'],
      severity: 'Medium',
      cvss: [{ source: 'osv', vector: record.severity[0]?.score, score: 9.8 }],
      modified: '2024-02-03T04:05:06.000Z',
      affected: [
        { ...row, range: { from: '1.0.0', to: '1.2.0' }, fix: { state: 'fixed', version: '1.2.0' } },
        { ...row, range: { from: '2.0.0' }, fix: { state: 'unfixed' } },
        { ...row, range: { from: '0.9.0', to: '0.9.0', toIncluded: true }, fix: { state: 'unfixed' } },
      ],
    },
  ]);
});

/** Returns the first record that is read after these changes. */
async function first(changes: object, feed = 'npm'): Promise<FeedRecord | undefined> {
  return (await parse(feed, { a: { ...record, ...changes } }))[0];
}

test('ignores records that are withdrawn, of other ecosystems or informational', async () => {
  assert.equal(await first({ withdrawn: '2024-01-01T00:00:00Z' }), undefined);
  assert.equal(await first({}, 'Go'), undefined);
  const crate = { package: { ecosystem: 'crates.io', name: 'old' }, versions: ['1.0.0'] };
  const noted = { ...crate, database_specific: { informational: 'unmaintained' } };
  assert.equal(await first({ affected: [noted] }, 'crates.io'), undefined);
  assert.ok(
    (await first({ affected: [{ ...crate, database_specific: { informational: null } }] }, 'crates.io')) !==
      undefined,
  );
});

test('ends a range without a fix at the last version that GitHub knew', async () => {
  const ranges = [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }] }];
  for (const [text, range] of [
    ['<= 1.2.3', { to: '1.2.3', toIncluded: true }],
    ['< 2.0.0', { to: '2.0.0' }],
    ['soon', {}],
  ] as const) {
    const entry = {
      package: { ecosystem: 'npm', name: 'x' },
      ranges,
      database_specific: { last_known_affected_version_range: text },
    };
    const found = (await first({ affected: [entry] })) as Vulnerability;
    assert.deepEqual([found.affected[0]?.range, found.affected[0]?.fix], [range, { state: 'unfixed' }]);
  }
});

test('takes the severity from the word, else the vector, else Unknown; malicious packages are critical', async () => {
  const severity = async (changes: object) => ((await first(changes)) as Vulnerability).severity;
  assert.equal(await severity({ database_specific: { severity: 'LOW' } }), 'Low');
  assert.equal(await severity({ database_specific: null }), 'Critical');
  assert.equal(
    await severity({ database_specific: {}, severity: [{ type: 'CVSS_V4', score: 'CVSS:4.0/AV:N' }] }),
    'Unknown',
  );
  const vectors = [
    { type: 'CVSS_V4', score: 'CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N' },
    { type: 'CVSS_V3', score: 'CVSS:3.1/AV:L/AC:H/PR:L/UI:N/S:U/C:L/I:N/A:N' },
  ];
  assert.equal(await severity({ database_specific: {}, severity: vectors }), 'Low');
  assert.equal(await severity({ id: 'MAL-2024-1', database_specific: {}, severity: [] }), 'Critical');
});

test('reports what cannot be understood, and reads the other records', async () => {
  const git = [{ type: 'GIT', repo: 'r', events: [{ introduced: '0' }] }];
  const records = await parse('npm', {
    a: '{',
    b: { ...record, affected: [{ package: { ecosystem: 'npm', name: '' }, ranges: git }] },
    c: { ...record, id: 7 },
    d: record,
    e: [],
    f: { ...record, affected: Array.from({ length: 100_000 }, () => 0) },
    g: '['.repeat(2_000_000),
  });
  assert.deepEqual(
    records.map((one) => (one.kind === 'skipped' ? [one.key, one.reason.replace(/\(.*/, '')] : one.key)),
    [
      ['a.json', "it is not JSON: Expected property name or '}' in JSON at position 1 "],
      ['GHSA-aaaa-bbbb-cccc', 'no versions that can be compared: it names commits only, or no version'],
      ['c.json', 'id: not the expected string'],
      'GHSA-aaaa-bbbb-cccc',
      ['e.json', 'not the expected object'],
      ['f.json', 'affected.0: not the expected object'],
      ['g.json', 'it exceeds the nesting limit of 100'],
    ],
  );
});

test('states a package as under investigation when its entry has no version that can be compared', async () => {
  const commits = {
    package: { ecosystem: 'npm', name: 'right-pad' },
    ranges: [{ type: 'GIT', repo: 'r', events: [{ introduced: '0' }] }],
  };
  const nothing = { package: { ecosystem: 'npm', name: 'mid-pad' }, versions: [] };
  const [found, ...more] = await parse('npm', {
    a: { ...record, affected: [...record.affected, commits, nothing] },
  });
  assert.ok(found !== undefined && found.kind === 'vulnerability');
  assert.deepEqual(
    found.affected.slice(3).map(({ package: name, range, fix }) => ({ name, range, fix })),
    [
      { name: 'right-pad', range: {}, fix: { state: 'under-investigation' } },
      { name: 'mid-pad', range: {}, fix: { state: 'under-investigation' } },
    ],
  );
  assert.deepEqual(more, []);
});

test('reads packages of Root.io under their upstream names, in namespaces of their own', async () => {
  const entry = (ecosystem: string, name: string): object => ({
    package: { ecosystem, name },
    ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '7.20.0-root.io.2' }] }],
  });
  const found = await first(
    {
      id: 'ROOT-APP-NPM-CVE-2024-0001',
      affected: [
        entry('Root:npm', '@rootio/babel__core'),
        entry('Root:PyPI', 'rootio-Flask'),
        entry('Root:Maven', 'io.root.org.yaml:snakeyaml'),
        entry('Root:Alpine:3.18', 'openssl'),
        entry('npm', 'left-pad'),
      ],
    },
    'Root',
  );
  assert.deepEqual(
    found?.kind === 'vulnerability' &&
      found.affected.map(({ namespace, package: name }) => [namespace.name, name]),
    [
      ['root:npm', '@babel/core'],
      ['root:pypi', 'flask'],
      ['root:maven', 'org.yaml:snakeyaml'],
    ],
  );
  assert.deepEqual(osv.feedsFor('root:npm'), ['Root']);
});

test('reads advisories of the Erlang Ecosystem Foundation, of R Consortium and of another Maven repository', async () => {
  const entry = (ecosystem: string, name: string, type: string): object => ({
    package: { ecosystem, name },
    ranges: [{ type, events: [{ introduced: '0' }, { fixed: '1.2.3' }] }],
  });
  const row = async (feed: string, id: string, affected: object): Promise<unknown> => {
    const found = await first({ id, aliases: [], affected: [affected] }, feed);
    return (
      found?.kind === 'vulnerability' &&
      found.affected.map(({ namespace, package: name }) => [namespace.name, name])
    );
  };
  assert.deepEqual(await row('Hex', 'EEF-CVE-2025-48042', entry('Hex', 'Ash', 'SEMVER')), [['hex', 'ash']]);
  assert.deepEqual(await row('CRAN', 'RSEC-2023-6', entry('CRAN', 'commonmark', 'ECOSYSTEM')), [
    ['cran', 'commonmark'],
  ]);
  assert.deepEqual(
    await row(
      'Maven',
      'GHSA-aaaa-bbbb-cccc',
      entry('Maven:https://repo.example.org/maven', 'g:a', 'ECOSYSTEM'),
    ),
    [['maven', 'g:a']],
  );
});

test('includes packages of an ecosystem from another registry', async () => {
  const drupal = {
    package: { ecosystem: 'Packagist:https://packages.drupal.org/8', name: 'drupal/core' },
    versions: ['8.0.0'],
  };
  const found = await first({ affected: [drupal] }, 'Packagist');
  assert.ok(found !== undefined && found.kind === 'vulnerability');
  assert.equal(found.affected[0]?.package, 'drupal/core');
  assert.equal(
    await first({ affected: [{ ...drupal, package: { ecosystem: 'PackagistOf', name: 'x' } }] }, 'Packagist'),
    undefined,
  );
});

corpusTest('reads every record of the real databases', async () => {
  const { readOsvFile } = await import('./archive.ts');
  // Counted with Python: records with an entry of the ecosystem, `introduced` events outside GIT ranges, and the
  // versions of entries that have no such range; GHSA-92mw-q256-5vwg also lists one outside of its range.
  const expected: [archive: string, feed: string, records: number, ranges: number, versions: number][] = [
    ['ghsa/npm', 'npm', 2512, 3021, 69],
    ['ghsa/pip', 'PyPI', 2344, 5504, 25],
    ['ghsa/golang', 'Go', 1377, 2287, 6],
    ['ghsa/maven', 'Maven', 3534, 5604, 28],
    ['ghsa/cargo', 'crates.io', 591, 771, 0],
    ['ghsa/composer', 'Packagist', 2868, 5303, 140],
    ['ghsa/nuget', 'NuGet', 455, 1494, 4],
    ['ghsa/rubygems', 'RubyGems', 586, 932, 10],
    ['ghsa/pub', 'Pub', 6, 6, 0],
    ['ghsa/erlang', 'Hex', 21, 40, 0],
    ['ghsa/swift', 'SwiftURL', 25, 30, 0],
    ['osv/go-vulndb', 'Go', 2909, 5112, 0],
  ];
  for (const [archive, feed, ...counts] of expected) {
    const ecosystems = ecosystemsOfFeeds.get(feed);
    assert.ok(ecosystems !== undefined);
    const records = [...corpusFiles(`feeds/${archive}.tar.zst`, '.json')].flatMap((file) => [
      ...readOsvFile({ feed, ecosystems, schemes: builtIn.schemes }, file),
    ]);
    const rows = records.flatMap((one) => (one.kind === 'vulnerability' ? one.affected : []));
    const listed = rows.filter(
      ({ range: { from, to, toIncluded } }) => from !== undefined && from === to && toIncluded,
    );
    assert.deepEqual([records.length, rows.length - listed.length, listed.length], counts, archive);
  }
});

test('keeps the packages and functions that an advisory of Go names, and ignores others', async () => {
  const entry = (specific: unknown): object => ({
    package: { ecosystem: 'Go', name: 'stdlib' },
    ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }, { fixed: '1.22.9' }] }],
    ecosystem_specific: specific,
  });
  const onlyOf = async (specific: unknown) =>
    ((await first({ affected: [entry(specific)] }, 'Go')) as Vulnerability).affected[0]?.only;
  const imports = [{ path: 'net/http', symbols: ['Serve'], goos: ['linux'] }, { path: 'net/smtp' }];
  assert.deepEqual(await onlyOf({ imports }), {
    imports: [{ path: 'net/http', symbols: ['Serve'] }, { path: 'net/smtp' }],
  });
  for (const other of [
    undefined,
    null,
    {},
    { imports: [] },
    { imports: [{ symbols: ['x'] }] },
    { imports: 'x' },
  ])
    assert.equal(await onlyOf(other), undefined);
});
