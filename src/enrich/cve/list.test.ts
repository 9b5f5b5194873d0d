import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { strToU8, zipSync } from 'fflate';
import type { FeedClient, FeedDate, FetchOptions, RatingRecord, SkippedRecord } from '../../plugin/index.ts';
import { corpusTest } from '../../testing/corpus.ts';
import { corpusFiles } from '../../testing/corpus-archive.ts';
import { cveRecord, cvss31, recordPath } from '../../testing/cve-records.ts';
import { collectAll, inChunks } from '../../testing/streams.ts';
import { cve, cveList } from './cve.ts';

type ListRecord = RatingRecord | SkippedRecord;

const vector = 'CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H';
const rated = cveRecord('CVE-2023-4911', { metrics: [cvss31(vector, 7.8, 'HIGH')] });

/** Returns the archive of all records as upstream publishes it: an archive within an archive, with lists of changes. */
function archiveOf(records: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const files = Object.entries(records).map(([id, bytes]) => [`cves/${recordPath(id)}`, bytes] as const);
  const others = { 'cves/delta.json': strToU8('{}'), 'cves/deltaLog.json': strToU8('[]') };
  return zipSync(
    { 'cves.zip': zipSync({ ...others, ...Object.fromEntries(files) }, { level: 1 }) },
    { level: 0 },
  );
}

function textOf(record: object): Uint8Array {
  return strToU8(JSON.stringify(record));
}

async function parse(
  archive: Uint8Array,
  { fingerprint = '', extent }: { readonly fingerprint?: string; readonly extent?: 'changes' } = {},
  dates: FeedDate[] = [],
): Promise<ListRecord[]> {
  const content = { url: 'list.zip', body: inChunks(archive, 1000), fingerprint, ...(extent && { extent }) };
  return (await collectAll(cveList.parse('list', content, (date) => dates.push(date)))) as ListRecord[];
}

corpusTest('rates every real record as a lookup of it does', async () => {
  const records: Record<string, Uint8Array> = {};
  for (const { path, bytes } of corpusFiles('feeds/cve5/vulnrichment.tar.zst', '.json')) {
    const [id] = /CVE-\d+-\d+(?=\.json$)/.exec(path) ?? [];
    if (id !== undefined) records[id] = bytes;
  }
  const listed = await parse(archiveOf(records));
  // The number of records in MANIFEST.md of the corpus.
  assert.equal(listed.length, 9776);
  for (const record of listed) {
    assert.ok(record.kind === 'enrichment');
    const { kind, ...rating } = record;
    assert.deepEqual(rating, await cve.read(rating.id, Buffer.from(records[rating.id] ?? [])));
  }
});

test('reads the records of a day without folders, and a day without changes', async () => {
  const changes = zipSync({ 'deltaCves/CVE-2023-4911.json': textOf(rated) }, { level: 1 });
  const [record] = await parse(changes, { extent: 'changes' });
  assert.ok(record?.kind === 'enrichment');
  assert.equal(record.assigner, 'redhat');
  assert.deepEqual(await parse(zipSync({ 'delta.json': textOf({}) }), { extent: 'changes' }), []);
  await assert.rejects(parse(archiveOf({})), { code: 'feed-corrupt', message: /it holds no record/ });
});

test('skips a record that cannot be read, without the others', async () => {
  const records = {
    'CVE-2023-4911': textOf(rated),
    'CVE-2023-4912': textOf(cveRecord('CVE-2023-4913')),
    'CVE-2023-4914': strToU8('{"dataType"'),
  };
  const found = await parse(archiveOf(records));
  assert.deepEqual(
    found.map((one) => (one.kind === 'skipped' ? [one.key, one.reason] : [one.id])),
    [
      ['CVE-2023-4911'],
      ['CVE-2023-4912', 'cveMetadata.cveId: it is the record of CVE-2023-4913'],
      ['CVE-2023-4914', found[2]?.kind === 'skipped' ? found[2].reason : ''],
    ],
  );
});

test('yields documents with the records of parse, and a name of the feed in their errors', async () => {
  const archive = archiveOf({ 'CVE-2023-4911': textOf(rated) });
  const documents = (bytes: Uint8Array) => {
    const content = { url: 'list.zip', body: inChunks(bytes), fingerprint: '' };
    assert.ok(cveList.documents !== undefined);
    return collectAll(cveList.documents('list', content));
  };
  const [document] = await documents(archive);
  assert.ok(document !== undefined);
  assert.deepEqual([document.id, document.read()], ['CVE-2023-4911', (await parse(archive))[0]]);
});

test('dates the list by its fingerprint', async () => {
  const dates: FeedDate[] = [];
  await parse(archiveOf({ 'CVE-2023-4911': textOf(rated) }), { fingerprint: '2026-11-27 1300Z' }, dates);
  assert.deepEqual(dates, [{ dated: '2026-11-27T13:00Z', by: 'feed' }]);
});

const releasesUrl = 'https://api.github.com/repos/CVEProject/cvelistV5/releases';
const download = 'https://github.com/CVEProject/cvelistV5/releases/download';

/** A client of GitHub with these releases: names of files by tag. It serves each listed file, and those of `unlisted`. */
function github(
  releases: Readonly<Record<string, readonly string[]>>,
  { unlisted = [], digest }: { readonly unlisted?: readonly string[]; readonly digest?: string } = {},
): FeedClient & { readonly asked: string[]; readonly kept: FetchOptions[] } {
  const asked: string[] = [];
  const kept: FetchOptions[] = [];
  const listing = Object.entries(releases).map(([tag, names]) => ({
    tag_name: tag,
    assets: names.map((name) => ({ name, digest: digest ?? null })),
  }));
  const files = new Set([
    ...Object.entries(releases).flatMap(([tag, names]) => names.map((name) => `${download}/${tag}/${name}`)),
    ...unlisted.map((path) => `${download}/${path}`),
  ]);
  return {
    asked,
    kept,
    async get(url, _, options) {
      if (url === releasesUrl) return { url, body: inChunks(textOf(listing)), fingerprint: 'x' };
      asked.push(url.replace(`${download}/`, ''));
      if (options?.keptAs !== undefined) kept.push(options);
      return files.has(url) ? { url, body: inChunks(strToU8('zip')), fingerprint: 'x' } : 'absent';
    },
  };
}

const [day, next] = ['2026-11-26', '2026-11-27'];
const archive = (of: string): string => `${of}_all_CVEs_at_midnight.zip.zip`;
const delta = (of: string, time: string): string => `${of}_delta_CVEs_at_${time}.zip`;
const lastDelta = (of: string): string => `cve_${of}_at_end_of_day/${delta(of, 'end_of_day')}`;

async function fetched(client: FeedClient, last?: string): Promise<unknown> {
  const result = await cveList.fetch('list', client, last);
  return typeof result === 'string' ? result : [result.extent ?? 'whole', result.fingerprint];
}

test('fetches the archive of all records first, and keeps one in a mirror', async () => {
  const client = github({
    [`cve_${next}_0200Z`]: [archive(next), delta(next, '0200Z')],
    [`cve_${next}_0000Z`]: [archive(day)],
  });
  assert.deepEqual(await fetched(client), ['whole', `${next} 0000Z`]);
  assert.deepEqual(client.asked, [`cve_${next}_0200Z/${archive(next)}`]);
  assert.match(client.kept[0]?.keptAs ?? '', /\/releases\/latest\/download\/all_CVEs_at_midnight\.zip\.zip$/);
});

test('fetches only the changes of the day, or of the day before', async () => {
  const releases = {
    [`cve_${next}_0200Z`]: [archive(next), delta(next, '0200Z')],
    [`cve_${next}_0100Z`]: [archive(next), delta(next, '0100Z')],
  };
  const unlisted = [lastDelta(day)];
  const cases: [last: string, unlisted: readonly string[], expected: unknown, asked: string[]][] = [
    [`${next} 0000Z`, [], ['changes', `${next} 0200Z`], [`cve_${next}_0200Z/${delta(next, '0200Z')}`]],
    [`${next} 0100Z`, [], ['changes', `${next} 0200Z`], [`cve_${next}_0200Z/${delta(next, '0200Z')}`]],
    [`${next} 0200Z`, [], 'unchanged', []],
    [`${day} 2300Z`, unlisted, ['changes', `${next} 0000Z`], [lastDelta(day)]],
    // Without the changes of the day before, everything is fetched.
    [`${day} 2300Z`, [], ['whole', `${next} 0000Z`], [lastDelta(day), `cve_${next}_0200Z/${archive(next)}`]],
    ['2026-11-25 2300Z', unlisted, ['whole', `${next} 0000Z`], [`cve_${next}_0200Z/${archive(next)}`]],
    // A fingerprint of another origin.
    ['published:x', unlisted, ['whole', `${next} 0000Z`], [`cve_${next}_0200Z/${archive(next)}`]],
  ];
  for (const [last, more, expected, asked] of cases) {
    const client = github(releases, { unlisted: more });
    assert.deepEqual(await fetched(client, last), expected, last);
    assert.deepEqual(client.asked, asked, last);
  }
});

test('uses the changes of a whole day after its end, before there is another archive', async () => {
  const client = github({
    [`cve_${day}_at_end_of_day`]: [delta(day, 'end_of_day')],
    [`cve_${day}_2300Z`]: [archive(day), delta(day, '2300Z')],
  });
  assert.deepEqual(await fetched(client, `${day} 2300Z`), ['changes', `${next} 0000Z`]);
  assert.deepEqual(await fetched(client, `${next} 0000Z`), 'unchanged');
});

test('is unchanged when a mirror has the archive without the changes of its day', async () => {
  const listed = github({ [`cve_${next}_0200Z`]: [archive(next), delta(next, '0200Z')] });
  const client: FeedClient = {
    get: (url, last, options) =>
      url.includes('delta') ? Promise.resolve('absent') : listed.get(url, last, options),
  };
  assert.equal(await fetched(client, `${next} 0000Z`), 'unchanged');
});

test('verifies the checksum that GitHub states', async () => {
  const releases = { [`cve_${next}_0200Z`]: [archive(next)] };
  const read = async (content: string): Promise<string> => {
    const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
    const result = await cveList.fetch('list', github(releases, { digest }));
    assert.ok(typeof result === 'object');
    return Buffer.concat(await collectAll(result.body)).toString();
  };
  assert.equal(await read('zip'), 'zip');
  await assert.rejects(read('other'), /its sha256 is .* but the release says/);
});

test('refuses a list of releases that has no archive, or is not a list', async () => {
  await assert.rejects(fetched(github({ [`cve_${next}_0200Z`]: [delta(next, '0200Z')] })), {
    code: 'feed-corrupt',
    message: /no release has an archive of all CVEs/,
  });
  const page: FeedClient = {
    get: async (url) => ({ url, body: inChunks(strToU8('<html>')), fingerprint: '' }),
  };
  await assert.rejects(fetched(page), {
    code: 'feed-corrupt',
    message: /the cve feed list from .* is damaged/,
  });
  const nothing: FeedClient = { get: () => Promise.resolve('absent') };
  assert.equal(await fetched(nothing), 'absent');
});
