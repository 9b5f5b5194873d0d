import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { FeedRecord } from '../../plugin/index.ts';
import { corpus, corpusTest } from '../../testing/corpus.ts';
import { assertDetectsDamage, type FeedSample, parseSample } from '../../testing/damaged-feed.ts';
import { findings, type ReferenceCase } from '../../testing/reference-case.ts';
import { azure } from './azure.ts';

function sample(content: string | Uint8Array, feed = 'azurelinux-3.0'): FeedSample {
  const url = `https://raw.example/main/${feed}-oval.xml`;
  return { source: azure, feed, url, content: Buffer.from(content) };
}

/** Returns a definition as Microsoft writes it, with a test of the package for each operation and version. */
function vulnerability(
  tests: readonly (readonly [operation: string, evr: string])[],
  patchable = 'true',
  platform = 'Azure Linux',
): string {
  const each = (write: (test: readonly [string, string], index: number) => string) =>
    tests.map(write).join('');
  return `<?xml version="1.0"?>
<oval_definitions xmlns="urn:o" xmlns:linux-def="urn:l"><definitions><definition class="vulnerability" id="oval:com.microsoft.azurelinux:def:1" version="1">
  <metadata><title>CVE-2024-0001 affecting package vim for versions less than 9</title><affected family="unix"><platform>${platform}</platform></affected>
  <reference ref_id="CVE-2024-0001" ref_url="https://nvd.nist.gov/vuln/detail/CVE-2024-0001" source="CVE"/>
  <patchable>${patchable}</patchable><advisory_date>2024-01-19T03:54:24Z</advisory_date><severity>High</severity><description>CVE-2024-0001 affecting vim.</description></metadata>
  <criteria operator="AND">${each((_, n) => `<criterion comment="Package vim is so" test_ref="t:${n + 1}"/>`)}</criteria></definition></definitions>
  <tests>${each((_, n) => `<linux-def:rpminfo_test check="at least one" id="t:${n + 1}"><linux-def:object object_ref="o:1"/><linux-def:state state_ref="s:${n + 1}"/></linux-def:rpminfo_test>`)}</tests>
  <objects><linux-def:rpminfo_object id="o:1"><linux-def:name>vim</linux-def:name></linux-def:rpminfo_object></objects>
  <states>${each(([operation, evr], n) => `<linux-def:rpminfo_state id="s:${n + 1}"><linux-def:evr datatype="evr_string" operation="${operation}">${evr}</linux-def:evr></linux-def:rpminfo_state>`)}</states>
</oval_definitions>`;
}

async function row(...args: Parameters<typeof vulnerability>) {
  const [record] = await parseSample(sample(vulnerability(...args)));
  assert.ok(record !== undefined && record.kind === 'vulnerability');
  const [affected, ...more] = record.affected;
  assert.deepEqual(more, []);
  return [affected?.range, affected?.fix];
}

test('reads a definition as a vulnerability of one package', async () => {
  assert.deepEqual(await parseSample(sample(vulnerability([['less than', '0:9-1.azl3']]))), [
    {
      kind: 'vulnerability',
      key: 'oval:com.microsoft.azurelinux:def:1',
      id: 'CVE-2024-0001',
      aliases: [],
      title: 'CVE-2024-0001 affecting package vim for versions less than 9',
      description: 'CVE-2024-0001 affecting vim.',
      links: ['https://nvd.nist.gov/vuln/detail/CVE-2024-0001'],
      severity: 'High',
      cvss: [],
      modified: '2024-01-19T03:54:24.000Z',
      affected: [
        {
          namespace: { name: 'azurelinux:3.0', versionScheme: 'rpm' },
          package: 'vim',
          range: { to: '0:9-1.azl3' },
          fix: { state: 'fixed', version: '0:9-1.azl3' },
        },
      ],
    },
  ]);
});

test('reads the range and state of each comparison', async () => {
  const to = '0:9-1.azl3';
  const from = '0:8-1.azl3';
  assert.deepEqual(await row([['less than or equal', to]]), [{ to, toIncluded: true }, { state: 'unfixed' }]);
  assert.deepEqual(await row([['greater than', from]]), [{ from, fromExcluded: true }, { state: 'unfixed' }]);
  assert.deepEqual(await row([['less than', to]], 'Not Applicable'), [{ to }, { state: 'not-affected' }]);
  const pair = [
    ['greater than', from],
    ['less than', to],
  ] as const;
  assert.deepEqual(await row(pair), [
    { from, fromExcluded: true, to },
    { state: 'fixed', version: to },
  ]);
});

test('skips content that is not understood, with the reason', async () => {
  const skipped = async (...args: Parameters<typeof vulnerability>) =>
    await parseSample(sample(vulnerability(...args)));
  const key = 'oval:com.microsoft.azurelinux:def:1';
  assert.deepEqual(await skipped([['less than', '1']], 'true', 'CBL-Mariner'), [
    { kind: 'skipped', key, reason: 'it is for CBL-Mariner, not Azure Linux' },
  ]);
  assert.deepEqual(await skipped([['not equal', '1']]), [
    { kind: 'skipped', key, reason: 'criteria that no row can express: versions not equal 1' },
  ]);
  assert.deepEqual(
    await skipped([
      ['less than', '1'],
      ['less than', '2'],
    ]),
    [{ kind: 'skipped', key, reason: 'criteria that no row can express: both to 1 and 2' }],
  );
  assert.deepEqual(await skipped([]), [
    { kind: 'skipped', key, reason: 'criteria that are met without any package' },
  ]);
});

test('has one feed per release', () => {
  assert.deepEqual(azure.feedsFor('mariner:2.0'), ['cbl-mariner-2.0']);
  assert.deepEqual(azure.feedsFor('azurelinux:3.0'), ['azurelinux-3.0']);
  for (const other of ['mariner', 'azurelinux', 'photon:3.0']) assert.deepEqual(azure.feedsFor(other), []);
});

test('reports damage wherever it is', async () => {
  await assertDetectsDamage(sample(vulnerability([['less than', '0:9-1.azl3']])));
});

function real(name: string): Promise<FeedRecord[]> {
  const content = readFileSync(corpus(`feeds/azure/${name}-oval.xml.zst`));
  return parseSample(sample(content, name));
}

function countStates(records: readonly FeedRecord[]): Record<string, number> {
  const counts: Record<string, number> = { records: records.length };
  for (const record of records) {
    const rows = record.kind === 'vulnerability' ? record.affected : [];
    for (const { fix, range } of rows) {
      const state = range.from === undefined ? fix.state : `${fix.state} in part`;
      counts[state] = (counts[state] ?? 0) + 1;
    }
  }
  return counts;
}

corpusTest('reads every vulnerability of the real files', async () => {
  // Counted in the text: <definition>, <patchable> by value, operation="…" by value.
  assert.deepEqual(countStates(await real('cbl-mariner-2.0')), {
    records: 2436,
    fixed: 2144,
    unfixed: 160,
    'not-affected': 132,
  });
  assert.deepEqual(countStates(await real('azurelinux-3.0')), {
    records: 2266,
    fixed: 2243,
    'fixed in part': 23,
  });
});

corpusTest('gives the findings of the reference on a real system', async () => {
  const reference = JSON.parse(
    readFileSync(corpus('golden/reference/cbl-mariner-2.0.json'), 'utf8'),
  ) as ReferenceCase;
  const found = findings(reference.packages, await real('cbl-mariner-2.0'));
  assert.deepEqual(
    found.map(({ key, package: name, version }) => [key, name, version].join(' ')).sort(),
    reference.expected.map(({ id, package: name, fixed }) => [id, name, fixed].join(' ')).sort(),
  );
  assert.equal(found.length, 265);
  // The reference compares versions only. Of these, Microsoft says that the CVE is not applicable.
  assert.equal(found.filter(({ row }) => row.fix.state === 'not-affected').length, 6);
});
