import type { Match } from '../../model/report.ts';
import type { Extensions } from '../../plugin/extensions.ts';
import type {
  DueImage,
  DueSet,
  Exploitation,
  FindingCount,
  SetFindings,
} from '../../store/finding-count-store.ts';
import type { ImagePackage } from '../../store/image-store.ts';
import type { Lease } from '../../store/lock-store.ts';
import type { Store } from '../../store/store.ts';
import { assessPackages } from '../findings/assess-packages.ts';

/** Dependencies of `countFindings`. */
export interface CountFindingsDeps {
  readonly store: Pick<Store, 'findingCounts' | 'images' | 'advisories' | 'enrichments' | 'vulnerabilities'>;
  readonly extensions: Pick<Extensions, 'schemes' | 'sources'>;
  readonly signal: AbortSignal;
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
const rulesVersion = 2;

/**
 * Counts the findings of the package sets that changes of advisories and ratings concern, and of new sets. Then sums them over all images.
 * A set is counted in the newest image that has it. Stops early if the signal aborts: the next call continues.
 */
export async function countFindings(deps: CountFindingsDeps): Promise<void> {
  const { store, extensions, signal, lease } = deps;
  const rules = [rulesVersion, ...extensions.sources.map(({ name }) => name).sort()].join(' ');
  await store.findingCounts.markChanged(rules, lease);
  while (!signal.aborted) {
    const due = await store.findingCounts.findDue(imagesAtATime);
    if (due.length === 0) break;
    const counted: SetFindings[] = [];
    for (const image of due) counted.push(...(await countImage(image, deps)));
    await store.findingCounts.save(distinct(counted), lease);
  }
  if (!signal.aborted) await store.findingCounts.updateTotals(lease);
}

/** Two images of a step can have the same set. */
function distinct(counted: readonly SetFindings[]): SetFindings[] {
  return [...new Map(counted.map((one) => [one.set, one])).values()];
}

async function countImage(due: DueImage, deps: CountFindingsDeps): Promise<SetFindings[]> {
  const { packages } = await deps.store.images.findByNumber(due.image);
  const { findings } = await assessPackages(due.image, packages, deps);
  const setOf = setsByPackage(packages, due);
  const counts = new Map(due.sets.map(({ set }) => [set, new CountTable()]));
  for (const match of findings.matches) {
    const of = setOf(match);
    if (of !== undefined) counts.get(of.set)?.add(match);
  }
  return due.sets.map((one) => ({ ...one, counts: counts.get(one.set)?.rows() ?? [] }));
}

/** Returns a function that finds the set of the package of a finding. Undefined if the set is not due. */
function setsByPackage(
  packages: readonly ImagePackage[],
  due: DueImage,
): (match: Match) => DueSet | undefined {
  const keyOf = ({ purl, location }: Pick<ImagePackage, 'purl' | 'location'>): string =>
    `${purl}\n${location.path}`;
  const sets = new Map<string, DueSet | undefined>();
  for (const [position, item] of packages.entries()) {
    const key = keyOf(item);
    if (!sets.has(key)) sets.set(key, due.setOf(position));
  }
  return (match) => sets.get(keyOf(match.package));
}

/** Counts findings by severity, fix and exploitation. */
class CountTable {
  readonly #rows = new Map<string, FindingCount>();

  add({ vulnerability: { severity, kev }, fix }: Match): void {
    const isFixable = fix.state === 'fixed';
    const exploited = exploitationOf(kev);
    const key = `${severity} ${isFixable} ${exploited}`;
    const findings = 1 + (this.#rows.get(key)?.findings ?? 0);
    this.#rows.set(key, { severity, isFixable, exploited, findings });
  }

  rows(): FindingCount[] {
    return [...this.#rows.values()];
  }
}

function exploitationOf(kev: boolean | null): Exploitation {
  if (kev === null) return 'unknown';
  return kev ? 'yes' : 'no';
}
