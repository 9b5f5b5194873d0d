import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Enrichment, FeedClient, FeedDate, FetchedFeed } from '../../plugin/index.ts';
import { corpusTest } from '../../testing/corpus.ts';
import { corpusFile, corpusFiles } from '../../testing/corpus-archive.ts';
import { collectAll, inChunks } from '../../testing/streams.ts';
import { nvd } from './nvd.ts';

const url = 'https://nvd.nist.gov/feeds/json/cve/2.0/nvdcve-2.0-2024.json.gz';

async function parse(content: unknown, fingerprint = ''): Promise<Enrichment[]> {
  const bytes = Buffer.isBuffer(content) ? content : Buffer.from(JSON.stringify(content));
  return (await collectAll(nvd.parse('2024', { url, body: inChunks(bytes), fingerprint }))) as Enrichment[];
}

const cisa = '134c704f-9b21-4f2e-91b3-4a467353bcc0';
const vector3 = 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H';

function rating(source: string, type: string, vectorString: string, baseScore: number) {
  return { source, type, cvssData: { version: 'x', vectorString, baseScore } };
}

const cve = {
  id: 'CVE-2024-0001',
  published: '2024-01-02T03:04:05.678',
  vulnStatus: 'Analyzed',
  descriptions: [
    { lang: 'es', value: 'Un fallo.' },
    { lang: 'en', value: ' A flaw. ' },
  ],
  metrics: {
    cvssMetricV40: [rating('cna@example.org', 'Secondary', 'CVSS:4.0/AV:N', 9.3)],
    cvssMetricV31: [
      rating(cisa, 'Secondary', vector3, 9.8),
      rating('cna@example.org', 'Secondary', 'CVSS:3.1/AV:L', 5.5),
      rating('nvd@nist.gov', 'Primary', 'CVSS:3.1/AV:A', 7.1),
    ],
    cvssMetricV2: [rating('nvd@nist.gov', 'Primary', 'AV:N/AC:L/Au:N/C:P/I:P/A:P', 7.5)],
  },
  weaknesses: [
    { source: 's', type: 'Primary', description: [{ lang: 'en', value: 'CWE-79' }] },
    { source: 's', type: 'Primary', description: [{ lang: 'en', value: 'NVD-CWE-noinfo' }] },
    { source: 't', type: 'Secondary', description: [{ lang: 'en', value: 'CWE-79' }] },
  ],
};

function feed(...cves: readonly object[]) {
  return { format: 'NVD_CVE', version: '2.0', vulnerabilities: cves.map((one) => ({ cve: one })) };
}

test('orders ratings by issuer (NVD, assigner, CISA), then by version (3.1, 4.0, 3.0, 2.0)', async () => {
  assert.deepEqual(await parse(feed(cve)), [
    {
      kind: 'enrichment',
      id: 'CVE-2024-0001',
      cvss: [
        { source: 'nvd', vector: 'CVSS:3.1/AV:A', score: 7.1 },
        { source: 'nvd', vector: 'AV:N/AC:L/Au:N/C:P/I:P/A:P', score: 7.5 },
        { source: 'cna@example.org', vector: 'CVSS:3.1/AV:L', score: 5.5 },
        { source: 'cna@example.org', vector: 'CVSS:4.0/AV:N', score: 9.3 },
        { source: 'cisa-adp', vector: vector3, score: 9.8 },
      ],
      description: 'A flaw.',
      weaknesses: ['CWE-79'],
      published: '2024-01-02T03:04:05.678Z',
    },
  ]);
});

test('reads a CVE without ratings', async () => {
  const bare = { id: 'CVE-2024-0002', descriptions: [] };
  assert.deepEqual(await parse(feed(bare)), [{ kind: 'enrichment', id: 'CVE-2024-0002' }]);
});

test('reads a rejected id as rejected and nothing else', async () => {
  const described = (value: string) => ({
    ...cve,
    vulnStatus: 'Modified',
    descriptions: [{ lang: 'en', value }],
  });
  const rejected = [
    { ...cve, vulnStatus: 'Rejected' },
    described('** REJECT ** x'),
    described('Rejected reason: x'),
    described('DO NOT USE THIS CANDIDATE NUMBER. x'),
  ];
  for (const one of rejected)
    assert.deepEqual(await parse(feed(one)), [{ kind: 'enrichment', id: 'CVE-2024-0001', rejected: true }]);
});

test('finds the id and the time in a text as NVD writes it, and in any other', async () => {
  const usual = {
    id: 'CVE-2024-0007',
    sourceIdentifier: 'a@b.example',
    published: '2024-01-02T03:04:05.678',
    lastModified: '2024-03-02T03:04:05.678',
    descriptions: [],
  };
  for (const [indent, one] of [
    [0, usual],
    [2, usual],
    [0, { ...usual, sourceIdentifier: 'a"b' }],
    [1, { vulnStatus: 'Analyzed', ...usual }],
  ] as const) {
    const dates: FeedDate[] = [];
    const body = inChunks(Buffer.from(JSON.stringify(feed(one), null, indent)));
    const content = { url, body, fingerprint: '' };
    const documents = await collectAll(
      nvd.documents?.('2024', content, (date) => dates.push(date)) ?? assert.fail(),
    );
    assert.deepEqual(
      documents.map(({ id }) => id),
      ['CVE-2024-0007'],
    );
    assert.deepEqual(dates, [{ dated: '2024-03-02T03:04:05.678Z', by: 'record' }]);
  }
});

test('refuses a CVE whose text begins with the id of another', async () => {
  const head = '"id":"CVE-2024-1","sourceIdentifier":"a","published":"b","lastModified":"c"';
  const text = `{"vulnerabilities":[{"cve":{${head},"descriptions":[],"id":"CVE-2024-2"}}]}`;
  await assert.rejects(parse(Buffer.from(text)), {
    code: 'feed-corrupt',
    message: /is damaged at CVE-2024-1: it has two ids/,
  });
});

test('throws an error with the location when the content is not a feed', async () => {
  const wrong: [unknown, RegExp][] = [
    [feed({ ...cve, id: 1 }), /at vulnerabilities\.0\.cve\.id: not the expected string/],
    [feed(), /at its end: no CVEs/],
    [{ vulnerabilities: {} }, /no array "vulnerabilities"/],
    [Buffer.from('<html>'), /at byte 0/],
    [Buffer.from(JSON.stringify(feed(cve)).slice(0, 900)), /at byte 900: ends too early/],
  ];
  for (const [content, message] of wrong) {
    await assert.rejects(parse(content), { code: 'feed-corrupt', message }, String(message));
  }
});

/** Returns a client that serves files by the last segment of their URL. */
function clientOf(files: Readonly<Record<string, Uint8Array | string>>): FeedClient & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    get(at) {
      const name = at.slice(at.lastIndexOf('/') + 1);
      asked.push(name);
      const content = files[name];
      if (content === undefined) return Promise.resolve('absent');
      return Promise.resolve({
        url: at,
        body: inChunks(Buffer.from(content), 10),
        fingerprint: 'of the client',
      });
    },
  };
}

test('uses the checksum in .meta as the fingerprint, and verifies the content', async () => {
  const content = JSON.stringify(feed(cve));
  const sha256 = createHash('sha256').update(content).digest('hex');
  const meta = `lastModifiedDate:2024-01-01\r\nsize:1\r\nsha256:${sha256.toUpperCase()}\r\n`;
  const names = ['nvdcve-2.0-2024.meta', 'nvdcve-2.0-2024.json.gz'] as const;
  const client = clientOf({ [names[0]]: meta, [names[1]]: gzipSync(content) });
  const fetched = (await nvd.fetch('2024', client)) as FetchedFeed;
  assert.equal(fetched.fingerprint, sha256);
  assert.equal((await collectAll(nvd.parse('2024', fetched))).length, 1);
  assert.equal(await nvd.fetch('2024', client, sha256), 'unchanged');
  assert.deepEqual(client.asked, [...names, names[0]]);
  const other = (await nvd.fetch(
    '2024',
    clientOf({ [names[0]]: meta, [names[1]]: gzipSync(`${content} `) }),
  )) as FetchedFeed;
  await assert.rejects(collectAll(nvd.parse('2024', other)), {
    code: 'feed-corrupt',
    message: /its sha256 is .* but \.meta says/,
  });
});

test('uses the fingerprint of the client when there is no .meta, and returns absent for a future year', async () => {
  const client = clientOf({ 'nvdcve-2.0-2024.json.gz': gzipSync(JSON.stringify(feed(cve))) });
  const fetched = (await nvd.fetch('2024', client)) as FetchedFeed;
  assert.equal(fetched.fingerprint, 'of the client');
  assert.equal((await collectAll(nvd.parse('2024', fetched))).length, 1);
  assert.equal(await nvd.fetch('2040', clientOf({})), 'absent');
  const odd = clientOf({ 'nvdcve-2.0-2024.meta': 'x'.repeat(10_000) });
  await assert.rejects(nvd.fetch('2024', odd), {
    code: 'feed-corrupt',
    message: /\.meta is longer than 4096 bytes/,
  });
});

corpusTest('reads a real page of the API, and the CVEs in it as another scanner stores them', async () => {
  const folder = 'vunnel/tests/unit/providers/nvd/test-fixtures';
  const all = await parse(corpusFile('feeds/nvd/nvd-samples.tar.zst', `${folder}/full-page.json`));
  // Expected: `totalResults` of the page.
  assert.equal(all.length, 38);
  const byId = new Map(all.map((one) => [one.id, one]));
  let compared = 0;
  for (const { path, bytes } of corpusFiles('feeds/nvd/nvd-samples.tar.zst', '.json')) {
    if (!path.includes('snapshots/full-page/')) continue;
    const { item } = JSON.parse(bytes.toString()) as { item: { cve: typeof cve } };
    const found = byId.get(item.cve.id);
    const vectors = Object.values(item.cve.metrics).flatMap((ratings) =>
      ratings.map(({ cvssData }) => cvssData.vectorString),
    );
    assert.deepEqual(found?.cvss?.map(({ vector }) => vector).sort() ?? [], vectors.sort(), path);
    compared++;
  }
  assert.ok(compared > 20);
});

corpusTest('reads the yearly files as NVD serves them', async () => {
  const counts: number[] = [];
  for (const name of ['nvdcve-2.0-2021.json.gz', 'nvdcve-2.0-modified.json.gz']) {
    const bytes = corpusFile(
      'feeds/nvd/nvd-samples.tar.zst',
      `pkg/fetch/nvd/feed/cve/v2/testdata/fixtures/${name}`,
    );
    counts.push((await parse(bytes)).length);
  }
  // Expected: `totalResults` of each file.
  assert.deepEqual(counts, [3, 2]);
});

test('dates the feed by the last change of a CVE, and ignores an invalid time', async () => {
  const dates: FeedDate[] = [];
  const content = feed(
    { ...cve, lastModified: '2024-03-02T03:04:05.678' },
    { ...cve, id: 'CVE-2024-0002', lastModified: 'lately' },
  );
  const body = inChunks(Buffer.from(JSON.stringify(content)));
  await collectAll(nvd.parse('2024', { url, body, fingerprint: '' }, (date) => dates.push(date)));
  assert.deepEqual(dates, [{ dated: '2024-03-02T03:04:05.678Z', by: 'record' }]);
});
