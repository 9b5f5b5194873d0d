import assert from 'node:assert/strict';
import { test } from 'node:test';
import { strToU8, zipSync } from 'fflate';
import { assertDetectsDamage, type FeedSample, parseSample } from '../../testing/damaged-feed.ts';
import { openEuler } from './openeuler.ts';

const pages = [
  'https://www.openeuler.org/detail/?id=openEuler-SA-2024-2048',
  'https://nvd.example/CVE-2024-3049',
];

/** The advisory OESA-2024-2048, as OSV has it. Its package URL is malformed there as well. */
const advisory = {
  schema_version: '1.7.3',
  id: 'OESA-2024-2048',
  published: '2024-08-23T11:08:56Z',
  modified: '2025-09-03T06:20:13.702698Z',
  upstream: ['CVE-2024-3049'],
  summary: 'booth security update',
  details: 'A flaw was found in Booth.',
  affected: [
    {
      package: {
        name: 'booth',
        ecosystem: 'openEuler:22.03-LTS-SP3',
        purl: 'pkg:rpm/openEuler/booth&distro=openEuler-22.03-LTS-SP3',
      },
      ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '1.0-7.oe2203sp3' }] }],
      ecosystem_specific: {
        aarch64: ['booth-1.0-7.oe2203sp3.aarch64.rpm', 'booth-core-1.0-7.oe2203sp3.aarch64.rpm'],
        noarch: ['booth-help-1.0-7.oe2203sp3.noarch.rpm'],
        src: ['booth-1.0-7.oe2203sp3.src.rpm'],
        x86_64: ['booth-1.0-7.oe2203sp3.x86_64.rpm', 'booth-core-1.0-7.oe2203sp3.x86_64.rpm'],
      },
    },
  ],
  references: pages.map((url) => ({ type: 'ADVISORY', url })),
  database_specific: { severity: 'High' },
};

function archive(...files: readonly unknown[]): Uint8Array {
  const texts = files.map((file, i) => [`${i}.json`, strToU8(JSON.stringify(file))] as const);
  return zipSync(Object.fromEntries(texts), { level: 0 });
}

function sample(...files: readonly unknown[]): FeedSample {
  const url = 'https://osv.example/openEuler/all.zip';
  return { source: openEuler, feed: 'all', url, content: archive(...files) };
}

/** The advisory with other packages. */
function withPackages(id: string, ecosystem: string, packages: unknown): unknown {
  const [entry] = advisory.affected;
  const named = { ...entry?.package, ecosystem };
  return { ...advisory, id, affected: [{ ...entry, package: named, ecosystem_specific: packages }] };
}

test('openeuler: reads an advisory with the packages of each architecture', async () => {
  const row = (name: string, ...arch: string[]) => ({
    namespace: { name: 'openeuler:22.03-LTS-SP3', versionScheme: 'rpm' },
    package: name,
    range: { to: '1.0-7.oe2203sp3' },
    fix: { state: 'fixed', version: '1.0-7.oe2203sp3' },
    only: { arch },
  });
  assert.deepEqual(await parseSample(sample(advisory)), [
    {
      kind: 'vulnerability',
      key: 'OESA-2024-2048',
      id: 'OESA-2024-2048',
      aliases: ['CVE-2024-3049'],
      title: 'booth security update',
      description: 'A flaw was found in Booth.',
      links: pages,
      severity: 'High',
      cvss: [],
      modified: '2025-09-03T06:20:13.702Z',
      issued: '2024-08-23T11:08:56.000Z',
      affected: [
        row('booth', 'aarch64', 'x86_64'),
        row('booth-core', 'aarch64', 'x86_64'),
        row('booth-help', 'noarch'),
      ],
    },
  ]);
});

test('openeuler: reports entries without packages, and leaves out other releases', async () => {
  const release = 'openEuler:24.03-LTS-SP1';
  const records = await parseSample(
    sample(
      withPackages('OESA-1', release, undefined),
      withPackages('OESA-2', release, { src: ['booth-1.0-7.src.rpm'] }),
      withPackages('OESA-3', release, { x86_64: ['booth-1.0-7.x86_64.rpm', 'booth'] }),
      withPackages('OESA-4', 'openEuler:23.09', { x86_64: ['booth-1.0-7.x86_64.rpm'] }),
      { ...advisory, id: 'OESA-5', withdrawn: '2025-01-01T00:00:00Z' },
    ),
  );
  const none = 'it lists no packages of the source package';
  assert.deepEqual(
    records.map((one) => (one.kind === 'skipped' ? [one.key, one.reason] : one)),
    [
      [`OESA-1 ${release} booth`, none],
      [`OESA-2 ${release} booth`, none],
      [`OESA-3 ${release} booth`, 'no name of a package file: booth'],
    ],
  );
});

test('openeuler: covers releases with long-term support and their service packs only', () => {
  for (const release of ['20.03-LTS-SP4', '22.03-LTS', '24.03-LTS-SP1', '22.03-LTS-Next'])
    assert.deepEqual(openEuler.feedsFor(`openeuler:${release}`), ['all'], release);
  for (const other of [
    'openeuler',
    'openeuler:24.03',
    'openeuler:23.09',
    'openeuler:24.03-LTS-SPx',
    'rhel:9',
  ])
    assert.deepEqual(openEuler.feedsFor(other), [], other);
});

test('openeuler: reports damage wherever it is', async () => {
  await assertDetectsDamage({
    ...sample(advisory),
    packed: { record: advisory, pack: (record) => archive(record) },
  });
});
