import assert from 'node:assert/strict';
import { builtIn } from '../../src/extensions.ts';
import type { EnrichmentRecord, FeedRecord } from '../../src/plugin/index.ts';
import { mirrorClient } from '../../src/source/client/mirror.ts';
import { corpusTest } from '../../src/testing/corpus.ts';
import { corpusMirror } from './mirror.ts';

/**
 * Advisories and ranges of every feed of the corpus, counted with Python in the same files. The test of each source
 * states how. Alpine: all files together. Ratings have no ranges.
 */
const counted: Readonly<Record<string, readonly [advisories: number, ranges: number]>> = {
  'alma 8': [1297, 18_513],
  'alma 9': [1158, 15_223],
  'alma 10': [430, 4369],
  alpine: [63_001, 63_213],
  'amazon 1': [1811, 17_420],
  'amazon 2': [1618, 15_816],
  'amazon 2023': [816, 9518],
  'azure cbl-mariner-2.0': [2436, 2436],
  'azure azurelinux-3.0': [2266, 2266],
  'debian tracker': [20_810, 55_536],
  'oracle elsa': [2692, 32_619],
  'osv crates.io': [591, 771],
  'osv Go': [4286, 7405],
  'osv Hex': [21, 40],
  'osv Maven': [3534, 5632],
  'osv npm': [2512, 3090],
  'osv NuGet': [455, 1498],
  'osv Packagist': [2868, 5443],
  'osv Pub': [6, 6],
  'osv PyPI': [2344, 5529],
  'osv RubyGems': [586, 942],
  'osv SwiftURL': [25, 30],
  'photon 3.0': [222, 778],
  'rhel-oval RHEL5': [1172, 10_238],
  'rhel-oval RHEL7': [1478, 15_099],
  'rhel-oval RHEL8': [1156, 16_204],
  'rocky advisories': [1013, 3567],
  'wolfi os': [16_652, 16_652],
  'kev catalogue': [1404, 0],
  'epss current': [72_272, 0],
};

corpusTest(
  'reads as many advisories and ranges of every feed of the corpus as an independent count',
  async () => {
    const client = mirrorClient(corpusMirror());
    const found = new Map<string, [number, number]>();
    for (const source of [...builtIn.sources, ...builtIn.enrichers]) {
      for (const feed of source.feeds) {
        const fetched = await source.fetch(feed, client);
        if (typeof fetched === 'string') continue;
        const name = source.name === 'alpine' ? 'alpine' : `${source.name} ${feed}`;
        const [advisories, ranges] = await count(source.parse(feed, fetched));
        const [before, rangesBefore] = found.get(name) ?? [0, 0];
        found.set(name, [before + advisories, rangesBefore + ranges]);
      }
    }
    assert.deepEqual(Object.fromEntries(found), counted);
  },
);

async function count(
  records: AsyncIterable<FeedRecord | EnrichmentRecord>,
): Promise<[advisories: number, ranges: number]> {
  let [advisories, ranges] = [0, 0];
  for await (const record of records) {
    assert.ok(record.kind !== 'skipped', JSON.stringify(record));
    advisories += record.kind === 'scores' ? record.batch.count : 1;
    if (record.kind === 'vulnerability') ranges += record.affected.length;
  }
  return [advisories, ranges];
}
