import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { FeedDate, RatingRecord, SkippedRecord } from '../../plugin/index.ts';
import { corpus, corpusTest } from '../../testing/corpus.ts';
import { corpusFile } from '../../testing/corpus-archive.ts';
import { collectAll, inChunks } from '../../testing/streams.ts';
import { unbatched } from '../../testing/unbatched-enricher.ts';
import { epss } from './epss.ts';

const url = 'https://epss.empiricalsecurity.com/epss_scores-current.csv.gz';

function parse(content: string | Uint8Array, pieceBytes?: number): Promise<(RatingRecord | SkippedRecord)[]> {
  const body = inChunks(Buffer.from(content), pieceBytes);
  return collectAll(unbatched(epss).parse('current', { url, body, fingerprint: '' }));
}

/** Sorts by id, since lines in an unusual form come before the batch. */
function byId(records: readonly (RatingRecord | SkippedRecord)[]): RatingRecord[] {
  const ratings = records.filter((one) => one.kind === 'enrichment');
  return ratings.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

const comment = '#model_version:v2023.03.01,score_date:2025-02-20T00:00:00+0000\n';

test('reads scores with and without comment, percentile and compression', async () => {
  const rows = 'cve,epss,percentile\nCVE-1999-0001,0.00383,0.73075\r\nCVE-1999-0002,1e-05,1\n';
  const expected = [
    { kind: 'enrichment', id: 'CVE-1999-0001', epss: { score: 0.00383, percentile: 0.73075 } },
    { kind: 'enrichment', id: 'CVE-1999-0002', epss: { score: 0.00001, percentile: 1 } },
  ];
  for (const pieceBytes of [1, 7, 1000]) {
    assert.deepEqual(byId(await parse(comment + rows, pieceBytes)), expected);
    assert.deepEqual(byId(await parse(gzipSync(rows), pieceBytes)), expected);
  }
  assert.deepEqual(await parse('cve,epss\nCVE-1999-0001,0.5\n'), [
    { kind: 'enrichment', id: 'CVE-1999-0001', epss: { score: 0.5, percentile: 0 } },
  ]);
});

test('reports a line as skipped when it is not a score', async () => {
  const lines = ['CVE-1999-0001,1.5,0', 'CVE-1999-0002,x,0', 'CVE-1999-0003', ',0,0', 'CVE-1999-0004,0,--'];
  const skipped = await parse(`cve,epss,percentile\n${lines.join('\n')}\nCVE-1999-0005,0,0\n`);
  assert.deepEqual(
    skipped.map((one) => one.kind === 'skipped'),
    [true, true, true, true, true, false],
  );
});

test('throws an error with the location when the content is not a list of scores', async () => {
  const wrong: [string | Uint8Array, RegExp][] = [
    ['', /at its end: no line cve,epss,percentile/],
    [comment, /no line cve/],
    ['<html>\n</html>\n', /at line 1: not the line cve,epss,percentile/],
    ['cve,epss,percentile\nCVE-1999-0001,0.0', /at its end: the last line is truncated/],
    [`cve,epss,percentile\n${'x'.repeat(70_000)}`, /longer than 1000 characters/],
    [Buffer.from('cve,epss\n\xff\n', 'latin1'), /not UTF-8/],
    [gzipSync(`${comment}cve,epss\nCVE-1999-0001,0.5\n`).subarray(0, 70), /of the compressed data/],
  ];
  for (const [content, message] of wrong) {
    await assert.rejects(parse(content), { code: 'feed-corrupt', message }, String(message));
  }
});

corpusTest('reads every score of a real day', async () => {
  const content = readFileSync(corpus('feeds/epss/epss_scores-2021-08-31.csv.gz'));
  const all = (await parse(content)) as RatingRecord[];
  assert.ok(all.every((one) => 'epss' in one));
  // Expected: lines minus the comment and the header, and the sum of a column, by another reader of the same file.
  const lines = gunzipSync(content).toString('latin1').trimEnd().split('\n').slice(2);
  assert.equal(all.length, 72_272);
  assert.equal(all.length, lines.length);
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  assert.equal(
    sum(all.map((one) => one.epss?.score ?? 0)),
    sum(lines.map((line) => Number(line.split(',')[1]))),
  );
});

corpusTest('reads a test file of another scanner as that scanner does', async () => {
  const folder = 'vunnel/tests/unit/providers/epss/test-fixtures';
  const file = (name: string) =>
    corpusFile('feeds/updater-fixtures-trivydb-vunnel.tar.zst', `${folder}/${name}`);
  const all = (await parse(file('example-1.csv'))) as RatingRecord[];
  for (const { id, epss: found } of all) {
    const snapshot = file(`snapshots/example-1/${id.toLowerCase()}.json`).toString();
    const { item } = JSON.parse(snapshot) as { item: { epss: number; percentile: number } };
    assert.deepEqual(found, { score: item.epss, percentile: item.percentile });
  }
  assert.equal(all.length, 5);
  await assert.rejects(parse(file('invalid-header.csv')), { code: 'feed-corrupt' });
});

test('dates the feed by the day of the scores, and names the model', async () => {
  const dates: FeedDate[] = [];
  const body = inChunks(Buffer.from(`${comment}cve,epss\nCVE-1999-0001,0.5\n`));
  await collectAll(epss.parse('current', { url, body, fingerprint: '' }, (date) => dates.push(date)));
  assert.deepEqual(dates, [{ dated: '2025-02-20', by: 'feed', model: 'v2023.03.01' }]);
});

test('names no model when the comment has none or its version is not a word', async () => {
  for (const model of ['', 'model_version:,', 'model_version:<b>,', `model_version:${'9'.repeat(65)},`]) {
    const dates: FeedDate[] = [];
    const body = inChunks(Buffer.from(`#${model}score_date:2025-02-20\ncve,epss\n`));
    await collectAll(epss.parse('current', { url, body, fingerprint: '' }, (date) => dates.push(date)));
    assert.deepEqual(dates, [{ dated: '2025-02-20', by: 'feed' }], model);
  }
});
