import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertDetectsDamage, type FeedSample, parseSample } from '../../testing/damaged-feed.ts';
import { bottlerocket } from './bottlerocket.ts';

const page = 'https://github.com/bottlerocket-os/bottlerocket-core-kit/blob/develop/advisories/BRSA-a.toml';

/** The advisory BRSA-kdg8bd1th2gb, as Bottlerocket writes it. */
const update = `<update author="a" from="a" status="final" type="security" version="1.4">
  <id>BRSA-kdg8bd1th2gb</id><title>glibc CVE-2025-15281</title>
  <issued date="2026-03-17T16:22:44Z" /><updated date="2026-03-17T16:22:44Z" />
  <severity>medium</severity><description>In the GNU C Library.</description>
  <references>
    <reference href="http://cve.example/CVE-2025-15281" id="CVE-2025-15281" type="cve" />
    <reference href="${page}" id="BRSA-kdg8bd1th2gb" type="brsa" />
  </references>
  <pkglist><collection short="bottlerocket"><name>Bottlerocket</name>
    <package arch="x86_64" name="glibc" version="2.43" release="1.1773716061.e2e9d7a9.br1" epoch="1" />
    <package arch="aarch64" name="glibc" version="2.43" release="1.1773716061.e2e9d7a9.br1" epoch="1" />
  </collection></pkglist>
</update>`;

function sample(text: string): FeedSample {
  return {
    source: bottlerocket,
    feed: 'updateinfo',
    url: 'https://advisories.bottlerocket.aws/updateinfo.xml.gz',
    content: Buffer.from(`<?xml version="1.0"?><updates>${text}</updates>`),
  };
}

test('bottlerocket: reads an advisory with its page and its architectures', async () => {
  const version = '1:2.43-1.1773716061.e2e9d7a9.br1';
  assert.deepEqual(await parseSample(sample(update)), [
    {
      kind: 'vulnerability',
      key: 'BRSA-kdg8bd1th2gb',
      id: 'BRSA-kdg8bd1th2gb',
      aliases: ['CVE-2025-15281'],
      title: 'glibc CVE-2025-15281',
      description: 'In the GNU C Library.',
      links: [page],
      severity: 'Medium',
      cvss: [],
      modified: '2026-03-17T16:22:44.000Z',
      issued: '2026-03-17T16:22:44.000Z',
      affected: [
        {
          namespace: { name: 'bottlerocket', versionScheme: 'rpm' },
          package: 'glibc',
          range: { to: version },
          fix: { state: 'fixed', version },
          only: { arch: ['aarch64', 'x86_64'] },
        },
      ],
    },
  ]);
});

test('bottlerocket: covers its own namespace only', () => {
  assert.deepEqual(bottlerocket.feedsFor('bottlerocket'), bottlerocket.feeds);
  for (const other of ['bottlerocket:1', 'amzn:2023']) assert.deepEqual(bottlerocket.feedsFor(other), []);
});

test('bottlerocket: reports damage wherever it is', async () => {
  await assertDetectsDamage(sample(update.replaceAll('CVE-2025', 'CVE-2024')));
});
