import assert from 'node:assert/strict';
import { test } from 'node:test';
import { affectedRow, bookworm, feedUpdate, record, stream } from '../../testing/store-content.ts';
import { storeEngines } from '../../testing/store-engines.ts';
import type { KeyedVulnerability, KeyedVulnerabilityRecord } from '../advisory-store.ts';
import type { Store } from '../store.ts';

const trixie = { name: 'debian:13', versionScheme: 'dpkg' };

for (const engine of storeEngines) {
  test(`${engine.name}: returns a record as it was applied`, async (t) => {
    const store = await engine.create(t)({ now: () => Date.parse('2026-01-02T00:00:00Z') });
    const { keys: _, ...open } = affectedRow('curl', { range: { from: '1', fromExcluded: true } });
    const full = record('RHSA-1', {
      key: 'file/RHSA-1',
      aliases: ['CVE-2', 'CVE-1'],
      description: 'A naïve flaw \u{1f41b}',
      links: ['https://example.org/b', 'https://example.org/a'],
      severity: 'Low',
      cvss: [
        { source: 'nvd', vector: 'CVSS:3.1/AV:N', score: 9.8 },
        { source: 'redhat', vector: 'CVSS:2.0/AV:L' },
      ],
      modified: '2026-01-01T00:00:00Z',
      affected: [
        affectedRow('openssl', { severity: 'High', only: { module: 'nodejs:18', flavour: 'fips' } }),
        open,
        affectedRow('bash', { namespace: trixie, fix: { state: 'not-affected' } }),
      ],
    });
    const bare = record('B', { affected: [] });
    await load(store, [full, bare]);
    const stored = {
      source: 'debian',
      feed: 'tracker',
      validFrom: '2026-01-02T00:00:00.000Z',
      validTo: null,
    };
    assert.deepEqual(await store.vulnerabilities.findByNumbers([2, 1, 2, 99]), [
      { ...withoutKind(full), ...stored, number: 1 },
      { ...withoutKind(bare), ...stored, number: 2 },
    ]);
    assert.deepEqual(await store.vulnerabilities.findByNumbers([]), []);
  });

  test(`${engine.name}: finds records by their id and by every alias`, async (t) => {
    const store = await engine.create(t)();
    await load(store, [record('CVE-1'), record('RHSA-1', { aliases: ['CVE-1', 'CVE-2', 'CVE-1'] })]);
    await load(store, [record('ELSA-1', { aliases: ['CVE-1'] })], 'other');
    const idsOf = async (id: string) => {
      const records = await store.vulnerabilities.findByNumbers(
        await store.vulnerabilities.findNumbersById(id),
      );
      return records.map((item) => item.id);
    };
    assert.deepEqual(await idsOf('CVE-1'), ['CVE-1', 'RHSA-1', 'ELSA-1']);
    assert.deepEqual(await idsOf('CVE-2'), ['RHSA-1']);
    assert.deepEqual(await idsOf('CVE-'), []);
    const unknown = Array.from({ length: 1000 }, (_, i) => `NONE-${i}`);
    const numbers = await store.vulnerabilities.findNumbersByNames(['CVE-2', ...unknown, 'ELSA-1', 'RHSA-1']);
    const all = await store.vulnerabilities.findNumbersById('CVE-1');
    assert.deepEqual(numbers, all.slice(1));
    assert.deepEqual(await store.vulnerabilities.findNumbersByNames([]), []);
    await load(store, [record('CVE-1'), record('RHSA-1', { aliases: ['CVE-1'] })]);
    assert.deepEqual(await idsOf('CVE-2'), []);
  });

  test(`${engine.name}: returns the records of a namespace by page`, async (t) => {
    const store = await engine.create(t)();
    const of = (id: string, ...namespaces: (typeof bookworm)[]) =>
      record(id, { affected: namespaces.map((namespace) => affectedRow('openssl', { namespace })) });
    await load(store, [
      of('A', bookworm),
      of('B', bookworm, trixie),
      of('C', trixie),
      of('D', trixie, bookworm),
    ]);
    await load(store, [of('E', trixie), of('F', bookworm)], 'other');
    const page = async (namespace: string, limit: number, after?: number) => {
      const records = await store.vulnerabilities.pageByNamespace(namespace, {
        limit,
        ...(after !== undefined && { after }),
      });
      return [records.map(({ id }) => id).join(''), records.at(-1)?.number] as const;
    };
    const [first, place] = await page('debian:12', 2);
    const [second, next] = await page('debian:12', 2, place);
    assert.deepEqual([first, second], ['AB', 'DF']);
    assert.deepEqual(await page('debian:12', 2, next), ['', undefined]);
    assert.deepEqual((await page('debian:13', 9))[0], 'BCDE');
    assert.deepEqual((await page('debian:1', 9))[0], '');
    assert.deepEqual(await store.advisories.findNamespaces(), [bookworm, trixie]);
  });
}

/** The kind of a record is not stored. */
function withoutKind({ kind, ...content }: KeyedVulnerabilityRecord): KeyedVulnerability {
  return content;
}

async function load(
  store: Store,
  records: readonly KeyedVulnerabilityRecord[],
  feed = 'tracker',
): Promise<void> {
  await store.advisories.apply(feedUpdate({ feed }), stream(records));
}
