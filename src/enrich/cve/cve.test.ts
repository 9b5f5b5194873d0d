import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UnexpectedContent } from '../../core/corrupt-feed.ts';
import { ratingOfEnrichments } from '../../match/rate.ts';
import type { Enrichment } from '../../plugin/index.ts';
import { corpusTest } from '../../testing/corpus.ts';
import { corpusFiles } from '../../testing/corpus-archive.ts';
import { type CveRecordFields, cveRecord, cvss31 } from '../../testing/cve-records.ts';
import { cve, cveInMirror } from './cve.ts';

const id = 'CVE-2023-4911';
const vector = 'CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H';

function read(facts: CveRecordFields): Promise<Enrichment> {
  return cve.read(id, Buffer.from(JSON.stringify(cveRecord(id, facts))));
}

test('finds a record in the folder of its thousand, in a mirror also in a clone of the repository', () => {
  assert.deepEqual(cve.urlsOf(id), [
    'https://raw.githubusercontent.com/CVEProject/cvelistV5/main/cves/2023/4xxx/CVE-2023-4911.json',
  ]);
  assert.match(cve.urlsOf('CVE-2024-0001')[0] ?? '', /\/2024\/0xxx\/CVE-2024-0001\.json$/);
  assert.match(cve.urlsOf('CVE-2024-123456')[0] ?? '', /\/2024\/123xxx\/CVE-2024-123456\.json$/);
  assert.match(
    cveInMirror.urlsOf(id)[1] ?? '',
    /^https:\/\/github\.com\/CVEProject\/cvelistV5\/cves\/2023\/4xxx\//,
  );
});

test('has no URL for an id that is not a CVE', () => {
  for (const other of ['TEMP-0000000-000000', 'CVE-2023-4911/../x', 'CVE-2023-49', 'GHSA-1'])
    assert.deepEqual(cve.urlsOf(other), [], other);
});

test('reads the ratings of the assigner and of CISA, with their names', async () => {
  const enrichment = await read({
    assigner: 'Chrome',
    metrics: [
      { cvssV2_0: { vectorString: 'AV:L/AC:L/Au:N/C:C/I:C/A:C', baseScore: 7.2 } },
      cvss31(vector, 7.8, 'HIGH'),
    ],
    cisa: [cvss31(vector, 7.8, 'HIGH')],
  });
  assert.deepEqual(enrichment, {
    id,
    cvss: [
      { source: 'Chrome', vector, score: 7.8 },
      { source: 'Chrome', vector: 'AV:L/AC:L/Au:N/C:C/I:C/A:C', score: 7.2 },
      { source: 'cisa-adp', vector, score: 7.8 },
    ],
    assigner: 'Chrome',
    description: 'A flaw.',
    published: '2023-10-03T17:25:08.434Z',
  });
});

test('uses a textual severity when the assigner gives no vector', async () => {
  const words = (type: string, content: object): object => ({ other: { type, content } });
  const redHat = words('Red Hat severity rating', { value: 'Important', namespace: 'x' });
  assert.equal((await read({ metrics: [redHat] })).severity, 'High');
  assert.equal((await read({ metrics: [redHat, cvss31(vector, 7.8, 'HIGH')] })).severity, undefined);
  const apache = words('Textual description of severity', { text: 'moderate' });
  assert.equal((await read({ metrics: [apache, redHat] })).severity, 'High');
  assert.equal((await read({ metrics: [apache] })).severity, 'Medium');
  for (const policy of [
    'https://www.openssl.org/policies/secpolicy.html',
    'https://openssl-library.org/policies/general/security-policy/',
  ])
    assert.equal((await read({ metrics: [words(policy, { text: 'Low' })] })).severity, 'Low', policy);
  for (const other of [
    words('unknown', { text: 'low' }),
    words('Textual description of severity', { text: '6.8' }),
  ])
    assert.equal((await read({ metrics: [other] })).severity, undefined);
});

test('stays unrated when a score and its vector give different severities', async () => {
  const contradiction = async (...rated: Parameters<typeof cvss31>): Promise<string | undefined> => {
    const enrichment = await read({ metrics: [cvss31(...rated)] });
    assert.equal(ratingOfEnrichments([enrichment]), undefined);
    return enrichment.contradiction;
  };
  assert.equal(
    await contradiction(vector, 9.8, 'CRITICAL'),
    'its base score is 9.8, but its vector scores 7.8',
  );
  assert.equal(await contradiction(vector, 7.8, 'LOW'), 'its base score is 7.8, but its severity is LOW');
  assert.equal(await contradiction('CVSS:3.1/AV:X', 7.8, 'HIGH'), 'its CVSS vector cannot be scored');
  // The contradiction of one issuer does not affect the other.
  const rated = await read({
    metrics: [cvss31(vector, 9.8, 'CRITICAL')],
    cisa: [cvss31(vector, 7.8, 'HIGH')],
  });
  assert.deepEqual(ratingOfEnrichments([rated]), { source: 'cisa-adp', severity: 'High' });
  // Assigners round differently: 7.7 and 7.8 are the same severity.
  assert.equal((await read({ metrics: [cvss31(vector, 7.7, 'HIGH')] })).cvss?.[0]?.score, 7.7);
});

test('reads who says that it is used in attacks, and when', async () => {
  const ssvc = (exploitation: string, timestamp?: string): object => ({
    other: {
      type: 'ssvc',
      content: { id, options: [{ Exploitation: exploitation }, { Automatable: 'yes' }], timestamp },
    },
  });
  const kev = { other: { type: 'kev', content: { dateAdded: '2023-11-21' } } };
  const statements = async (...cisa: object[]): Promise<Enrichment['exploitedBy']> =>
    (await read({ cisa })).exploitedBy;
  const time = '2024-10-04T13:32:40.662258Z';
  assert.deepEqual(await statements(kev, ssvc('active', time)), [
    { source: 'kev', date: '2023-11-21' },
    { source: 'cisa-adp', date: '2024-10-04T13:32:40.662Z' },
  ]);
  assert.deepEqual(await statements(ssvc('Active')), [
    { source: 'cisa-adp', date: '2023-10-03T17:25:08.434Z' },
  ]);
  for (const other of [ssvc('poc', time), ssvc('none', time), { other: { type: 'ssvc', content: 'active' } }])
    assert.equal(await statements(other), undefined);
  assert.equal((await read({ metrics: [ssvc('active', time)] })).exploitedBy, undefined, 'of the assigner');
});

test('reads a rejected record as rejected and nothing else', async () => {
  assert.deepEqual(await read({ state: 'REJECTED', metrics: [cvss31(vector, 7.8, 'HIGH')] }), {
    id,
    rejected: true,
  });
});

test('refuses a document that is not the record of the CVE', async () => {
  const other = Buffer.from(JSON.stringify(cveRecord('CVE-2023-4863')));
  for (const bytes of [
    other,
    Buffer.from('{}'),
    Buffer.from('[]'),
    Buffer.from('{"a'),
    Buffer.from('<html>'),
  ])
    await assert.rejects(cve.read(id, bytes), UnexpectedContent, bytes.toString().slice(0, 20));
});

corpusTest('reads every real record, and every rating that does not contradict itself', async () => {
  const counts = { read: 0, rejected: 0, cna: 0, cisa: 0, words: 0, unrated: 0, contradictory: 0 };
  const exploited = { kev: 0, 'cisa-adp': 0 };
  for (const { path, bytes } of corpusFiles('feeds/cve5/vulnrichment.tar.zst', '.json')) {
    const [name] = /CVE-\d+-\d+(?=\.json$)/.exec(path) ?? [];
    if (name === undefined) continue;
    counts.read++;
    const enrichment = await cve.read(name, bytes);
    counts[kindOf(enrichment)]++;
    for (const { source } of enrichment.exploitedBy ?? []) exploited[source as keyof typeof exploited]++;
  }
  // Expected counts: from the same files, by a Python program that does not score vectors. Of the ratings that it counts, 7 of assigners
  // and 1 of CISA contradict themselves.
  assert.deepEqual(counts, {
    read: 9776,
    rejected: 20,
    cna: 5892 - 7,
    cisa: 1330 - 1,
    words: 65,
    unrated: 2469,
    contradictory: 7 + 1,
  });
  assert.deepEqual(exploited, { kev: 54, 'cisa-adp': 52 });
});

function kindOf(enrichment: Enrichment): 'contradictory' | 'rejected' | 'unrated' | 'cisa' | 'words' | 'cna' {
  if (enrichment.contradiction !== undefined) return 'contradictory';
  if (enrichment.rejected) return 'rejected';
  const rating = ratingOfEnrichments([enrichment]);
  if (rating === undefined) return 'unrated';
  if (rating.source === 'cisa-adp') return 'cisa';
  return enrichment.severity === undefined ? 'cna' : 'words';
}
