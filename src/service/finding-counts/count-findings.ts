import type { Match } from '../../model/report.ts';
import type { Extensions } from '../../plugin/extensions.ts';
import type {
  DueImage,
  DueSet,
  Exploitation,
  SetFinding,
  SetFindings,
} from '../../store/finding-count-store.ts';
import type { LabelWeight } from '../../store/finding-index-store.ts';
import type { ImagePackage } from '../../store/image-store.ts';
import type { Lease } from '../../store/lock-store.ts';
import type { Store } from '../../store/store.ts';
import { assessPackages } from '../findings/assess-packages.ts';
import { updateImagesBySource } from './images-by-source.ts';
import { updateImageTotals } from './list-totals.ts';
import { updateUnassessed } from './unassessed-fleet.ts';
import { scoresKey, updateScores } from './update-scores.ts';
import { markUpgradesOld, updateUpgrades } from './update-upgrades.ts';

type CountedParts =
  | 'findingCounts'
  | 'findingIndex'
  | 'findingAges'
  | 'baseImages'
  | 'knownImages'
  | 'images'
  | 'advisories'
  | 'enrichments'
  | 'vulnerabilities'
  | 'keyValues';

/** Dependencies of `countFindings`. */
export interface CountFindingsDeps {
  readonly store: Pick<Store, CountedParts | 'now'>;
  readonly extensions: Pick<Extensions, 'schemes' | 'sources'>;
  readonly signal: AbortSignal;
  /** How much images count when upgrades are ranked. */
  readonly weights?: readonly LabelWeight[] | undefined;
  /** The lease of the job, without which nothing is written. */
  readonly lease?: Lease;
}

/** Identity of the job that counts findings. */
export const counting = { name: 'count findings', kind: 'count', lane: 'maintenance' } as const;

/** How often a server counts findings, in milliseconds. */
export const countIntervalMs: number = 15 * 60_000;

/** Number of images per step. Another process waits only milliseconds for the write of a step. */
const imagesAtATime = 20;

/** Raise it when images get other findings from the same data: all sets are then counted again. */
const rulesVersion = 3;

/**
 * Counts the findings of the package sets that changes of advisories and ratings concern, and of new sets. Then sums them over all images.
 * A set is counted in the newest image that has it. Stops early if the signal aborts: the next call continues.
 */
export async function countFindings(deps: CountFindingsDeps): Promise<void> {
  const { store, extensions, signal, lease } = deps;
  const rules = [rulesVersion, ...extensions.sources.map(({ name }) => name).sort()].join(' ');
  await store.findingCounts.markChanged(rules, lease);
  let isMarked = false;
  while (!signal.aborted) {
    const due = await store.findingCounts.findDue(imagesAtATime);
    if (due.length === 0) break;
    const counted: SetFindings[] = [];
    if (!isMarked) await markUpgradesOld(store);
    isMarked = true;
    for (const image of due) counted.push(...(await countImage(image, deps)));
    await store.findingCounts.save(distinct(counted), lease);
  }
  if (!signal.aborted) await store.findingCounts.updateImages({ signal, lease });
  if (!signal.aborted) await store.baseImages.update({ signal, lease });
  if (!signal.aborted) await updateScores(deps);
  if (!signal.aborted) await store.findingCounts.updateTotals(lease);
  if (!signal.aborted) await countCoverage(deps);
  if (!signal.aborted) await rankFleet(deps);
  if (!signal.aborted) await store.findingAges.update({ signal, lease });
}

/** Its cost depends on the number of images, which are read once. */
async function countCoverage(deps: CountFindingsDeps): Promise<void> {
  const groups = await deps.store.findingIndex.groupByNamespaces();
  await updateUnassessed(groups, deps);
  await updateImagesBySource(groups, deps);
  await updateImageTotals(groups, deps);
}

async function rankFleet({
  store,
  extensions: { schemes },
  signal,
  weights,
}: CountFindingsDeps): Promise<void> {
  await updateUpgrades(await store.keyValues.get(scoresKey), { store, schemes, signal, weights });
}

/** Two images of a step can have the same set. */
function distinct(counted: readonly SetFindings[]): SetFindings[] {
  return [...new Map(counted.map((one) => [one.set, one])).values()];
}

async function countImage(due: DueImage, deps: CountFindingsDeps): Promise<SetFindings[]> {
  const { packages } = await deps.store.images.findByNumber(due.image);
  const { findings } = await assessPackages(due.image, packages, deps);
  const placeOf = placesByPackage(packages, due);
  const found = new Map<number, SetFinding[]>(due.sets.map(({ set }) => [set, []]));
  for (const match of findings.matches) {
    const place = placeOf(match);
    if (place?.due !== undefined) found.get(place.due.set)?.push(findingOf(match, place.item));
  }
  return due.sets.map((one) => ({ ...one, findings: found.get(one.set) ?? [] }));
}

/** A package, and its set if that is due. */
interface PackagePlace {
  readonly item: ImagePackage;
  readonly due: DueSet | undefined;
}

/** Returns a function that finds the package of a finding. */
function placesByPackage(
  packages: readonly ImagePackage[],
  due: DueImage,
): (match: Match) => PackagePlace | undefined {
  const keyOf = ({ purl, location }: Pick<ImagePackage, 'purl' | 'location'>): string =>
    `${purl}\n${location.path}`;
  const places = new Map<string, PackagePlace>();
  for (const [position, item] of packages.entries()) {
    const key = keyOf(item);
    if (!places.has(key)) places.set(key, { item, due: due.setOf(position) });
  }
  return (match) => places.get(keyOf(match.package));
}

function findingOf({ vulnerability, fix, evidence }: Match, item: ImagePackage): SetFinding {
  const { type, name, version, purl, source, lookup } = item;
  return {
    vulnerability: vulnerability.id,
    severity: vulnerability.severity,
    exploited: exploitationOf(vulnerability.kev),
    epss: vulnerability.epss,
    fix: fix.state === 'fixed' ? { state: fix.state, version: fix.version } : { state: fix.state },
    package: {
      namespace: evidence[0]?.namespace ?? lookup?.namespace.name ?? type,
      lookupName: lookup?.name ?? name,
      type,
      name,
      version,
      purl,
      source: source?.name ?? null,
    },
  };
}

function exploitationOf(kev: boolean | null): Exploitation {
  if (kev === null) return 'unknown';
  return kev ? 'yes' : 'no';
}
