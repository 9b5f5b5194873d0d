import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gzipSync, zstdDecompressSync } from 'node:zlib';
import { tarEntries } from '../../kit/tar/entries.ts';
import type { Affected, FeedClient, FeedRecord } from '../../plugin/index.ts';
import { corpus, corpusTest } from '../../testing/corpus.ts';
import { assertDetectsDamage, type FeedSample, parseSample } from '../../testing/damaged-feed.ts';
import { inChunks } from '../../testing/streams.ts';
import { productOf } from './product.ts';
import { suse } from './suse.ts';

function sample(content: string | Uint8Array, feed = 'sles-15.6'): FeedSample {
  return {
    source: suse,
    feed,
    url: `https://ftp.example/oval/${feed}.xml.gz`,
    content: Buffer.from(content),
  };
}

function block(platforms: readonly string[], packages: readonly string[]): string {
  const or = (comments: readonly string[], ref: (comment: string) => string) =>
    `<criteria operator="OR">${comments.map((comment) => `<criterion test_ref="${ref(comment)}" comment="${comment}"/>`).join('')}</criteria>`;
  const refs: Record<string, string> = {
    'vim-9-1.1 is installed': 't:1',
    'vim is affected': 't:2',
    'vim is not affected': 't:3',
  };
  return `<criteria operator="AND">${or(
    platforms.map((name) => `${name} is installed`),
    () => 'x',
  )}${or(packages, (comment) => refs[comment] ?? 'x')}</criteria>`;
}

function vulnerability(...blocks: string[]): string {
  return `<oval_definitions><definitions><definition id="oval:org.opensuse.security:def:20240001" class="vulnerability"><metadata>
    <title>CVE-2024-0001</title>
    <reference ref_id="Mitre CVE-2024-0001" ref_url="https://www.cve.org/CVE-2024-0001" source="CVE"/>
    <reference ref_id="SUSE-SU-2024:0001-1" ref_url="https://lists.suse.com/1" source="SUSE-SU"/>
    <description>
    A bug.
    </description>
    <advisory from="security@suse.de"><issued date="2024-01-01"/><updated date="2024-02-01"/><severity>Important</severity>
    <cve impact="important" cvss3="7.5/CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H" href="h">CVE-2024-0001 at SUSE</cve>
    <cve impact="critical" cvss3="9.8/CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H" href="h">CVE-2024-0001 at NVD</cve></advisory></metadata>
    <criteria operator="OR">${blocks.join('')}</criteria></definition></definitions>
  <tests><rpminfo_test id="t:1" check="at least one"><object object_ref="o:1"/><state state_ref="s:1"/></rpminfo_test>
    <rpminfo_test id="t:2" check="at least one"><object object_ref="o:1"/><state state_ref="s:2"/></rpminfo_test>
    <rpminfo_test id="t:3" check="at least one"><object object_ref="o:1"/><state state_ref="s:3"/></rpminfo_test></tests>
  <objects><rpminfo_object id="o:1"><name>vim</name></rpminfo_object></objects>
  <states><rpminfo_state id="s:1"><arch datatype="string" operation="pattern match">(aarch64|x86_64)</arch><evr datatype="evr_string" operation="less than">0:9-1.1</evr></rpminfo_state>
    <rpminfo_state id="s:2"><evr datatype="evr_string" operation="greater than">0:0-0</evr></rpminfo_state>
    <rpminfo_state id="s:3"><version operation="equals">0</version></rpminfo_state></states></oval_definitions>`;
}

async function rows(feed: string, ...blocks: string[]): Promise<readonly Affected[]> {
  const [record] = await parseSample(sample(vulnerability(...blocks), feed));
  assert.ok(record !== undefined && record.kind === 'vulnerability', JSON.stringify(record));
  return record.affected;
}

const fixed = { range: { to: '0:9-1.1' }, fix: { state: 'fixed', version: '0:9-1.1' } } as const;
const vim = { namespace: { name: 'sles:15.6', versionScheme: 'rpm' }, package: 'vim' };
const arch = ['aarch64', 'x86_64'];

test('reads a CVE as one vulnerability with the rating of SUSE', async () => {
  const server = block(['SUSE Linux Enterprise Server 15 SP6'], ['vim-9-1.1 is installed']);
  assert.deepEqual(await parseSample(sample(gzipSync(vulnerability(server)))), [
    {
      kind: 'vulnerability',
      key: 'oval:org.opensuse.security:def:20240001',
      id: 'CVE-2024-0001',
      aliases: ['SUSE-SU-2024:0001-1'],
      description: 'A bug.',
      links: ['https://www.cve.org/CVE-2024-0001', 'https://lists.suse.com/1'],
      severity: 'High',
      cvss: [{ source: 'SUSE', vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H', score: 7.5 }],
      modified: '2024-02-01T00:00:00.000Z',
      affected: [{ ...vim, ...fixed, only: { arch } }],
    },
  ]);
});

test('maps each statement on a package to a state', async () => {
  const on = (word: string) => rows('sles-15.6', block(['SUSE Linux Enterprise Server 15 SP6'], [word]));
  assert.deepEqual(await on('vim is affected'), [{ ...vim, range: {}, fix: { state: 'unfixed' } }]);
  assert.deepEqual(await on('vim is not affected'), [{ ...vim, range: {}, fix: { state: 'not-affected' } }]);
});

test('uses the comment for a test that is missing or has a numbered operation', async () => {
  const server = ['SUSE Linux Enterprise Server 15 SP6'];
  const row = (to: string) => ({ range: { to }, fix: { state: 'fixed', version: to } });
  assert.deepEqual(await rows('sles-15.6', block(server, ['vim-data-9-1.1 is installed'])), [
    { ...vim, package: 'vim-data', ...row('9-1.1') },
  ]);
  assert.deepEqual(await rows('sles-15.6', block(server, ['vim-data is not affected'])), [
    { ...vim, package: 'vim-data', range: {}, fix: { state: 'not-affected' } },
  ]);
  const whole = vulnerability(block(server, ['vim-9-1.1 is installed']));
  const numbered = whole.replace('operation="less than"', 'operation="6"');
  const [record] = await parseSample(sample(numbered));
  assert.deepEqual(record !== undefined && record.kind === 'vulnerability' && record.affected, [
    { ...vim, ...row('0:9-1.1') },
  ]);
  const [other] = await parseSample(sample(numbered.replaceAll('vim-9-1.1 is', 'vim-9-1.2 is')));
  assert.ok(other !== undefined && other.kind === 'skipped');
  const [unknownProduct] = await parseSample(
    sample(whole.replaceAll('vim-9-1.1 is installed', 'vim is strange')),
  );
  assert.ok(unknownProduct !== undefined && unknownProduct.kind === 'vulnerability');
});

test('takes only rows of the release, and separates channels', async () => {
  const all = [
    block(
      ['SUSE Linux Enterprise Server 15 SP5', 'openSUSE Leap 15.6', 'SUSE Manager Server 4.3'],
      ['vim is affected'],
    ),
    block(
      [
        'SUSE Linux Enterprise Server 15 SP6-LTSS',
        'SUSE Linux Enterprise Server for SAP Applications 15 SP6',
      ],
      ['vim is affected'],
    ),
    block(
      ['SUSE Linux Enterprise Module for Basesystem 15 SP6', 'SUSE Linux Enterprise Desktop 15 SP6'],
      ['vim-9-1.1 is installed'],
    ),
  ];
  assert.deepEqual(await rows('sles-15.6', ...all), [
    {
      ...vim,
      range: {},
      fix: { state: 'unfixed' },
      only: { products: ['cpe:/o:suse:sles-ltss:15:sp6', 'cpe:/o:suse:sles_sap:15:sp6'] },
    },
    { ...vim, ...fixed, only: { arch } },
  ]);
  assert.deepEqual(
    (await rows('opensuse-leap-15.6', ...all)).map((row) => [row.namespace.name, row.only]),
    [['opensuse-leap:15.6', undefined]],
  );
});

test('parses product names', () => {
  const known: Record<string, ReturnType<typeof productOf>> = {
    'SUSE Linux Enterprise Server 15': { namespace: 'sles:15' },
    'SUSE Linux Enterprise Server 16.0': { namespace: 'sles:16.0' },
    'SUSE Linux Enterprise Server 12 SP3-BCL': { namespace: 'sles:12.3', cpe: 'cpe:/o:suse:sles-bcl:12:sp3' },
    'SUSE Linux Enterprise High Performance Computing 15 SP3-ESPOS': {
      namespace: 'sles:15.3',
      cpe: 'cpe:/o:suse:sle_hpc-espos:15:sp3',
    },
    'SUSE Linux Enterprise Server LTSS Extended Security 12 SP5': {
      namespace: 'sles:12.5',
      cpe: 'cpe:/o:suse:sles-ltss-extended-security:12:sp5',
    },
    'SUSE Linux Enterprise Module for Containers 12': { namespace: 'sles:12', isSeries: true },
    'SUSE Linux Enterprise Module for Basesystem 15': { namespace: 'sles:15' },
    'SUSE Real Time Module 15 SP6': { namespace: 'sles:15.6' },
    'SUSE Linux Enterprise Micro 5.3': { namespace: 'sle-micro:5.3' },
    'SUSE Linux Micro 6.1': { namespace: 'sl-micro:6.1' },
    'openSUSE Leap 15.6': { namespace: 'opensuse-leap:15.6' },
    'openSUSE Leap 15.5 NonFree': { namespace: 'opensuse-leap:15.5' },
    'SUSE Package Hub 15 SP6': { namespace: 'sles:15.6' },
    'openSUSE Tumbleweed': { namespace: 'opensuse-tumbleweed' },
    'openSUSE Leap Micro 5.5': undefined,
    'SUSE Manager Server 4.3': undefined,
    'SUSE OpenStack Cloud 9': undefined,
  };
  for (const [name, product] of Object.entries(known)) assert.deepEqual(productOf(name), product, name);
});

test('tries several names for a feed', async () => {
  const requests: string[] = [];
  const client: FeedClient = {
    get(url) {
      requests.push(url.replace('https://ftp.suse.com/pub/projects/security/oval/', ''));
      return Promise.resolve('absent');
    },
  };
  for (const namespace of ['sles:15.6', 'sles:16.0', 'sle-micro:5.5', 'opensuse-tumbleweed']) {
    const [feed = ''] = suse.feedsFor(namespace);
    assert.ok(suse.feeds.includes(feed), namespace);
    assert.equal(await suse.fetch(feed, client), 'absent');
  }
  assert.deepEqual(requests, [
    'suse.linux.enterprise.15-sp6-affected.xml.gz',
    'suse.linux.enterprise.15-affected.xml.gz',
    'suse.linux.enterprise.15-sp6.xml.gz',
    'suse.linux.enterprise.16.0-affected.xml.gz',
    'suse.linux.enterprise.16-affected.xml.gz',
    'suse.linux.enterprise.16.0.xml.gz',
    'suse.linux.enterprise.micro.5.5-affected.xml.gz',
    'suse.linux.enterprise.micro.5-affected.xml.gz',
    'suse.linux.enterprise.micro.5.5.xml.gz',
    'opensuse.tumbleweed-affected.xml.gz',
    'opensuse.tumbleweed.xml.gz',
  ]);
  for (const other of ['sles', 'opensuse', 'rhel:8']) assert.deepEqual(suse.feedsFor(other), []);
});

test('reports damage wherever it is', async () => {
  const content = vulnerability(block(['SUSE Linux Enterprise Server 15 SP6'], ['vim-9-1.1 is installed']));
  await assertDetectsDamage(sample(content));
  await assertDetectsDamage(sample(gzipSync(content)));
});

async function fixture(archive: string, file: string): Promise<Buffer> {
  const bytes = zstdDecompressSync(readFileSync(corpus(archive)));
  for await (const entry of tarEntries(inChunks(bytes), (path) => path.endsWith(file))) return entry.bytes;
  throw new Error(`no ${file}`);
}

function summary(records: readonly FeedRecord[]): unknown[] {
  return records.map((record) =>
    record.kind === 'vulnerability'
      ? [record.id, ...record.affected.map((row) => `${row.package} ${row.range.to ?? row.fix.state}`)]
      : [record.kind === 'skipped'],
  );
}

corpusTest('reads files as SUSE serves them', async () => {
  const archive = 'feeds/vuls-fetch-fixtures.tar.zst';
  const read = async (feed: string, file: string) =>
    summary(
      await parseSample(sample(await fixture(archive, `suse/oval/testdata/fixtures/happy/${file}`), feed)),
    );
  const micro = 'suse.linux.enterprise.micro.5-affected.xml.gz';
  assert.deepEqual(await read('sle-micro-5.1', micro), [
    ['CVE-1999-0077', 'kernel-default not-affected', 'kernel-rt not-affected'],
    ['CVE-2009-0316', 'vim-data-common 0:8.0.1568-5.14.1', 'vim-small 0:8.0.1568-5.14.1'],
  ]);
  assert.deepEqual(await read('sle-micro-5.5', micro), [
    ['CVE-1999-0077'],
    ['CVE-2009-0316', 'vim-data-common 0:9.0.1632-150500.20.3.1', 'vim-small 0:9.0.1632-150500.20.3.1'],
  ]);
  // This file was cut by hand and lacks most of its tests, but not the comments.
  const evr = '1.35-160000.2.2';
  const subpackages = ['tar-doc', 'tar-lang', 'tar-rmt'].map((name) => `${name} ${evr}`);
  const rows = [`tar 0:${evr}`, `tar-backup-scripts 0:${evr}`, ...subpackages];
  assert.deepEqual(await read('sles-16.0', 'suse.linux.enterprise.16-affected.xml.gz'), [
    ['CVE-2001-1267', ...rows],
    ['CVE-2002-0399', ...rows],
  ]);
});

corpusTest("reads Clair's own examples as Clair does", async () => {
  const read = async (feed: string, file: string) =>
    summary(
      await parseSample(
        sample(await fixture('feeds/clair-fixtures.tar.zst', `ext/vulnsrc/suse/testdata/${file}`), feed),
      ),
    );
  for (const feed of ['sles-12', 'sles-12.1']) {
    assert.deepEqual(await read(feed, 'fetcher_sle_test.1.xml'), [['CVE-2012-2150', 'xfsprogs 0:3.2.1-3.5']]);
  }
  const [[id, ...leap] = []] = (await read(
    'opensuse-leap-42.1',
    'fetcher_opensuse_test.1.xml',
  )) as string[][];
  assert.equal(id, 'CVE-2012-2150');
  assert.deepEqual(leap.map((row) => row.split(' ')[0]).sort(), ['xfsprogs', 'xfsprogs-devel']);
});
