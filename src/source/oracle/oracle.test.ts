import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { zstdDecompressSync } from 'node:zlib';
import { tarEntries } from '../../kit/tar/entries.ts';
import type { Affected, FeedRecord, Vulnerability } from '../../plugin/index.ts';
import { corpus, corpusTest } from '../../testing/corpus.ts';
import { assertDetectsDamage, type FeedSample, parseSample } from '../../testing/damaged-feed.ts';
import { inChunks } from '../../testing/streams.ts';
import { untar } from '../../testing/untar.ts';
import { oracle } from './oracle.ts';

const url = 'https://linux.oracle.com/security/oval/com.oracle.elsa-all.xml.bz2';

interface Build {
  readonly name: string;
  readonly evr: string;
}

/** Returns an erratum as Oracle writes it, with one architecture block. */
function erratum(id: string, builds: readonly Build[], conditions = '', release = 8): string {
  const number = id.replace(/\D/g, '');
  const tests = builds.map(({ name, evr }, index) => ({
    id: `oval:com.oracle.elsa:tst:${number}00${index}`,
    name,
    evr,
  }));
  const criteria = tests.map(
    (
      build,
    ) => `<criteria operator="AND"><criterion test_ref="${build.id}" comment="${build.name} is earlier than ${build.evr}"/>
      <criterion test_ref="x" comment="${build.name} is signed with the Oracle Linux ${release} key"/>${conditions}</criteria>`,
  );
  const all = (what: string, of: (build: (typeof tests)[number]) => string) =>
    `<${what}>${tests.map(of).join('')}</${what}>`;
  return `<oval_definitions><definitions><definition class="patch" id="oval:com.oracle.elsa:def:${number}"><metadata>
      <title>
${id}:  a security update (MODERATE)
</title>
      <reference source="elsa" ref_id="${id}" ref_url="https://linux.oracle.com/errata/${id}.html"/>
      <reference source="CVE" ref_id="CVE-2024-0001" ref_url="https://linux.oracle.com/cve/CVE-2024-0001.html"/>
      <description> Fixes it. </description>
      <advisory><severity>MODERATE</severity><issued date="2024-03-01"/>
      <cve href="h" cvss3="7.5/CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H">CVE-2024-0001</cve></advisory></metadata>
      <criteria operator="AND"><criterion test_ref="x" comment="Oracle Linux ${release} is installed"/><criteria operator="OR">
      <criteria operator="AND"><criterion test_ref="x" comment="Oracle Linux arch is x86_64"/><criteria operator="OR">${criteria.join('')}</criteria></criteria>
      </criteria></criteria></definition></definitions>
    ${all('tests', (build) => `<rpminfo_test id="${build.id}" check="at least one"><object object_ref="${build.id}o"/><state state_ref="${build.id}s"/></rpminfo_test>`)}
    ${all('objects', (build) => `<rpminfo_object id="${build.id}o"><name>${build.name}</name></rpminfo_object>`)}
    ${all('states', (build) => `<rpminfo_state id="${build.id}s"><evr operation="less than">${build.evr}</evr></rpminfo_state>`)}
    </oval_definitions>`;
}

function sample(content: string | Uint8Array): FeedSample {
  return { source: oracle, feed: 'elsa', url, content: Buffer.from(content) };
}

function parse(content: string | Uint8Array): Promise<FeedRecord[]> {
  return parseSample(sample(content));
}

async function rows(...args: Parameters<typeof erratum>): Promise<readonly Affected[]> {
  const [record] = await parse(erratum(...args));
  assert.ok(record !== undefined && record.kind === 'vulnerability', JSON.stringify(record));
  return record.affected;
}

test('reads an erratum as one vulnerability with a row for each package', async () => {
  assert.deepEqual(await parse(erratum('ELSA-2024-10001', [{ name: 'xz', evr: '0:5.2-1.el8' }])), [
    {
      kind: 'vulnerability',
      key: 'oval:com.oracle.elsa:def:202410001',
      id: 'ELSA-2024-10001',
      aliases: ['CVE-2024-0001'],
      title: 'ELSA-2024-10001: a security update (MODERATE)',
      description: 'Fixes it.',
      links: [
        'https://linux.oracle.com/errata/ELSA-2024-10001.html',
        'https://linux.oracle.com/cve/CVE-2024-0001.html',
      ],
      severity: 'Medium',
      cvss: [{ source: 'Oracle', vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H', score: 7.5 }],
      modified: '2024-03-01T00:00:00.000Z',
      issued: '2024-03-01T00:00:00.000Z',
      affected: [
        {
          namespace: { name: 'oracle:8', versionScheme: 'rpm' },
          package: 'xz',
          range: { to: '0:5.2-1.el8' },
          fix: { state: 'fixed', version: '0:5.2-1.el8' },
          only: { arch: ['x86_64'] },
        },
      ],
    },
  ]);
});

test('separates builds of another kind', async () => {
  const only = async (evr: string, conditions = '') =>
    (await rows('ELSA-2024-1', [{ name: 'openssl', evr }], conditions)).map((row) => row.only);
  const arch = ['x86_64'];
  assert.deepEqual(await only('2:1.0.1e-60.ksplice1.el7_3.1'), [{ arch, flavour: 'ksplice' }]);
  assert.deepEqual(await only('10:3.0.7-18.0.1.el9_fips'), [{ arch, flavour: 'fips' }]);
  assert.deepEqual(await only('0:1-2.el8', '<criterion test_ref="x" comment="openssl is ksplice-based"/>'), [
    { arch, flavour: 'ksplice' },
  ]);
  const enabled = '<criterion test_ref="x" comment="Module nodejs:18 is enabled"/>';
  assert.deepEqual(await only('1:18.1-1.module+el8.7+1', enabled), [{ arch, module: 'nodejs:18' }]);
  assert.deepEqual(await only('1:18.1-1.module+el8.7+1'), [{ arch, module: '*' }]);
});

test('skips only the erratum whose criteria are not understood', async () => {
  const condition = '<criterion test_ref="x" comment="The moon is full"/>';
  assert.deepEqual(await parse(erratum('ELSA-2024-1', [{ name: 'xz', evr: '0:5.2-1.el8' }], condition)), [
    {
      kind: 'skipped',
      key: 'oval:com.oracle.elsa:def:20241',
      reason: 'criteria that no row can express: "The moon is full"',
    },
  ]);
});

test('loses nothing of a definition that occurs twice', async () => {
  const once = erratum('ELSA-2024-1', [{ name: 'xz', evr: '0:5.2-1.el8' }]);
  const [definition = ''] = /<definition .*<\/definition>/s.exec(once) ?? [];
  const records = await parse(once.replace(definition, definition + definition.replaceAll('5.2-1', '5.2-2')));
  assert.deepEqual(
    records.map((record) => record.key),
    ['oval:com.oracle.elsa:def:20241', 'oval:com.oracle.elsa:def:20241#2'],
  );
});

test('reports damage wherever it is', async () => {
  const content = erratum('ELSA-2024-1', [{ name: 'xz', evr: '0:5.2-1.el8' }]);
  await assertDetectsDamage(sample(content));
  const million = `<oval_definitions><definitions>${'<definition/>'.repeat(1e6)}</definitions></oval_definitions>`;
  await assert.rejects(parse(million), { code: 'feed-corrupt', message: /line 1: a definition without id/ });
});

test('covers every release with one feed', () => {
  assert.deepEqual(oracle.feedsFor('oracle:10'), oracle.feeds);
  for (const other of ['oracle', 'oracle:', 'rhel:8']) assert.deepEqual(oracle.feedsFor(other), []);
});

corpusTest('reads every erratum of the real file', async () => {
  const records = await parse(
    readFileSync(corpus('feeds/oracle-oval/com.oracle.elsa-2017-2023.part.xml.bz2')),
  );
  const all = records.flatMap((record) => (record.kind === 'vulnerability' ? record.affected : []));
  const count = (wanted: (row: Affected) => boolean) => all.filter(wanted).length;
  // Counted with Python's ElementTree by comments alone: for each definition the set of (release, package, version).
  assert.deepEqual(
    [
      records.length,
      all.length,
      count(({ only }) => only?.flavour === 'ksplice'),
      count(({ only }) => only?.flavour === 'fips'),
      count(({ only }) => only?.module !== undefined),
    ],
    [2692, 32_619, 1876, 43, 7156],
  );
});

corpusTest("reads Clair's own examples as Clair does", async () => {
  const archive = zstdDecompressSync(readFileSync(corpus('feeds/clair-fixtures.tar.zst')));
  const files = new Map(untar(archive));
  for (const { file, value } of clairTables('oracle')) {
    const content = files.get(file);
    assert.ok(content !== undefined, file);
    const [record] = (await parse(content)) as Vulnerability[];
    const read = record?.affected.map((row) => [row.namespace.name, row.package, row.range.to]);
    for (const [namespace, name, version] of value) {
      assert.ok(
        read?.some((row) => row[0] === namespace && row[1] === name && row[2] === version),
        `${file}: ${name}`,
      );
    }
  }
});

corpusTest('gives the rows of another reader of the same file', async () => {
  const archive = zstdDecompressSync(readFileSync(corpus('feeds/updater-fixtures-trivydb-vunnel.tar.zst')));
  const folder = 'vunnel/tests/unit/providers/oracle/test-fixtures/';
  const files = new Map<string, Buffer>();
  for await (const { path, bytes } of tarEntries(inChunks(archive), (name) => name.startsWith(folder))) {
    files.set(path.slice(folder.length), bytes);
  }
  type Snapshot = {
    item: { Vulnerability: { Name: string; Severity: string; FixedIn: Record<string, string>[] } };
  };
  const snapshots = [...files].filter(([name]) => name.startsWith('snapshots/'));
  const expected = snapshots.map(([, content]) => {
    const { Name, Severity, FixedIn } = (JSON.parse(content.toString()) as Snapshot).item.Vulnerability;
    return [Name, Severity, ...FixedIn.map((fix) => `${fix['Name']} ${fix['Version']}`).sort()];
  });
  const read = ((await parse(files.get('mock_data') ?? '')) as Vulnerability[]).map(
    ({ id, severity, affected }) => [
      id,
      severity,
      ...affected.map((row) => `${row.package} ${row.range.to}`).sort(),
    ],
  );
  assert.equal(expected.length, 2);
  assert.deepEqual(read.sort(), expected.sort());
});

/** Clair's tables of expected rows for its fixtures, in the order of its tests. */
function clairTables(source: string): { file: string; value: [string, string, string][] }[] {
  type Entry = { file: string; context: string; value: unknown };
  const entries = JSON.parse(
    readFileSync(corpus('golden/clair-v2-updaters/release-2.0.json'), 'utf8'),
  ) as Entry[];
  const tables = entries.filter(
    ({ file, context }) =>
      file === `ext/vulnsrc/${source}/${source}_test.go` && context.includes('expectedFeatureVersions'),
  );
  return tables.map(({ value }, index) => ({
    file: `release-2.0/ext/vulnsrc/${source}/testdata/fetcher_${source}_test.${index + 1}.xml`,
    value: (value as { Feature: { Namespace: { Name: string }; Name: string }; Version: string }[]).map(
      ({ Feature, Version }) => [Feature.Namespace.Name, Feature.Name, Version],
    ),
  }));
}
