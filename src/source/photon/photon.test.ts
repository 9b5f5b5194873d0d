import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { zstdDecompressSync } from 'node:zlib';
import { tarEntries } from '../../kit/tar/entries.ts';
import type { FeedClient } from '../../plugin/index.ts';
import { corpus, corpusTest } from '../../testing/corpus.ts';
import {
  assertDetectsDamage,
  assertRefused,
  type FeedSample,
  parseSample,
} from '../../testing/damaged-feed.ts';
import { inChunks } from '../../testing/streams.ts';
import { photon } from './photon.ts';

function sample(
  content: string | Uint8Array,
  feed = '5.0',
  url = `https://photon.example/cve_data_photon${feed}.json`,
): FeedSample {
  return { source: photon, feed, url, content: Buffer.from(content) };
}

const entry = {
  cve_id: 'CVE-2024-0001',
  pkg: 'curl',
  cve_score: 7.5,
  aff_ver: 'all versions before 8-1.ph5 are vulnerable',
  res_ver: '8-1.ph5',
  status: 'Fixed',
};

test('reads a CVE in a package as one vulnerability', async () => {
  const other = { ...entry, res_ver: '9-1.ph5', cve_score: null };
  const fixed = (version: string) => ({
    namespace: { name: 'photon:5.0', versionScheme: 'rpm' },
    package: 'curl',
    range: { to: version },
    fix: { state: 'fixed', version },
  });
  assert.deepEqual(await parseSample(sample(JSON.stringify([entry, entry, other]))), [
    {
      kind: 'vulnerability',
      key: 'curl/CVE-2024-0001',
      id: 'CVE-2024-0001',
      aliases: [],
      links: ['https://nvd.nist.gov/vuln/detail/CVE-2024-0001'],
      severity: 'High',
      cvss: [],
      affected: [fixed('8-1.ph5'), fixed('9-1.ph5')],
    },
  ]);
});

test('maps each status to a state', async () => {
  const state = async (change: object) => {
    const [record] = await parseSample(sample(JSON.stringify([{ ...entry, ...change }])));
    return record !== undefined && record.kind === 'vulnerability'
      ? record.affected.map((row) => [row.fix, row.range])
      : record;
  };
  const none = { res_ver: 'NA', aff_ver: 'NA' };
  assert.deepEqual(await state({ ...none, status: 'Not Affected' }), [[{ state: 'not-affected' }, {}]]);
  assert.deepEqual(await state({ ...none, status: 'Open' }), [[{ state: 'unfixed' }, {}]]);
  assert.deepEqual(await state({ res_ver: 'NA' }), [
    [{ state: 'fixed', version: '8-1.ph5' }, { to: '8-1.ph5' }],
  ]);
  assert.deepEqual(await state({ cve_id: 'Re' }), {
    kind: 'skipped',
    key: 'curl/Re',
    reason: 'Re is not a CVE',
  });
});

test('maps a score to a severity', async () => {
  const severity = async (cve_score: number | null) => {
    const [record] = await parseSample(sample(JSON.stringify([{ ...entry, cve_score }])));
    return record !== undefined && record.kind === 'vulnerability' ? record.severity : record;
  };
  const scores = [null, 0, 0.1, 3.9, 4, 6.9, 7, 8.9, 9, 10];
  assert.deepEqual(await Promise.all(scores.map(severity)), [
    'Unknown',
    'Unknown',
    'Low',
    'Low',
    'Medium',
    'Medium',
    'High',
    'High',
    'Critical',
    'Critical',
  ]);
});

test('tries the current URL of a feed, then the old one, then the other format', async () => {
  const requests: string[] = [];
  const client: FeedClient = {
    get(url) {
      requests.push(url);
      return Promise.resolve('absent');
    },
  };
  assert.deepEqual(photon.feedsFor('photon:3.0'), ['3.0']);
  assert.deepEqual(photon.feedsFor('photon'), []);
  assert.equal(await photon.fetch('3.0', client), 'absent');
  assert.deepEqual(requests, [
    'https://packages.broadcom.com/photon/photon_cve_metadata/cve_data_photon3.0.json',
    'https://packages.vmware.com/photon/photon_cve_metadata/cve_data_photon3.0.json',
    'https://packages.vmware.com/photon/photon_oval_definitions/com.vmware.phsa-photon3.xml.gz',
  ]);
});

test('reports damage wherever it is', async () => {
  const whole = sample(JSON.stringify([entry]));
  await assertDetectsDamage(whole);
  await assertRefused(whole, Buffer.from(`[${'{},'.repeat(1e6)}{}]`), 'a million empty entries');
  for (const odd of [{ pkg: 7 }, { cve_id: null }, { cve_score: 'high' }, { status: {} }]) {
    await assertRefused(whole, Buffer.from(JSON.stringify([{ ...entry, ...odd }])), JSON.stringify(odd));
  }
});

corpusTest('reads the whole OVAL file of a release', async () => {
  const content = readFileSync(corpus('feeds/photon/com.vmware.phsa-photon3.xml.zst'));
  const records = await parseSample(
    sample(content, '3.0', 'https://photon.example/com.vmware.phsa-photon3.xml.gz'),
  );
  const rows = records.flatMap((record) => (record.kind === 'vulnerability' ? record.affected : []));
  // Counted in the text: <definition>, "is earlier than" in criteria.
  assert.deepEqual([records.length, rows.length], [222, 778]);
  assert.ok(rows.every(({ namespace }) => namespace.name === 'photon:3.0'));
});

corpusTest('reads files as Photon serves them', async () => {
  const bytes = zstdDecompressSync(readFileSync(corpus('feeds/vuls-fetch-fixtures.tar.zst')));
  const read: Record<string, string[]> = {};
  const wanted = /photon\/cve\/testdata\/fixtures\/happy\/cve_data_photon([\d.]+)\.json$/;
  for await (const { path, bytes: content } of tarEntries(inChunks(bytes), (name) => wanted.test(name))) {
    const release = wanted.exec(path)?.[1] ?? '';
    read[release] = (await parseSample(sample(content, release))).map((record) =>
      record.kind === 'vulnerability' ? record.key : `-${record.key}`,
    );
  }
  assert.deepEqual(read, {
    '1.0': ['apache-ant/CVE-2020-11979', 'apache-ant/CVE-2020-1945'],
    '4.0': [
      '-curl/UNK-1',
      '-curl-devel/UNK-1',
      '-curl-libs/UNK-1',
      '-linux/Re',
      'curl/CVE-2025-9086',
      'curl-devel/CVE-2025-9086',
      'curl-libs/CVE-2025-9086',
    ],
    '5.0': ['-consul/BDSA-2025-13833', 'ansible/CVE-2023-5115'],
  });
});
