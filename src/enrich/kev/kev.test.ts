import assert from 'node:assert/strict';
import { createReadStream } from 'node:fs';
import { test } from 'node:test';
import type { Enrichment, FeedDate } from '../../plugin/index.ts';
import { corpus, corpusTest } from '../../testing/corpus.ts';
import { collectAll, inChunks } from '../../testing/streams.ts';
import { kev } from './kev.ts';

const url = 'https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json';

function parse(value: unknown): Promise<object[]> {
  const body = inChunks(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)));
  return collectAll(kev.parse('catalogue', { url, body, fingerprint: '' }));
}

const entry = {
  cveID: 'CVE-2025-0108',
  vendorProject: 'v',
  dateAdded: '2025-02-18',
  dueDate: '2025-03-11',
  knownRansomwareCampaignUse: 'Known',
};

test('reads the dates of an entry, and whether ransomware exploits it', async () => {
  const quiet = { cveID: 'CVE-2025-0109', dateAdded: '2025-02-19', knownRansomwareCampaignUse: 'Unknown' };
  assert.deepEqual(await parse({ title: 't', count: 2, vulnerabilities: [entry, quiet] }), [
    {
      kind: 'enrichment',
      id: 'CVE-2025-0108',
      exploited: { since: '2025-02-18', due: '2025-03-11', ransomware: true },
    },
    { kind: 'enrichment', id: 'CVE-2025-0109', exploited: { since: '2025-02-19', ransomware: false } },
  ]);
});

test('throws an error with the location when the content is not a catalogue', async () => {
  const wrong: [unknown, RegExp][] = [
    [{ vulnerabilities: [{ ...entry, dateAdded: 'soon' }] }, /at entry 1\.dateAdded: not as expected/],
    [{ vulnerabilities: [] }, /at its end: no entries/],
    [{ title: 't' }, /no array "vulnerabilities"/],
    ['<html>', /at byte 0/],
    ['{"vulnerabilities":[', /ends too early/],
  ];
  for (const [value, message] of wrong) {
    await assert.rejects(parse(value), { code: 'feed-corrupt', message }, String(message));
  }
});

corpusTest('reads every entry of the real catalogue', async () => {
  const body = createReadStream(corpus('feeds/kev/known_exploited_vulnerabilities.json'));
  const all = (await collectAll(kev.parse('catalogue', { url, body, fingerprint: '' }))) as Enrichment[];
  // Expected: the `count` of the catalogue, and grep -c '"knownRansomwareCampaignUse": "Known"'.
  assert.equal(all.length, 1404);
  assert.equal(new Set(all.map(({ id }) => id)).size, 1404);
  assert.equal(all.filter(({ exploited }) => exploited?.ransomware).length, 293);
});

test('dates the feed by the newest entry', async () => {
  const dates: FeedDate[] = [];
  const body = inChunks(Buffer.from(JSON.stringify({ vulnerabilities: [entry] })));
  await collectAll(kev.parse('catalogue', { url, body, fingerprint: '' }, (date) => dates.push(date)));
  assert.deepEqual(dates, [{ dated: '2025-02-18', by: 'record' }]);
});
