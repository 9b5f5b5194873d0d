import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FeedClient, FeedDate, FeedRecord } from '../../plugin/index.ts';
import { corpusTest } from '../../testing/corpus.ts';
import { corpusFile } from '../../testing/corpus-archive.ts';
import { assertDetectsDamage, type FeedSample, parseSample } from '../../testing/damaged-feed.ts';
import { readTrackerFile } from './tracker.ts';
import { ubuntuOval } from './ubuntu-oval.ts';

function sample(content: string | Uint8Array, feed = 'jammy'): FeedSample {
  return {
    source: ubuntuOval,
    feed,
    url: `https://a.example/com.ubuntu.${feed}.cve.oval.xml.bz2`,
    content: Buffer.from(content),
  };
}

function file(...criteria: string[]): string {
  return `<?xml version="1.0"?><oval_definitions><definitions>
  <definition class="inventory" id="oval:com.ubuntu.jammy:def:100"><metadata><title>Ubuntu 22.04 LTS (jammy)</title></metadata>
    <criteria><criterion test_ref="t:1" comment="The host is part of the unix family."/></criteria></definition>
  <definition class="vulnerability" id="oval:com.ubuntu.jammy:def:1"><metadata>
    <title>CVE-2024-0001 on Ubuntu 22.04 LTS (jammy) - medium</title><description>A flaw.

    Update Instructions: …</description>
    <reference source="CVE" ref_id="CVE-2024-0001" ref_url="https://www.cve.org/CVERecord?id=CVE-2024-0001"/>
    <advisory><severity>Medium</severity><cve usns="6561-1,6560-2" cvss_vector="CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H">CVE-2024-0001</cve></advisory>
  </metadata><criteria>
    <extend_definition definition_ref="oval:com.ubuntu.jammy:def:100" comment="Ubuntu 22.04 LTS (jammy) is installed."/>
    <criteria operator="OR">${criteria.join('')}</criteria></criteria></definition></definitions>
  <tests><dpkginfo_test id="t:2" check="at least one"><object object_ref="o:1"/></dpkginfo_test></tests></oval_definitions>`;
}

function criterion(comment: string, more = ''): string {
  return `<criterion test_ref="t:2" comment="${comment}" ${more}/>`;
}

const fixed = "xz-utils package in jammy was vulnerable but has been fixed (note: '5.2.5-2ubuntu1').";

function rowsOf(records: readonly FeedRecord[]): string[] {
  return records.flatMap((record) => {
    if (record.kind !== 'vulnerability') return [`${record.key} skipped`];
    return record.affected.map(
      ({ namespace, package: name, fix }) =>
        `${namespace.name} ${name} ${fix.state === 'fixed' ? fix.version : fix.state}`,
    );
  });
}

async function rows(feed: string, ...criteria: string[]): Promise<string[]> {
  return rowsOf(await parseSample(sample(file(...criteria), feed)));
}

test('reads a CVE as one vulnerability of the source packages of a release', async () => {
  assert.deepEqual(await parseSample(sample(file(criterion(fixed)))), [
    {
      kind: 'vulnerability',
      key: 'oval:com.ubuntu.jammy:def:1',
      id: 'CVE-2024-0001',
      aliases: [],
      description: 'A flaw.',
      links: [
        'https://ubuntu.com/security/CVE-2024-0001',
        'https://ubuntu.com/security/notices/USN-6561-1',
        'https://ubuntu.com/security/notices/USN-6560-2',
      ],
      severity: 'Medium',
      cvss: [{ source: 'ubuntu', vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H', score: 9.8 }],
      affected: [
        {
          namespace: { name: 'ubuntu:22.04', versionScheme: 'dpkg' },
          package: 'xz-utils',
          range: { to: '5.2.5-2ubuntu1' },
          fix: { state: 'fixed', version: '5.2.5-2ubuntu1' },
        },
      ],
    },
  ]);
});

/** The comment that Ubuntu's generator writes for each status of the tracker (`oval_lib.py`). */
const comments: readonly (readonly [status: string, comment: string])[] = [
  ['DNE', 'xz package does not exist in jammy.'],
  ['ignored', 'xz: while related to the CVE in some way, a decision has been made to ignore this issue.'],
  [
    'ignored (end of life)',
    "xz: while related to the CVE in some way, a decision has been made to ignore this issue (note: 'end of life').",
  ],
  ['needed', 'xz package in jammy is affected and needs fixing.'],
  [
    'pending (1.2-3)',
    "xz package in jammy is affected. An update containing the fix has been completed and is pending publication (note: '1.2-3').",
  ],
  [
    'deferred (2024-01-02)',
    "xz package in jammy is affected, but a decision has been made to defer addressing it (note: '2024-01-02').",
  ],
  [
    'released',
    'xz package in jammy was vulnerable and has been fixed, but no release version available for it.',
  ],
  ['released (1.2-3)', "xz package in jammy was vulnerable but has been fixed (note: '1.2-3')."],
  ['needs-triage', 'xz package in jammy is affected and may need fixing.'],
  // Older forms.
  ['needed', "The 'xz' package in jammy is affected and needs fixing."],
  [
    'needs-triage',
    "The vulnerability of the 'xz' package in jammy is not known (status: 'needs-triage'). It is pending evaluation.",
  ],
  [
    'released (1.2-3)',
    "(CVE-2024-0001) xz package in jammy was vulnerable but has been fixed (note: '1.2-3').",
  ],
];

test('gives the row of the tracker line that a comment was generated from', async () => {
  for (const [status, comment] of comments) {
    const bytes = Buffer.from(`Candidate: CVE-2024-0001\njammy_xz: ${status}\n`);
    const expected = rowsOf([readTrackerFile({ path: 'active/CVE-2024-0001', bytes })]);
    assert.deepEqual(await rows('jammy', criterion(fixed), criterion(comment)), [
      'ubuntu:22.04 xz-utils 5.2.5-2ubuntu1',
      ...expected,
    ]);
  }
});

test('gives no row for an unaffected package, in either form', async () => {
  const cleared = 'xz package in jammy, while related to the CVE in some way, is not affected.';
  const since = "xz package in jammy, is related to the CVE in some way and has been fixed (note: '1.2-3').";
  assert.deepEqual(await rows('jammy', criterion(cleared)), []);
  assert.deepEqual(await rows('jammy', criterion(since)), ['ubuntu:22.04 xz 1.2-3']);
});

test('reads kernels as rows, whichever is running', async () => {
  const running = criterion("Is kernel 'linux' running?");
  const kernel = criterion(
    "'linux' kernel in jammy was vulnerable but has been fixed (note: '5.15.0-35.35').",
  );
  assert.deepEqual(await rows('jammy', `<criteria operator="AND">${running}${kernel}</criteria>`), [
    'ubuntu:22.04 linux 5.15.0-35.35',
  ]);
});

test('reads a fix of a service as unfixed without the service', async () => {
  const esm = criterion("xz package in jammy was vulnerable but has been fixed (note: '1.2-3ubuntu1~esm1').");
  assert.deepEqual(await rows('jammy', esm), ['ubuntu:22.04 xz unfixed']);
  assert.deepEqual(await rows('esm-apps_jammy', esm), ['ubuntu:22.04:esm-apps xz 1.2-3ubuntu1~esm1']);
});

test('reports what is not understood, and reads the rest', async () => {
  const summary = async (content: string) =>
    (await parseSample(sample(content))).map((one) => one.kind === 'skipped');
  assert.deepEqual(await summary(file(criterion('xz package in jammy is a mystery.'))), [true]);
  assert.deepEqual(await summary(file(criterion(fixed, 'negate="true"'))), [true]);
  assert.deepEqual(await summary(file(criterion(fixed)).replaceAll('(jammy)', '(noble)')), [true]);
  assert.deepEqual(await summary(file(criterion(fixed)).replaceAll('CVE-2024-0001', 'none')), [true]);
});

test('fetches the files of each namespace', async () => {
  const requests: string[] = [];
  const client: FeedClient = {
    get(url) {
      requests.push(url.replace('https://security-metadata.canonical.com/oval/', ''));
      return Promise.resolve('absent');
    },
  };
  assert.deepEqual(ubuntuOval.feedsFor('ubuntu:22.04'), ['jammy']);
  assert.deepEqual(ubuntuOval.feedsFor('ubuntu:16.04:esm-infra'), ['esm-infra_xenial']);
  assert.deepEqual(ubuntuOval.feedsFor('ubuntu:14.04:esm-infra'), ['esm_trusty', 'esm-infra_trusty']);
  for (const other of ['ubuntu', 'ubuntu:4.10', 'debian:12'])
    assert.deepEqual(ubuntuOval.feedsFor(other), []);
  assert.equal(await ubuntuOval.fetch('jammy', client), 'absent');
  assert.deepEqual(requests, ['com.ubuntu.jammy.cve.oval.xml.bz2', 'oci.com.ubuntu.jammy.cve.oval.xml.bz2']);
});

test('reports damage wherever it is', async () => {
  await assertDetectsDamage(sample(file(criterion(fixed))));
  const million = `<oval_definitions><definitions>${'<definition/>'.repeat(1e6)}</definitions></oval_definitions>`;
  await assert.rejects(parseSample(sample(million)), { code: 'feed-corrupt' });
  const [definition = ''] =
    /<definition class="vulnerability".*?<\/definition>/s.exec(file(criterion(fixed))) ?? [];
  const twice = file(criterion(fixed)).replace(definition, definition + definition);
  assert.deepEqual(
    (await parseSample(sample(twice))).map(({ key }) => key),
    ['oval:com.ubuntu.jammy:def:1', 'oval:com.ubuntu.jammy:def:1#2'],
  );
});

corpusTest('reads files as Ubuntu serves them, and the file of Clair 3', async () => {
  const read = async (feed: string, archive: string, path: string) =>
    rowsOf(await parseSample(sample(corpusFile(archive, path), feed)));
  const folder = 'ubuntu/oval/testdata/fixtures/oci.com.ubuntu';
  const jammy = ['openssh 1:8.9p1-3ubuntu0.5', 'libssh 0.9.6-2ubuntu0.22.04.2'];
  for (const [feed, namespace] of [
    ['jammy', 'ubuntu:22.04'],
    ['fips-updates_jammy', 'ubuntu:22.04:fips-updates'],
  ] as const) {
    assert.deepEqual(
      await read(feed, 'feeds/vuls-fetch-fixtures.tar.zst', `${folder}.${feed}.cve.oval.xml.bz2`),
      jammy.map((row) => `${namespace} ${row}`),
    );
  }
  // ubuntu_test.go of development-3.0: MaxVersion is that there is no fix, and Clair 3 names a release by its codename.
  assert.deepEqual(
    await read(
      'xenial',
      'feeds/clair-fixtures.tar.zst',
      'ext/vulnsrc/ubuntu/testdata/fetcher_ubuntu_test.xml',
    ),
    ['ubuntu:16.04 cabextract unfixed', 'ubuntu:16.04 libmspack 0.4-3'],
  );
});

test('dates the feed by the time of its generator, since its records have no dates', async () => {
  const dates: FeedDate[] = [];
  const generator =
    '<generator><oval:product_name>x</oval:product_name><oval:timestamp> 2026-05-01T02:03:04 </oval:timestamp></generator>';
  const content = file(criterion(fixed)).replace('<definitions>', `${generator}<definitions>`);
  const body = (async function* () {
    yield Buffer.from(content);
  })();
  const url = 'https://a.example/com.ubuntu.jammy.cve.oval.xml';
  const records = ubuntuOval.parse('jammy', { url, body, fingerprint: '' }, (date) => dates.push(date));
  for await (const record of records) assert.ok(record.kind === 'vulnerability');
  assert.deepEqual(dates, [{ dated: '2026-05-01T02:03:04', by: 'feed' }]);
});
