import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import type { Enrichment } from '../../model/enrichment.ts';
import type { Match } from '../../model/report.ts';
import { type Severity, severities, worstSeverity } from '../../model/severity.ts';
import type { KeyedVulnerabilityRecord } from '../../store/advisory-store.ts';
import type { FindingCount, FoundPackage } from '../../store/finding-count-store.ts';
import type { ImageFindings } from '../../store/finding-index-store.ts';
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
import { runsOn, storeEngines } from '../../testing/store-engines.ts';
import { assessPackages } from '../findings/assess-packages.ts';
import { countFindings } from './count-findings.ts';

const extensions = { schemes: [], sources: [] };

/** A step in the life of a fleet. */
type Step =
  | { readonly kind: 'advisories'; readonly records: readonly KeyedVulnerabilityRecord[] }
  | { readonly kind: 'ratings'; readonly ratings: readonly Enrichment[]; readonly source: 'nvd' | 'kev' }
  | { readonly kind: 'image'; readonly base: readonly ImagePackage[]; readonly own: readonly ImagePackage[] }
  /** The oldest image loses its name, and may be deleted. */
  | { readonly kind: 'forget'; readonly isDeleted: boolean };

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
  fc.boolean().map((isDeleted) => ({ kind: 'forget' as const, isDeleted })),
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
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 8 }), async (steps) => {
        const fleet = await openFleet(t, engine);
        for (const one of steps) {
          await fleet.take(one);
          await fleet.count();
          const reported = await fleet.reported();
          assert.deepEqual(await fleet.totals(), reported.totals);
          assert.deepEqual(await fleet.indexed(), reported.index);
        }
        await fleet.store[Symbol.asyncDispose]();
      }),
      { numRuns: runsOn(engine, 40), examples: [[namespaceReturns]] },
    );
  });
}

interface Fleet {
  readonly store: Store;
  take(step: Step): Promise<void>;
  count(): Promise<void>;
  totals(): Promise<readonly string[]>;
  /** Content of the index about images, findings and vulnerabilities. */
  indexed(): Promise<FleetIndex>;
  /** The same from a report of each image. */
  reported(): Promise<{ readonly totals: readonly string[]; readonly index: FleetIndex }>;
}

/** Images by their number, findings and vulnerabilities with the number of their images, and names of packages with that of theirs. */
interface FleetIndex {
  readonly images: readonly string[];
  readonly findings: readonly string[];
  readonly vulnerabilities: readonly string[];
  readonly packages: readonly string[];
}

async function openFleet(t: TestContext, engine: (typeof storeEngines)[number]): Promise<Fleet> {
  const clock = { now: Date.parse('2026-03-01T00:00:00Z') };
  const store = await engine.create(t)({ now: () => clock.now });
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
      else if (one.kind === 'forget') {
        const [oldest] = images.keys();
        if (oldest !== undefined) await store.ancestries.remove(`image ${oldest}`);
        images.delete(oldest ?? 0);
        clock.now += 1000;
        const kept = { keepHistoryMs: 3_600_000, keepEventsMs: 3_600_000 };
        if (one.isDeleted) await store.collectGarbage({ ...kept, keepLayersUnusedMs: 1 });
      } else {
        const packages = [...placed(one.base, 'base'), ...placed(one.own, 'own')];
        const number = await store.images.save(image(packages));
        images.set(number, packages);
        await store.ancestries.save(ancestry(`image ${number}`, number));
      }
    },
    count: () => countFindings({ store, extensions, signal: new AbortController().signal }),
    totals: async () => ((await store.findingCounts.findTotals())?.findings ?? []).map(textOf).sort(),
    indexed: () => indexedFleet(store, [...images.keys()]),
    reported: () => reportedFleet(store, images),
  };
}

/** Returns what the index has. */
async function indexedFleet(store: Store, images: readonly number[]): Promise<FleetIndex> {
  const all = { limit: 1000 };
  const { findings } = await store.findingIndex.pageFindings({}, all);
  const { vulnerabilities } = await store.findingIndex.pageVulnerabilities({}, { ...all, order: 'images' });
  const { packages } = await store.findingIndex.pagePackages({}, all);
  const ofImages = await store.findingIndex.findImages(images);
  return {
    images: [...ofImages].map(([number, one]) => `${number} ${indexedText(one)}`).sort(),
    findings: findings.map((one) => `${one.vulnerability} ${placeText(one.package)} ${one.images}`).sort(),
    vulnerabilities: vulnerabilities
      .map((one) => `${one.id} ${one.severity} ${one.exploited} ${one.packages} ${one.images}`)
      .sort(),
    packages: packages.map((one) => `${one.namespace} ${one.name} ${one.images}`).sort(),
  };
}

async function reportedFleet(
  store: Store,
  images: ReadonlyMap<number, readonly ImagePackage[]>,
): Promise<{ readonly totals: readonly string[]; readonly index: FleetIndex }> {
  const counts = new Map<string, FindingCount>();
  const reports = new ReportedFleet();
  for (const [number, packages] of images) {
    const { findings } = await assessPackages(number, packages, { store, extensions });
    reports.add(number, packages, findings.matches);
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
  return { totals: [...counts.values()].map(textOf).sort(), index: reports.index() };
}

/** Content that the index should have after these reports. */
class ReportedFleet {
  readonly #images: string[] = [];
  readonly #findings = new Map<string, Set<number>>();
  readonly #vulnerabilities = new Map<string, { images: Set<number>; packages: Set<string>; of: Match[] }>();
  readonly #packages = new Map<string, Set<number>>();

  add(image: number, packages: readonly ImagePackage[], matches: readonly Match[]): void {
    for (const { lookup } of packages)
      if (lookup !== null) addTo(this.#packages, `${lookup.namespace.name} ${lookup.name}`, image);
    for (const match of matches) {
      const { vulnerability, evidence, package: item } = match;
      const place = `${evidence[0]?.namespace} ${item.purl}`;
      addTo(this.#findings, `${vulnerability.id} ${place}`, image);
      const same = this.#vulnerabilities.get(vulnerability.id) ?? {
        images: new Set(),
        packages: new Set(),
        of: [],
      };
      this.#vulnerabilities.set(vulnerability.id, same);
      same.images.add(image);
      same.packages.add(place);
      same.of.push(match);
    }
    const ofSeverity = Object.fromEntries(
      severities.map((one) => [one, matches.filter((match) => match.vulnerability.severity === one).length]),
    ) as Record<Severity, number>;
    const namespaces = new Set(packages.flatMap(({ lookup }) => lookup?.namespace.name ?? []));
    const counted = {
      bySeverity: ofSeverity,
      namespaces: [...namespaces].sort(),
      fixable: matches.filter(({ fix }) => fix.state === 'fixed').length,
      exploited: matches.filter(({ vulnerability }) => vulnerability.kev === true).length,
    };
    this.#images.push(`${image} ${indexedText(counted)}`);
  }

  index(): FleetIndex {
    const withImages = ([text, images]: readonly [string, ReadonlySet<number>]): string =>
      `${text} ${images.size}`;
    return {
      images: this.#images.sort(),
      findings: [...this.#findings].map(withImages).sort(),
      vulnerabilities: [...this.#vulnerabilities]
        .map(([id, { images, packages, of }]) => {
          const kevs = of.map(({ vulnerability }) => vulnerability.kev);
          const exploited = kevs.includes(true) ? 'yes' : kevs.includes(null) ? 'unknown' : 'no';
          const severity = worstSeverity(of.map(({ vulnerability }) => vulnerability.severity));
          return `${id} ${severity} ${exploited} ${packages.size} ${images.size}`;
        })
        .sort(),
      packages: [...this.#packages].map(withImages).sort(),
    };
  }
}

function addTo(sets: Map<string, Set<number>>, key: string, image: number): void {
  const set = sets.get(key) ?? new Set();
  sets.set(key, set.add(image));
}

function placeText({ namespace, purl }: FoundPackage): string {
  return `${namespace} ${purl}`;
}

function indexedText({
  bySeverity,
  namespaces,
  fixable,
  exploited,
}: Omit<ImageFindings, 'countedAt' | 'unread'>): string {
  const counts = severities.map((one) => bySeverity[one]).join(' ');
  return `${counts} ${fixable} ${exploited} ${namespaces.join(',')}`;
}

/** Puts packages into a part of their own, at a path of their own. */
function placed(packages: readonly ImagePackage[], part: string): ImagePackage[] {
  return packages.map((item) => ({ ...item, location: { path: part, layer: null }, foundBy: part }));
}

function textOf({ severity: rated, isFixable, exploited: kev, findings }: FindingCount): string {
  return `${rated} ${isFixable ? 'fixable' : 'unfixed'} ${kev}: ${findings}`;
}
