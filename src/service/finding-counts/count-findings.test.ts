import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import type { Enrichment } from '../../model/enrichment.ts';
import type { KeyedVulnerabilityRecord } from '../../store/advisory-store.ts';
import type { FindingCount } from '../../store/finding-count-store.ts';
import type { ImagePackage } from '../../store/image-store.ts';
import type { Store } from '../../store/store.ts';
import { feedRecords, installedPackages } from '../../testing/store-arbitraries.ts';
import {
  affectedRow,
  ancestry,
  feedUpdate,
  image,
  installed,
  keys,
  record,
  stream,
} from '../../testing/store-content.ts';
import { storeEngines } from '../../testing/store-engines.ts';
import { assessPackages } from '../findings/assess-packages.ts';
import { countFindings } from './count-findings.ts';

const extensions = { schemes: [], sources: [] };

/** A step in the life of a fleet. */
type Step =
  | { readonly kind: 'advisories'; readonly records: readonly KeyedVulnerabilityRecord[] }
  | { readonly kind: 'ratings'; readonly ratings: readonly Enrichment[]; readonly source: 'nvd' | 'kev' }
  | { readonly kind: 'image'; readonly base: readonly ImagePackage[]; readonly own: readonly ImagePackage[] };

const severity = fc.constantFrom('Low', 'High', 'Critical');
const ratings = fc
  .uniqueArray(fc.tuple(fc.integer({ min: 0, max: 9 }), severity), { selector: ([id]) => id })
  .map((rated) => rated.map(([id, one]) => ({ id: `CVE-${id}`, severity: one })));
const exploited = fc
  .uniqueArray(fc.integer({ min: 0, max: 9 }))
  .map((ids) => ids.map((id) => ({ id: `CVE-${id}`, exploited: { since: '2026-01-01' } }) as Enrichment));
const step: fc.Arbitrary<Step> = fc.oneof(
  feedRecords.map((records) => ({
    kind: 'advisories' as const,
    // Without a severity of the vendor, that of a rating counts.
    records: records.map((one) => ({ ...one, severity: 'Unknown' as const })),
  })),
  ratings.map((rated) => ({ kind: 'ratings' as const, ratings: rated, source: 'nvd' as const })),
  exploited.map((listed) => ({ kind: 'ratings' as const, ratings: listed, source: 'kev' as const })),
  fc
    .record({ base: installedPackages, own: installedPackages })
    .map((lists) => ({ kind: 'image' as const, ...lists })),
);

/** A feed no longer covers a namespace, whose records are retained. Then it covers it again, with other records. */
const namespaceReturns: Step[] = [
  { kind: 'image', base: [], own: [installed('openssl')] },
  ...[[affectedRow('openssl')], [], [affectedRow('openssl', { keys: keys([], [1]) })]].map((affected) => ({
    kind: 'advisories' as const,
    records: [record('CVE-1', { affected })],
  })),
];

for (const engine of storeEngines) {
  test(`${engine.name}: counts the same findings as the reports of all images after any changes`, async (t) => {
    const runs = engine.name === 'sqlite in memory' ? 60 : 5;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 8 }), async (steps) => {
        const fleet = await openFleet(t, engine);
        for (const one of steps) {
          await fleet.take(one);
          await fleet.count();
          assert.deepEqual(await fleet.totals(), await fleet.reported());
        }
        await fleet.store[Symbol.asyncDispose]();
      }),
      { numRuns: runs, examples: [[namespaceReturns]] },
    );
  });
}

interface Fleet {
  readonly store: Store;
  take(step: Step): Promise<void>;
  count(): Promise<void>;
  totals(): Promise<readonly string[]>;
  /** Counts the findings of a report of each image. */
  reported(): Promise<readonly string[]>;
}

async function openFleet(t: TestContext, engine: (typeof storeEngines)[number]): Promise<Fleet> {
  const store = await engine.create(t)();
  const images = new Map<number, readonly ImagePackage[]>();
  let updates = 0;
  const update = (source: string, feed: string) =>
    feedUpdate({ source, feed, fingerprint: String(updates++), acceptShrunk: true });
  return {
    store,
    async take(one) {
      if (one.kind === 'advisories')
        await store.advisories.apply(update('debian', 'tracker'), stream(one.records));
      else if (one.kind === 'ratings')
        await store.enrichments.apply(
          update(one.source, 'all'),
          stream(one.ratings.map((rating) => ({ kind: 'enrichment' as const, ...rating }))),
        );
      else {
        const packages = [...placed(one.base, 'base'), ...placed(one.own, 'own')];
        const number = await store.images.save(image(packages));
        images.set(number, packages);
        await store.ancestries.save(ancestry(`image ${number}`, number));
      }
    },
    count: () => countFindings({ store, extensions, signal: new AbortController().signal }),
    totals: async () => ((await store.findingCounts.findTotals())?.findings ?? []).map(textOf).sort(),
    async reported() {
      const counts = new Map<string, FindingCount>();
      for (const [number, packages] of images) {
        const { findings } = await assessPackages(number, packages, { store, extensions });
        for (const { vulnerability, fix } of findings.matches) {
          const kev = vulnerability.kev === null ? 'unknown' : vulnerability.kev ? 'yes' : 'no';
          const one = {
            severity: vulnerability.severity,
            isFixable: fix.state === 'fixed',
            exploited: kev,
          } as const;
          const key = JSON.stringify(one);
          counts.set(key, { ...one, findings: 1 + (counts.get(key)?.findings ?? 0) });
        }
      }
      return [...counts.values()].map(textOf).sort();
    },
  };
}

/** Puts packages into a part of their own, at a path of their own. */
function placed(packages: readonly ImagePackage[], part: string): ImagePackage[] {
  return packages.map((item) => ({ ...item, location: { path: part, layer: null }, foundBy: part }));
}

function textOf({ severity: rated, isFixable, exploited: kev, findings }: FindingCount): string {
  return `${rated} ${isFixable ? 'fixable' : 'unfixed'} ${kev}: ${findings}`;
}
