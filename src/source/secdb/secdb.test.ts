import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { zstdDecompressSync } from 'node:zlib';
import type { AdvisorySource, FeedRecord, Vulnerability } from '../../plugin/index.ts';
import { corpus, corpusTest } from '../../testing/corpus.ts';
import { collectAll, inChunks } from '../../testing/streams.ts';
import { untar } from '../../testing/untar.ts';
import { chainguard } from '../chainguard/chainguard.ts';
import { wolfi } from '../wolfi/wolfi.ts';

const url = 'https://packages.example/os/security.json';

async function parse(source: AdvisorySource, feed: string, content: Uint8Array): Promise<Vulnerability[]> {
  const records = await collectAll<FeedRecord>(
    source.parse(feed, { url, body: inChunks(content), fingerprint: '' }),
  );
  return records.map((record) => {
    assert.ok(record.kind === 'vulnerability');
    return record;
  });
}

function secdb(reponame: string): Buffer {
  const packages = [
    { pkg: { name: 'xz', secfixes: { '5.4-r1': ['CVE-2024-0001'], '0': ['GHSA-aaaa-bbbb-cccc'] } } },
  ];
  return Buffer.from(JSON.stringify({ apkurl: 'x', reponame, packages }));
}

test('gives rolling distributions one namespace without a release', async () => {
  assert.deepEqual(wolfi.feedsFor('wolfi'), ['os']);
  assert.deepEqual(chainguard.feedsFor('chainguard'), ['chainguard', 'extras']);
  for (const source of [wolfi, chainguard]) {
    for (const other of ['alpine:v3.19', `${source.name}:1`, 'minimos']) {
      assert.deepEqual(source.feedsFor(other), []);
    }
  }
  const client = { get: (...request: unknown[]) => Promise.resolve(request as never) };
  assert.deepEqual(await wolfi.fetch('os', client, 'mark'), [
    'https://packages.wolfi.dev/os/security.json',
    'mark',
  ]);
  assert.deepEqual(await chainguard.fetch('extras', client), [
    'https://packages.cgr.dev/extras/security.json',
    undefined,
  ]);
});

test('reads fixes and never-affected packages', async () => {
  const namespace = { name: 'wolfi', versionScheme: 'apk' };
  const all = await parse(wolfi, 'os', secdb('os'));
  assert.deepEqual(
    all.map(({ id, links, affected }) => [id, links, affected]),
    [
      ['GHSA-aaaa-bbbb-cccc', [], [{ namespace, package: 'xz', range: {}, fix: { state: 'not-affected' } }]],
      [
        'CVE-2024-0001',
        [],
        [{ namespace, package: 'xz', range: { to: '5.4-r1' }, fix: { state: 'fixed', version: '5.4-r1' } }],
      ],
    ],
  );
});

test('refuses the file of another vendor', async () => {
  await assert.rejects(parse(wolfi, 'os', secdb('chainguard')), {
    code: 'feed-corrupt',
    message: /^the wolfi feed os from .* is damaged at reponame: this is chainguard, another feed\./,
  });
  assert.equal((await parse(chainguard, 'extras', secdb('extra-packages'))).length, 2);
});

corpusTest('reads every advisory of the real Wolfi file', async () => {
  const all = await parse(
    wolfi,
    'os',
    zstdDecompressSync(readFileSync(corpus('feeds/wolfi/security.json.zst'))),
  );
  const rows = all.flatMap(({ affected }) => affected);
  const notAffected = rows.filter(({ fix }) => fix.state === 'not-affected');
  // Counted with Python: sets of (package, id) and (package, id, version) over json.load, and those with version 0.
  assert.deepEqual([all.length, rows.length, notAffected.length], [16_652, 16_652, 1933]);
});

corpusTest('reads a test file of another scanner alike', async () => {
  const archive = new Map(
    untar(zstdDecompressSync(readFileSync(corpus('feeds/updater-fixtures-trivydb-vunnel.tar.zst')))),
  );
  const folder = 'vuln-list-update/chainguard/testdata';
  const all = await parse(chainguard, 'chainguard', archive.get(`${folder}/security.json`) ?? Buffer.of());
  assert.deepEqual(
    all.map(({ id, affected }) => [id, affected[0]?.package, affected[0]?.range.to]),
    [
      ['CVE-2022-38126', 'binutils', '2.39-r1'],
      ['CVE-2022-38533', 'binutils', '2.39-r2'],
      ['CVE-2022-38128', 'binutils', '2.39-r3'],
    ],
  );
});
