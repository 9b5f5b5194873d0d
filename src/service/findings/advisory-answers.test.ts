import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtIn } from '../../extensions.ts';
import type { AdvisoryQuestion } from '../../match/peer-comparison/compare-with-peers.ts';
import { openSqliteStore } from '../../store/sql/sqlite-store.ts';
import { affectedRow, feedUpdate, installed, record, stream, trixie } from '../../testing/store-content.ts';
import { AdvisoryAnswers } from './advisory-answers.ts';

const question = (id: string, name = 'openssl', aliases: readonly string[] = []): AdvisoryQuestion => ({
  id,
  aliases,
  package: { type: 'deb', name, version: '3', paths: [] },
});

test('answers each of more questions than one query has, in their order', async () => {
  await using store = await openSqliteStore(':memory:');
  const records = Array.from({ length: 600 }, (_, i) =>
    record(`CVE-2026-${1000 + i}`, {
      aliases: [`DSA-${i}`],
      affected: [affectedRow('openssl', { range: { to: i % 2 === 0 ? '5' : '2' } })],
    }),
  );
  await store.advisories.apply(feedUpdate(), stream(records));
  const answers = new AdvisoryAnswers([installed('openssl')], { store, extensions: builtIn });
  const asked = records.flatMap(({ id }, i) => [
    question(id),
    question('none'),
    question('X', 'openssl', [`DSA-${i}`]),
  ]);
  const found = await answers.answer(asked);
  const outcomes = records.flatMap((_, i) => {
    const outcome = i % 2 === 0 ? 'applies' : 'version';
    return [outcome, 'no-record', outcome];
  });
  assert.deepEqual(
    found.map((answer) => answer?.outcome),
    outcomes,
  );
});

test('answers from the records of all names, and knows no answer for another package', async () => {
  await using store = await openSqliteStore(':memory:');
  const other = affectedRow('openssl', { namespace: trixie });
  await store.advisories.apply(
    feedUpdate(),
    stream([
      record('CVE-2026-1', { affected: [affectedRow('bash')] }),
      record('RHSA-1', { aliases: ['CVE-2026-1'], modified: '2026-02-01T00:00:00Z', affected: [other] }),
      record('GHSA-aaaa-bbbb-cccc', { affected: [affectedRow('openssl')] }),
    ]),
  );
  const answers = new AdvisoryAnswers([installed('openssl')], { store, extensions: builtIn });
  const [several, github, unlisted] = await answers.answer([
    question('CVE-2026-1'),
    question('ghsa-AAAA-bbbb-cccc'),
    question('CVE-2026-1', 'not-installed'),
  ]);
  assert.equal(several?.outcome, 'namespace');
  assert.deepEqual(several.records, [['CVE-2026-1'], ['RHSA-1', 'CVE-2026-1']]);
  assert.equal(several.modified, '2026-02-01T00:00:00Z');
  assert.equal(github?.outcome, 'applies');
  assert.equal(unlisted, undefined);
});

test('sets advisories aside that the vulnerability of a user overrides', async () => {
  await using store = await openSqliteStore(':memory:');
  await store.advisories.apply(feedUpdate(), stream([record('CVE-2026-1'), record('CVE-2026-2')]));
  await store.advisories.apply(
    feedUpdate({ source: 'api', feed: 'v1' }),
    stream([record('CVE-2026-1', { key: 'debian:12\nCVE-2026-1', affected: [] })]),
  );
  const answers = new AdvisoryAnswers([installed('openssl')], { store, extensions: builtIn });
  const found = await answers.answer([question('CVE-2026-1'), question('CVE-2026-2')]);
  assert.deepEqual(
    found.map((answer) => answer?.outcome),
    ['source', 'applies'],
  );
});
