import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Affected, FeedRecord } from '../../plugin/index.ts';
import { assertDetectsDamage, type FeedSample, parseSample } from '../../testing/damaged-feed.ts';
import { alpm } from '../../version/alpm.ts';
import { arch } from './arch.ts';

/** A group as the tracker writes it, about linux-lts and CVE-2019-11477 (AVG-984). */
const group = {
  name: 'AVG-984',
  packages: ['linux-lts', 'linux-lts-headers'],
  status: 'Fixed',
  severity: 'High',
  type: 'denial of service',
  affected: '4.19.51-1',
  fixed: '4.19.52-1' as string | null,
  ticket: null,
  issues: ['CVE-2019-11479', 'CVE-2019-11478', 'CVE-2019-11479'],
  advisories: ['ASA-201906-14'],
};

function sample(...groups: readonly object[]): FeedSample {
  const url = 'https://security.archlinux.org/all.json';
  return { source: arch, feed: 'all', url, content: Buffer.from(JSON.stringify(groups)) };
}

async function rows(changes: object): Promise<readonly Affected[] | FeedRecord | undefined> {
  const [record] = await parseSample(sample({ ...group, ...changes }));
  return record?.kind === 'vulnerability' ? record.affected : record;
}

test('arch: reads a group as a vulnerability with a row for each package', async () => {
  const row = {
    namespace: { name: 'arch', versionScheme: 'alpm' },
    range: { to: '4.19.52-1' },
    fix: { state: 'fixed', version: '4.19.52-1' },
  };
  assert.deepEqual(await parseSample(sample(group)), [
    {
      kind: 'vulnerability',
      key: 'AVG-984',
      id: 'AVG-984',
      aliases: ['CVE-2019-11479', 'CVE-2019-11478'],
      title: 'linux-lts, linux-lts-headers: denial of service',
      links: ['https://security.archlinux.org/AVG-984'],
      severity: 'High',
      cvss: [],
      affected: [
        { ...row, package: 'linux-lts' },
        { ...row, package: 'linux-lts-headers' },
      ],
    },
  ]);
});

test('arch: takes the state from status and fixed version', async () => {
  const states = async (status: string, fixed: string | null) =>
    ((await rows({ status, fixed })) as readonly Affected[]).map(({ range, fix }) => [range, fix])[0];
  const fixed = [{ to: '1-1' }, { state: 'fixed', version: '1-1' }];
  assert.deepEqual(await states('Fixed', '1-1'), fixed);
  assert.deepEqual(await states('Testing', '1-1'), fixed);
  assert.deepEqual(await states('Vulnerable', null), [{}, { state: 'unfixed' }]);
  assert.deepEqual(await states('Fixed', null), [{}, { state: 'unfixed' }]);
  assert.deepEqual(await states('Not affected', null), [{}, { state: 'not-affected' }]);
  assert.deepEqual(await states('Not affected', '1-1'), [{}, { state: 'not-affected' }]);
  assert.deepEqual(await states('Unknown', null), [{}, { state: 'under-investigation' }]);
  assert.deepEqual(await rows({ status: 'Odd' }), {
    kind: 'skipped',
    key: 'AVG-984',
    reason: 'it has the unknown status Odd',
  });
});

test('arch: covers Arch Linux only', () => {
  assert.deepEqual(arch.feedsFor('arch'), arch.feeds);
  for (const other of ['manjaro', 'arch:1', 'debian:12']) assert.deepEqual(arch.feedsFor(other), []);
  assert.equal(alpm.compare('4.19.51-1', '4.19.52-1'), -1);
});

test('arch: reports damage wherever it is', async () => {
  await assertDetectsDamage(sample({ ...group, issues: ['CVE-2024-0001'] }, { ...group, name: 'AVG-1' }));
});
