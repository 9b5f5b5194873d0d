import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FeedDate } from '../../plugin/index.ts';
import { collectAll, inChunks } from '../../testing/streams.ts';
import { euvd } from './kev.ts';

const url = 'https://euvdservices.enisa.europa.eu/api/kev/dump';

function parse(value: unknown, onDate?: (date: FeedDate) => void): Promise<object[]> {
  const body = inChunks(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)));
  return collectAll(euvd.parse('exploited', { url, body, fingerprint: '' }, onDate));
}

// Published entries of three kinds: of CISA only, of Europe only, and of both.
const ofCisa = {
  cveId: 'CVE-2021-22555',
  euvdId: 'EUVD-2021-9696',
  dateAdded: '2025-10-06',
  sources: ['cisa_kev'],
};
const ofEurope = {
  cveId: 'CVE-2015-7501',
  euvdId: 'EUVD-2022-3799',
  dateAdded: '2025-07-14',
  sources: ['eukev_kev'],
};
const ofBoth = {
  cveId: 'CVE-2021-44228',
  euvdId: 'EUVD-2021-29270',
  dateAdded: '2021-12-10',
  sources: ['cisa_kev', 'eukev_kev'],
};

test('reads ids, and the dates of entries that Europe lists itself', async () => {
  assert.deepEqual(await parse([ofCisa, ofEurope, ofBoth]), [
    { kind: 'enrichment', id: 'CVE-2021-22555', aliases: ['EUVD-2021-9696'] },
    {
      kind: 'enrichment',
      id: 'CVE-2015-7501',
      aliases: ['EUVD-2022-3799'],
      exploitedBy: [{ source: 'euvd', date: '2025-07-14' }],
    },
    {
      kind: 'enrichment',
      id: 'CVE-2021-44228',
      aliases: ['EUVD-2021-29270'],
      exploitedBy: [{ source: 'euvd', date: '2021-12-10' }],
    },
  ]);
});

test('combines entries of one CVE, and reports one without a CVE as skipped', async () => {
  const again = { ...ofEurope, euvdId: 'EUVD-2015-1', dateAdded: '2025-07-01' };
  assert.deepEqual(await parse([{ ...ofBoth, cveId: undefined }, ofEurope, again]), [
    { kind: 'skipped', key: 'EUVD-2021-29270', reason: 'it names no CVE' },
    {
      kind: 'enrichment',
      id: 'CVE-2015-7501',
      aliases: ['EUVD-2015-1', 'EUVD-2022-3799'],
      exploitedBy: [{ source: 'euvd', date: '2025-07-01' }],
    },
  ]);
});

test('dates the feed by its entries', async () => {
  const dates: FeedDate[] = [];
  await parse([ofEurope], (date) => dates.push(date));
  assert.deepEqual(dates, [{ dated: '2025-07-14', by: 'record' }]);
});

test('throws an error with the location when the content is not a list of entries', async () => {
  const wrong: [unknown, RegExp][] = [
    [[{ ...ofEurope, dateAdded: 'soon' }], /at entry 1\.dateAdded: not as expected/],
    [[{ ...ofEurope, euvdId: '<b>' }], /at entry 1\.euvdId: not as expected/],
    [[], /at its end: no entries/],
    [{ items: [] }, /at byte 0/],
    ['<html>', /at byte 0/],
    ['[{"cveId":', /ends too early/],
  ];
  for (const [value, message] of wrong)
    await assert.rejects(parse(value), { code: 'feed-corrupt', message }, String(message));
});
