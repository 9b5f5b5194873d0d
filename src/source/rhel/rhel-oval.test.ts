import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { zstdDecompressSync } from 'node:zlib';
import { tarEntries } from '../../kit/tar/entries.ts';
import type { FeedRecord } from '../../plugin/index.ts';
import { corpus, corpusTest } from '../../testing/corpus.ts';
import { assertDetectsDamage, type FeedSample, parseSample } from '../../testing/damaged-feed.ts';
import { findings, type ReferenceCase } from '../../testing/reference-case.ts';
import { inChunks } from '../../testing/streams.ts';
import { rhelOval } from './rhel-oval.ts';

function sample(content: string | Uint8Array, feed = 'RHEL8'): FeedSample {
  const url = `https://www.example/oval/com.redhat.rhsa-${feed}.xml.bz2`;
  return { source: rhelOval, feed, url, content: Buffer.from(content) };
}

/** Returns an advisory on kernel and bash as Red Hat writes it, with further criteria. */
function advisory(further = ''): string {
  const criterion = (comment: string, ref = 'x') => `<criterion comment="${comment}" test_ref="${ref}"/>`;
  const and = (...all: string[]) => `<criteria operator="AND">${all.join('')}</criteria>`;
  const or = (...all: string[]) => `<criteria operator="OR">${all.join('')}</criteria>`;
  const signed = (name: string) => criterion(`${name} is signed with Red Hat redhatrelease2 key`);
  return `<oval_definitions><definitions><definition class="patch" id="oval:com.redhat.rhsa:def:20240001"><metadata>
    <title>RHSA-2024:0001: kernel security update (Important)</title>
    <reference ref_id="RHSA-2024:0001" ref_url="https://access.redhat.com/errata/RHSA-2024:0001" source="RHSA"/>
    <reference ref_id="CVE-2024-0001" ref_url="https://access.redhat.com/security/cve/CVE-2024-0001" source="CVE"/>
    <description>A bug.</description><advisory from="secalert@redhat.com"><severity>Important</severity>
    <issued date="2024-01-01"/><updated date="2024-01-02"/><cve cvss2="4.3/AV:N/AC:M/Au:N/C:N/I:P/A:N" href="h">CVE-2024-0001</cve></advisory></metadata>
    ${or(
      criterion('Red Hat Enterprise Linux must be installed'),
      and(
        or(criterion('Red Hat Enterprise Linux 8 is installed'), criterion('Red Hat CoreOS 4 is installed')),
        or(
          criterion('kernel earlier than 0:4.18-2.el8 is currently running'),
          criterion('kernel earlier than 0:4.18-2.el8 is set to boot up on next boot'),
        ),
        or(
          and(criterion('kernel is earlier than 0:4.18-2.el8', 't:1'), signed('kernel')),
          and(
            criterion('Module bash:5 is enabled'),
            criterion('bash is earlier than 0:5-1.module+el8', 't:2'),
            signed('bash'),
          ),
          and(
            criterion('kernel version equals 0:4.18-1.el8'),
            or(
              criterion('kpatch-patch not installed for 0:4.18-1.el8'),
              criterion('kpatch-patch-4_18-1 is earlier than 0:1-1.el8', 't:3'),
            ),
          ),
          further,
        ),
      ),
    )}</definition></definitions>
  <tests>${[1, 2, 3].map((n) => `<rpminfo_test check="at least one" id="t:${n}"><object object_ref="o:${n}"/><state state_ref="s:${n}"/></rpminfo_test>`).join('')}</tests>
  <objects>${['kernel', 'bash', 'kpatch-patch-4_18-1'].map((name, n) => `<rpminfo_object id="o:${n + 1}"><name>${name}</name></rpminfo_object>`).join('')}</objects>
  <states>${['0:4.18-2.el8', '0:5-1.module+el8', '0:1-1.el8'].map((evr, n) => `<rpminfo_state id="s:${n + 1}"><arch operation="pattern match">aarch64|x86_64</arch><evr operation="less than">${evr}</evr></rpminfo_state>`).join('')}</states></oval_definitions>`;
}

test('reads an advisory as one vulnerability with a row for every alternative', async () => {
  const namespace = { name: 'rhel:8', versionScheme: 'rpm' };
  const row = (name: string, version: string, only: object = {}) => ({
    namespace,
    package: name,
    range: { to: version },
    fix: { state: 'fixed', version },
    only: { arch: ['aarch64', 'x86_64'], ...only },
  });
  assert.deepEqual(await parseSample(sample(advisory())), [
    {
      kind: 'vulnerability',
      key: 'oval:com.redhat.rhsa:def:20240001',
      id: 'RHSA-2024:0001',
      aliases: ['CVE-2024-0001'],
      title: 'RHSA-2024:0001: kernel security update (Important)',
      description: 'A bug.',
      links: [
        'https://access.redhat.com/errata/RHSA-2024:0001',
        'https://access.redhat.com/security/cve/CVE-2024-0001',
      ],
      severity: 'High',
      cvss: [{ source: 'Red Hat', vector: 'AV:N/AC:M/Au:N/C:N/I:P/A:N', score: 4.3 }],
      modified: '2024-01-02T00:00:00.000Z',
      issued: '2024-01-01T00:00:00.000Z',
      affected: [
        row('kernel', '0:4.18-2.el8'),
        row('bash', '0:5-1.module+el8', { module: 'bash:5' }),
        row('kpatch-patch-4_18-1', '0:1-1.el8'),
      ],
    },
  ]);
});

test('skips only the advisory whose criteria are not understood', async () => {
  assert.deepEqual(await parseSample(sample(advisory('<criterion comment="It rains" test_ref="x"/>'))), [
    {
      kind: 'skipped',
      key: 'oval:com.redhat.rhsa:def:20240001',
      reason: 'criteria that no row can express: "It rains"',
    },
  ]);
});

test('reports damage wherever it is', async () => {
  await assertDetectsDamage(sample(advisory()));
});

function rowsOf(records: readonly FeedRecord[]) {
  return records.flatMap((record) => (record.kind === 'vulnerability' ? record.affected : []));
}

const real = (release: string): Promise<FeedRecord[]> =>
  parseSample(
    sample(readFileSync(corpus(`feeds/redhat-ovalv1/com.redhat.rhsa-${release}.xml.bz2`)), release),
  );

corpusTest('reads every advisory of the real files', async () => {
  const counts: unknown[] = [];
  for (const release of ['RHEL5', 'RHEL7', 'RHEL8']) {
    const records = await real(release);
    const rows = rowsOf(records);
    counts.push([
      release,
      records.length,
      rows.length,
      rows.filter(({ namespace }) => namespace.name === `rhel:${release.slice(-1)}`).length,
      rows.filter(({ only }) => only?.module !== undefined).length,
    ]);
  }
  // Counted with Python's ElementTree by comments alone: the criteria of each definition expanded, then the set of
  // (release, module, package, version). Module builds without a module are counted by their versions.
  assert.deepEqual(counts, [
    ['RHEL5', 1172, 10_238, 6900, 0],
    ['RHEL7', 1478, 15_099, 13_600, 0],
    ['RHEL8', 1156, 16_204, 16_199, 7527],
  ]);
});

corpusTest('gives the findings of the reference on a real system', async () => {
  const reference = JSON.parse(
    readFileSync(corpus('golden/reference/redhat-oval1-ubi-7.json'), 'utf8'),
  ) as ReferenceCase;
  const found = findings(reference.packages, await real('RHEL7'));
  const named = (from: readonly { key: string; package: string; version: string }[]) =>
    [...new Set(from.map((one) => [one.key, one.package, one.version].join(' ')))].sort();
  const expected = reference.expected.map(({ id, package: name, fixed }) => ({
    kind: 'vulnerability',
    key: id,
    package: name,
    version: fixed,
  }));
  // The reference ignores the release: one finding is of an advisory for release 8 that Red Hat put into this file too.
  assert.deepEqual(named(found), named(expected));
  const own = found.filter(({ row }) => row.namespace.name === 'rhel:7');
  assert.deepEqual(named(own), named(expected.filter(({ version }) => !version.includes('.el8'))));
});

async function fixture(archive: string, file: string): Promise<Buffer> {
  const bytes = zstdDecompressSync(readFileSync(corpus(archive)));
  for await (const entry of tarEntries(inChunks(bytes), (path) => path.endsWith(file))) return entry.bytes;
  throw new Error(`no ${file}`);
}

corpusTest('reads unfixed and unaffected packages from version 2', async () => {
  const content = await fixture(
    'feeds/vuls-fetch-fixtures.tar.zst',
    'RHEL9/rhel-9-including-unpatched.oval.xml.bz2',
  );
  const records = await parseSample(sample(content, 'RHEL9'));
  assert.deepEqual(
    records.map((record) =>
      record.kind === 'vulnerability'
        ? [record.id, ...record.affected.map((row) => `${row.package} ${row.fix.state}`)]
        : record,
    ),
    [
      ['CVE-2005-2541', 'tar will-not-fix'],
      [
        'CVE-2002-0059',
        'zlib-static not-affected',
        'zlib-debugsource not-affected',
        'zlib not-affected',
        'zlib-devel not-affected',
      ],
      ['RHSA-2022:4765', 'firefox fixed'],
      ['RHSA-2022:4772', 'thunderbird fixed'],
    ],
  );
});

corpusTest("reads Clair's own examples as Clair does", async () => {
  type Feature = { Feature: { Namespace: { Name: string }; Name: string }; Version: string };
  const tables = (
    JSON.parse(readFileSync(corpus('golden/clair-v2-updaters/release-2.0.json'), 'utf8')) as {
      file: string;
      value: Feature[];
    }[]
  ).filter(({ file }) => file === 'ext/vulnsrc/rhel/rhel_test.go');
  assert.equal(tables.length, 2);
  for (const [index, { value }] of tables.entries()) {
    const name = `release-2.0/ext/vulnsrc/rhel/testdata/fetcher_rhel_test.${index + 1}.xml`;
    const rows = rowsOf(await parseSample(sample(await fixture('feeds/clair-fixtures.tar.zst', name))));
    const read = rows.map((row) => `${row.namespace.name} ${row.package} ${row.range.to}`);
    // Clair calls these namespaces centos.
    for (const { Feature: feature, Version } of value) {
      const wanted = `${feature.Namespace.Name.replace('centos', 'rhel')} ${feature.Name} ${Version}`;
      assert.ok(read.includes(wanted), wanted);
    }
  }
});
