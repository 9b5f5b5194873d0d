import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gzipSync, zstdDecompressSync } from 'node:zlib';
import type { FeedClient, FeedRecord, FetchedFeed, Vulnerability } from '../../plugin/index.ts';
import { corpus, corpusTest } from '../../testing/corpus.ts';
import { collectAll, inChunks } from '../../testing/streams.ts';
import { untar } from '../../testing/untar.ts';
import { rpm } from '../../version/rpm.ts';
import { amazon } from './amazon.ts';

const url = 'https://cdn.example/repodata/updateinfo.xml.gz';

function parse(feed: string, content: Uint8Array): Promise<FeedRecord[]> {
  return collectAll(amazon.parse(feed, { url, body: inChunks(content), fingerprint: '' }));
}

async function vulnerabilities(feed: string, content: Uint8Array): Promise<Vulnerability[]> {
  return (await parse(feed, content)).map((record) => {
    assert.ok(record.kind === 'vulnerability', JSON.stringify(record));
    return record;
  });
}

const update = `
  <update author="a" type="security" version="1.4">
    <id>ALAS2-2024-7</id>
    <title>t</title>
    <issued date="2024-01-02 03:04"/>
    <updated date="2024-01-05 06:07:08Z"/>
    <severity>important</severity>
    <description>
      Two flaws &amp; one fix.
    </description>
    <references>
      <reference href="h" id="CVE-2024-1" type="cve"/>
      <reference href="h" id="RHSA-2024:1" type="redhat"/>
      <reference href="h" id="CVE-2024-2" type="cve"/>
      <reference href="h" id="CVE-2024-1" type="cve"/>
    </references>
    <pkglist>
      <collection short="c">
        <name>n</name>
        <package name="xz" version="5.2" release="1.amzn2" epoch="0" arch="x86_64"><filename>f</filename></package>
        <package name="xz" version="5.2" release="1.amzn2" epoch="0" arch="aarch64"/>
        <package name="xz" version="5.2" release="1.amzn2" epoch="0" arch="src"/>
        <package name="xz-doc" version="5.2" release="1.amzn2" epoch="7" arch="noarch"/>
      </collection>
    </pkglist>
  </update>`;

function updateinfo(updates: string): Buffer {
  return Buffer.from(`<?xml version="1.0"?><updates>${updates}</updates>`);
}

test('gives an extra its own namespace, but not livepatches', () => {
  assert.deepEqual(amazon.feedsFor('amzn:2018.03'), ['1']);
  assert.deepEqual(amazon.feedsFor('amzn:2'), ['2', '2/livepatch']);
  assert.deepEqual(amazon.feedsFor('amzn:2:docker'), ['2/docker']);
  assert.deepEqual(amazon.feedsFor('amzn:2023'), ['2023', '2023/kernel-livepatch', '2023/nvidia']);
  for (const other of ['amzn:2022', 'amzn:2:nothing', 'amzn', 'debian:12', 'amzn:2023:docker']) {
    assert.deepEqual(amazon.feedsFor(other), [], other);
  }
  assert.equal(new Set(amazon.feeds).size, amazon.feeds.length);
});

test('reads an advisory as one vulnerability with a row for each package', async () => {
  const namespace = { name: 'amzn:2', versionScheme: 'rpm' };
  assert.deepEqual(await parse('2', updateinfo(update)), [
    {
      kind: 'vulnerability',
      key: 'ALAS2-2024-7',
      id: 'ALAS2-2024-7',
      aliases: ['CVE-2024-1', 'CVE-2024-2'],
      title: 't',
      description: 'Two flaws & one fix.',
      links: ['https://alas.aws.amazon.com/AL2/ALAS-2024-7.html'],
      severity: 'High',
      cvss: [],
      modified: '2024-01-05T06:07:08.000Z',
      issued: '2024-01-02T03:04:00.000Z',
      affected: [
        {
          namespace,
          package: 'xz',
          range: { to: '5.2-1.amzn2' },
          fix: { state: 'fixed', version: '5.2-1.amzn2' },
          only: { arch: ['aarch64', 'x86_64'] },
        },
        {
          namespace,
          package: 'xz-doc',
          range: { to: '7:5.2-1.amzn2' },
          fix: { state: 'fixed', version: '7:5.2-1.amzn2' },
          only: { arch: ['noarch'] },
        },
      ],
    },
  ]);
});

test('takes the namespace, the page and the severity from the feed', async () => {
  const pages: [string, string, string][] = [
    ['ALAS-2011-1', '1', 'https://alas.aws.amazon.com/ALAS-2011-1.html'],
    ['ALAS2DOCKER-2021-001', '2/docker', 'https://alas.aws.amazon.com/AL2/ALASDOCKER-2021-001.html'],
    ['ALAS2023-2023-319', '2023', 'https://alas.aws.amazon.com/AL2023/ALAS-2023-319.html'],
  ];
  for (const [id, feed, page] of pages) {
    const [record] = await vulnerabilities(feed, updateinfo(update.replace('ALAS2-2024-7', id)));
    assert.deepEqual(record?.links, [page]);
  }
  const namespaces = {
    '1': 'amzn:2018.03',
    '2/docker': 'amzn:2:docker',
    '2/livepatch': 'amzn:2',
    '2023/nvidia': 'amzn:2023',
  };
  for (const [feed, namespace] of Object.entries(namespaces)) {
    const [record] = await vulnerabilities(feed, updateinfo(update));
    assert.equal(record?.affected[0]?.namespace.name, namespace);
  }
  const severities = {
    critical: 'Critical',
    Important: 'High',
    medium: 'Medium',
    Moderate: 'Medium',
    low: 'Low',
    odd: 'Unknown',
  };
  for (const [word, severity] of Object.entries(severities)) {
    const [record] = await vulnerabilities('2', updateinfo(update.replace('>important<', `>${word}<`)));
    assert.equal(record?.severity, severity, word);
  }
});

test('ignores updates that are not security advisories, and reports advisories without a fix', async () => {
  assert.deepEqual(await parse('2', updateinfo(update.replace('type="security"', 'type="bugfix"'))), []);
  assert.deepEqual(await parse('2', updateinfo(update.replace('release="1.amzn2" epoch="7"', 'epoch="7"'))), [
    {
      kind: 'skipped',
      key: 'ALAS2-2024-7',
      reason: 'a package without name, version, release or architecture',
    },
  ]);
});

test('names the place when the content is not an updateinfo', async () => {
  const wrong: [string, RegExp][] = [
    ['<updates><update type="security"/></updates>', /at line 1: an update without an id/],
    ['<updates><package/></updates>', /at line 1: package instead of an update/],
    ['<html><body/></html>', /not a document of updates but of html/],
    ['', /empty/],
    ['{"a":1}', /at line 1/],
  ];
  for (const [text, message] of wrong) {
    await assert.rejects(parse('2', Buffer.from(text)), { code: 'feed-corrupt', message }, text);
  }
  const whole = updateinfo(update);
  for (let length = 0; length < whole.length - 1; length += 97) {
    await assert.rejects(parse('2', whole.subarray(0, length)), { code: 'feed-corrupt' }, String(length));
  }
});

/** Serves files by URL and records the requests. */
function clientOf(
  files: Readonly<Record<string, Uint8Array | undefined>>,
): FeedClient & { requests: string[] } {
  const requests: string[] = [];
  return {
    requests,
    get(at) {
      requests.push(at);
      const content = files[at];
      if (content === undefined) return Promise.resolve('absent');
      return Promise.resolve({ url: at, body: inChunks(content), fingerprint: 'of the client' });
    },
  };
}

const list = 'https://cdn.amazonlinux.com/al2023/core/mirrors/latest/x86_64/mirror.list';
const content = gzipSync(updateinfo(update));
const checksum = createHash('sha256').update(content).digest('hex');

function repomd(type = 'updateinfo', sum = checksum): Buffer {
  return Buffer.from(`<repomd xmlns="http://linux.duke.edu/metadata/repo"><revision>1</revision><data type="${type}">
    <checksum type="sha256">${sum}</checksum><location href="repodata/updateinfo.xml.gz"/></data></repomd>`);
}

test('finds the advisories through the mirror list, and uses their checksum as the fingerprint', async () => {
  const client = clientOf({
    [list]: Buffer.from('https://one.example/a\nhttps://two.example/b/\n'),
    'https://two.example/b/repodata/repomd.xml': repomd(),
    'https://two.example/b/repodata/updateinfo.xml.gz': content,
  });
  const fetched = (await amazon.fetch('2023', client)) as FetchedFeed;
  assert.equal(fetched.fingerprint, checksum);
  assert.deepEqual(client.requests, [
    list,
    'https://one.example/a/repodata/repomd.xml',
    'https://two.example/b/repodata/repomd.xml',
    'https://two.example/b/repodata/updateinfo.xml.gz',
  ]);
  assert.equal((await collectAll(amazon.parse('2023', fetched))).length, 1);
  client.requests.length = 0;
  assert.equal(await amazon.fetch('2023', client, checksum), 'unchanged');
  assert.equal(client.requests.length, 3);
});

test('treats a repository without advisories or without a list as absent, and a list without a reachable repository as damaged', async () => {
  const files = {
    [list]: Buffer.from('https://one.example/'),
    'https://one.example/repodata/repomd.xml': repomd('primary'),
  };
  assert.equal(await amazon.fetch('2023', clientOf(files)), 'absent');
  await assert.rejects(
    amazon.fetch('2023', clientOf({ [list]: Buffer.from('https://one.example/') })),
    /there is no repository at any of them/,
  );
  assert.equal(await amazon.fetch('2023', clientOf({})), 'absent');
  assert.equal(await amazon.fetch('2/unheard-of', clientOf({})), 'absent');
});

test('refuses bytes that do not match the checksum in repomd.xml', async () => {
  const client = clientOf({
    [list]: Buffer.from('https://one.example/'),
    'https://one.example/repodata/repomd.xml': repomd(
      'updateinfo',
      checksum.replace(/./, (digit) => (digit === '0' ? '1' : '0')),
    ),
    'https://one.example/repodata/updateinfo.xml.gz': content,
  });
  const fetched = (await amazon.fetch('2023', client)) as FetchedFeed;
  await assert.rejects(collectAll(fetched.body), {
    code: 'feed-corrupt',
    message: /its sha256 is .* but repomd\.xml says/,
  });
  for (const text of ['<html>Sign in</html>', '']) {
    await assert.rejects(amazon.fetch('2023', clientOf({ [list]: Buffer.from(text) })), {
      message: /not a list of URLs/,
    });
  }
});

corpusTest('reads every advisory of the real files', async () => {
  const files = { '1': 'amzn1.updateinfo', '2': 'amzn2-core.updateinfo', '2023': 'al2023.updateinfo' };
  const counts: Record<string, number[]> = {};
  for (const [feed, name] of Object.entries(files)) {
    const all = await vulnerabilities(feed, readFileSync(corpus(`feeds/amazon/${name}.xml.gz`)));
    const rows = all.flatMap(({ affected }) => affected);
    counts[feed] = [
      all.length,
      new Set(all.map(({ key }) => key)).size,
      new Set(all.flatMap(({ aliases }) => aliases)).size,
      rows.length,
      rows.flatMap(({ only }) => only?.arch ?? []).length,
    ];
  }
  // Counted with Python's ElementTree: updates, their ids, CVE references, (id, name, epoch, version, release), and with arch.
  assert.deepEqual(counts, {
    '1': [1811, 1811, 4387, 17_420, 31_607],
    '2': [1618, 1618, 4203, 15_816, 38_496],
    '2023': [816, 816, 2217, 9518, 20_265],
  });
});

corpusTest('reads the test files of Clair 2 as Clair 2 does', async () => {
  const archive = new Map(untar(zstdDecompressSync(readFileSync(corpus('feeds/clair-fixtures.tar.zst')))));
  const folder = 'release-2.0/ext/vulnsrc/amzn/testdata';
  const golden = JSON.parse(readFileSync(corpus('golden/clair-v2-updaters/release-2.0.json'), 'utf8')) as {
    file: string;
    value: { Feature: { Namespace: { Name: string }; Name: string }; Version: string }[];
  }[];
  const expected = golden
    .filter(({ file }) => file === 'ext/vulnsrc/amzn/amzn_test.go')
    .map(({ value }) => value);
  const found: Vulnerability[] = [];
  for (const [feed, file] of [
    ['1', 'amazon_linux_1_updateinfo.xml'],
    ['2', 'amazon_linux_2_updateinfo.xml'],
  ] as const) {
    found.push(...(await vulnerabilities(feed, archive.get(`${folder}/${file}`) ?? Buffer.of())));
  }
  assert.equal(expected.length, 4);
  for (const [index, features] of expected.entries()) {
    const rows = found[index]?.affected ?? [];
    for (const { Feature, Version } of features) {
      assert.ok(
        rows.some(
          (row) =>
            row.namespace.name === Feature.Namespace.Name &&
            row.package === Feature.Name &&
            row.range.to === Version,
        ),
        `${found[index]?.id} ${Feature.Name}`,
      );
    }
  }
  // As amzn_test.go expects: a feature for each rpm, architecture by architecture.
  assert.deepEqual(
    found.map(({ affected }) => affected.flatMap(({ only }) => only?.arch).length),
    [11, 8, 13, 5],
  );
});

corpusTest('gives the expected findings on a real package list', async () => {
  interface Reference {
    packages: { name: string; evr: string; arch: string }[];
    expected: { id: string; aliases: string[]; package: string; arch: string; fixed: string }[];
  }
  const { packages, expected } = JSON.parse(
    readFileSync(corpus('golden/reference/amazonlinux2023-plain.json'), 'utf8'),
  ) as Reference;
  const all = await vulnerabilities('2023', readFileSync(corpus('feeds/amazon/al2023.updateinfo.xml.gz')));
  const findings = all.flatMap(({ id, affected }) =>
    affected.flatMap((row) =>
      packages
        .filter(({ name, arch, evr }) => {
          const isNamed = name === row.package && row.only?.arch?.includes(arch) === true;
          return isNamed && (rpm.compare(evr, row.range.to ?? '') ?? 0) < 0;
        })
        .map(({ name, arch }) => `${id} ${name} ${arch}`),
    ),
  );
  assert.deepEqual(findings.sort(), expected.map((row) => `${row.id} ${row.package} ${row.arch}`).sort());
});
