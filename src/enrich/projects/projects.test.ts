import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Enricher, EnrichmentRecord, FeedDate } from '../../plugin/index.ts';
import { assertDetectsDamage } from '../../testing/damaged-feed.ts';
import { collectAll, inChunks } from '../../testing/streams.ts';
import { unbatched } from '../../testing/unbatched-enricher.ts';
import { curlVulnerabilities, nodeVulnerabilities } from './projects.ts';
import { versionsInRange } from './semver-range.ts';

async function read(enricher: Enricher, value: unknown, dates: FeedDate[] = []): Promise<EnrichmentRecord[]> {
  const [feed = ''] = enricher.feeds;
  const body = inChunks(Buffer.from(JSON.stringify(value)), 100);
  const content = { url: 'https://list.example/list.json', body, fingerprint: '' };
  return await collectAll(enricher.parse(feed, content, (date) => dates.push(date)));
}

/** Facts about CVE-2023-38545, as curl's list has them, apart from the commits and single versions. */
const socks = {
  schema_version: '1.5.0',
  id: 'CURL-CVE-2023-38545',
  aliases: ['CVE-2023-38545'],
  modified: '2023-10-11T08:00:00.00Z',
  affected: [
    {
      ranges: [
        { type: 'SEMVER', events: [{ introduced: '7.69.0' }, { fixed: '8.4.0' }] },
        { type: 'GIT', repo: 'x', events: [{ introduced: '4a4b63daaa' }, { fixed: 'fb4415d8ae' }] },
      ],
      versions: ['8.3.0'],
    },
  ],
};

test('curl: reads the ranges of versions of a record, and when it was changed', async () => {
  const open = { ...socks, id: 'CURL-CVE-2024-1', aliases: [], affected: [{}] };
  const lines = [{ introduced: '7.1' }, { last_affected: '7.2' }, { introduced: '8.0.0' }];
  const several = {
    id: 'CURL-CVE-2024-2',
    affected: [{ ranges: [{ type: 'SEMVER', events: lines }] }],
  };
  const dates: FeedDate[] = [];
  const records = await read(
    curlVulnerabilities,
    [socks, open, several, { ...socks, withdrawn: '2024-01-01' }, { id: 'CURL-X', affected: [] }],
    dates,
  );
  const statement = (...versions: readonly object[]) => [{ product: 'curl', by: 'project', versions }];
  assert.deepEqual(records, [
    { kind: 'skipped', key: 'CURL-X', reason: 'it names no CVE' },
    {
      kind: 'enrichment',
      id: 'CVE-2023-38545',
      products: statement({ status: 'affected', version: '7.69.0', lessThan: '8.4.0' }),
    },
    { kind: 'enrichment', id: 'CVE-2024-1', products: statement() },
    {
      kind: 'enrichment',
      id: 'CVE-2024-2',
      products: statement(
        { status: 'affected', version: '7.1', lessThanOrEqual: '7.2' },
        { status: 'affected', version: '8.0.0', lessThan: '*' },
      ),
    },
  ]);
  assert.deepEqual(dates[0], { dated: '2023-10-11T08:00:00.00Z', by: 'record' });
});

test('nodejs: reads the vulnerable and the patched versions of each CVE', async () => {
  const records = await read(nodeVulnerabilities, {
    '1': {
      cve: ['CVE-2017-1000381'],
      vulnerable: '8.x || 7.x',
      patched: '^8.1.4 || ^7.10.1',
      overview: 'x',
    },
    '2': { cve: [], vulnerable: '6.x', patched: '^6.9.0' },
    '3': { cve: ['CVE-2024-1', 'CVE-2024-2'], vulnerable: 'some', patched: '^6.9.0' },
    '4': { cve: ['CVE-2024-2'], vulnerable: '6.x' },
  });
  const affected = (version: string, lessThan: string) => ({ status: 'affected', version, lessThan });
  const patched = (version: string, lessThan: string) => ({ status: 'unaffected', version, lessThan });
  const statement = (...versions: readonly object[]) => ({ product: 'node', by: 'project', versions });
  assert.deepEqual(records, [
    { kind: 'skipped', key: '2', reason: 'it names no CVE' },
    {
      kind: 'enrichment',
      id: 'CVE-2017-1000381',
      products: [
        statement(
          ...[affected('8', '9'), affected('7', '8')],
          ...[patched('8.1.4', '9'), patched('7.10.1', '8')],
        ),
      ],
    },
    { kind: 'enrichment', id: 'CVE-2024-1', products: [statement()] },
    { kind: 'enrichment', id: 'CVE-2024-2', products: [statement(), statement(affected('6', '7'))] },
  ]);
});

test('reads ranges of npm, and no other text', () => {
  const rangeOf = (text: string) =>
    versionsInRange(text, 'affected')?.map(({ version, lessThan, lessThanOrEqual }) =>
      [version, lessThan ?? lessThanOrEqual ?? ''].join(' ').trim(),
    );
  // By the documentation of npm's semver: x-ranges, caret ranges and comparators.
  assert.deepEqual(rangeOf('0.10.x || 4.x'), ['0.10 0.11', '4 5']);
  assert.deepEqual(rangeOf(' ^0.10.48 || ^4.6.1'), ['0.10.48 0.11', '4.6.1 5']);
  assert.deepEqual(rangeOf('>=4.0.0 <4.1.2 || 5.7.0'), ['4.0.0 4.1.2', '5.7.0']);
  assert.deepEqual(rangeOf('<= 10'), ['0 11']);
  assert.deepEqual(rangeOf('<=10.1.2'), ['0 10.1.2']);
  assert.deepEqual(rangeOf('>= 12.0.0'), ['12.0.0 *']);
  for (const other of [
    '',
    'all',
    '~1.2.3',
    '1.2.3 - 2.0.0',
    '^a',
    '>1.0.0',
    '>=1 <2 <3',
    '||',
    '^1.2.3-rc.1',
  ])
    assert.equal(rangeOf(other), undefined, other);
  assert.equal(rangeOf(Array.from({ length: 65 }, () => '1.x').join('||')), undefined);
});

test('refuses lists without entries, and reports damage wherever it is', async () => {
  for (const [source, value] of [
    [curlVulnerabilities, [socks]],
    [nodeVulnerabilities, { '1': { cve: ['CVE-2024-1'], vulnerable: '8.x', patched: '^8.1.4' } }],
  ] as const) {
    const [feed = ''] = source.feeds;
    await assert.rejects(read(source, Array.isArray(value) ? [] : {}), { code: 'feed-corrupt' });
    const url = 'https://list.example/list.json';
    await assertDetectsDamage({
      source: unbatched(source),
      feed,
      url,
      content: Buffer.from(JSON.stringify(value)),
    });
  }
});
