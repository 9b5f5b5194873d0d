import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { FeedClient, FeedRecord, FetchedFeed } from '../../plugin/index.ts';
import { assertDetectsDamage, type FeedSample, parseSample } from '../../testing/damaged-feed.ts';
import { collectAll, inChunks } from '../../testing/streams.ts';
import { fedora } from './fedora.ts';

/** An update as Bodhi writes it: FEDORA-2023-5911638116, about two bugs of libcap. */
const update = `<update from="updates@fedoraproject.org" status="stable" type="security" version="2.0">
  <id>FEDORA-2023-5911638116</id><title>libcap-2.48-7.fc38</title>
  <issued date="2023-11-24 02:18:33"/><updated date="2023-11-25 01:00:00"/>
  <rights>Copyright (C) 2023 Red Hat, Inc. and others.</rights><release>Fedora 38</release>
  <severity>Important</severity><summary>libcap-2.48-7.fc38 security update</summary>
  <description>Backport fix</description>
  <references>
    <reference href="https://bugzilla.example/2210635" id="2210635" type="bugzilla" title="CVE-2023-2603 libcap: Integer Overflow [fedora-38]"/>
    <reference href="https://bugzilla.example/2210643" id="2210643" type="bugzilla" title="CVE-2023-2602 libcap: Memory Leak"/>
    <reference href="https://bugzilla.example/1" id="1" type="bugzilla" title="libcap does not build"/>
  </references>
  <pkglist><collection short="F38"><name>Fedora 38</name>
    <package name="libcap" version="2.48" release="7.fc38" epoch="0" arch="x86_64"><filename>libcap-2.48-7.fc38.x86_64.rpm</filename></package>
    <package name="libcap" version="2.48" release="7.fc38" epoch="0" arch="i686"><filename>libcap-2.48-7.fc38.i686.rpm</filename></package>
    <package name="libcap" version="2.48" release="7.fc38" epoch="0" arch="src"><filename>libcap-2.48-7.fc38.src.rpm</filename></package>
    <package name="kernel-tools" version="6.6.2" release="100.fc38" epoch="1" arch="x86_64"><filename>k.rpm</filename></package>
  </collection></pkglist>
</update>`;

function updateinfo(...updates: readonly string[]): Buffer {
  return Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>\n<updates>${updates.join('')}</updates>`);
}

const url = 'https://dl.example/repodata/updateinfo.xml';

function sample(...updates: readonly string[]): FeedSample {
  return { source: fedora, feed: '38', url, content: updateinfo(...updates) };
}

test('fedora: reads an update with the CVEs of its bugs, for every architecture', async () => {
  const fixed = (name: string, version: string) => ({
    namespace: { name: 'fedora:38', versionScheme: 'rpm' },
    package: name,
    range: { to: version },
    fix: { state: 'fixed', version },
  });
  assert.deepEqual(await parseSample(sample(update)), [
    {
      kind: 'vulnerability',
      key: 'FEDORA-2023-5911638116',
      id: 'FEDORA-2023-5911638116',
      aliases: ['CVE-2023-2603', 'CVE-2023-2602'],
      title: 'libcap-2.48-7.fc38',
      description: 'Backport fix',
      links: ['https://bodhi.fedoraproject.org/updates/FEDORA-2023-5911638116'],
      severity: 'High',
      cvss: [],
      modified: '2023-11-25T01:00:00.000Z',
      issued: '2023-11-24T02:18:33.000Z',
      affected: [fixed('libcap', '2.48-7.fc38'), fixed('kernel-tools', '1:6.6.2-100.fc38')],
    },
  ]);
});

test('fedora: knows no severity of an update without one, and ignores updates of other types', async () => {
  const severity = async (word: string): Promise<FeedRecord | undefined> =>
    (await parseSample(sample(update.replace('>Important<', `>${word}<`))))[0];
  for (const [word, expected] of [
    ['None', 'Unknown'],
    ['Moderate', 'Medium'],
    ['Low', 'Low'],
    ['Critical', 'Critical'],
  ] as const) {
    const record = await severity(word);
    assert.ok(record?.kind === 'vulnerability');
    assert.equal(record.severity, expected, word);
  }
  assert.deepEqual(await parseSample(sample(update.replace('type="security"', 'type="bugfix"'))), []);
});

/** Serves files by URL, and records the requests. */
function clientOf(files: Readonly<Record<string, Uint8Array>>): FeedClient & { readonly requests: string[] } {
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

test('fedora: finds a release in its repository, and one out of support in the archive', async () => {
  const content = gzipSync(updateinfo(update));
  const digest = createHash('sha256').update(content).digest('hex');
  const repomd = Buffer.from(
    `<repomd xmlns="http://linux.duke.edu/metadata/repo"><data type="updateinfo"><checksum type="sha256">${digest}</checksum><location href="repodata/a-updateinfo.xml.gz"/></data></repomd>`,
  );
  const archive = 'https://archives.fedoraproject.org/pub/archive/fedora/linux/updates/38/Everything/x86_64/';
  const client = clientOf({
    [`${archive}repodata/repomd.xml`]: repomd,
    [`${archive}repodata/a-updateinfo.xml.gz`]: content,
  });
  const fetched = (await fedora.fetch('38', client)) as FetchedFeed;
  assert.equal(fetched.fingerprint, digest);
  assert.deepEqual(client.requests, [
    'https://dl.fedoraproject.org/pub/fedora/linux/updates/38/Everything/x86_64/repodata/repomd.xml',
    `${archive}repodata/repomd.xml`,
    `${archive}repodata/a-updateinfo.xml.gz`,
  ]);
  assert.equal((await collectAll(fedora.parse('38', fetched))).length, 1);
  assert.equal(await fedora.fetch('38', client, digest), 'unchanged');
  assert.equal(await fedora.fetch('38', clientOf({})), 'absent');
});

test('fedora: has a feed for each release, also for a future one', () => {
  assert.deepEqual(fedora.feedsFor('fedora:41'), ['41']);
  assert.deepEqual(fedora.feedsFor('fedora:99'), ['99']);
  for (const other of ['fedora', 'fedora:rawhide', 'rhel:9']) assert.deepEqual(fedora.feedsFor(other), []);
});

test('fedora: reports damage wherever it is', async () => {
  await assertDetectsDamage(sample(update.replaceAll('CVE-2023', 'CVE-2024')));
});
