import { rankUpgrades } from '../../match/upgrades/plan-upgrades.ts';
import type { PlannedUpgrade, UpgradeRanking } from '../../model/upgrade.ts';
import type { VersionScheme } from '../../plugin/version-scheme.ts';
import type { LabelWeight, WeighedScope } from '../../store/finding-index-store.ts';
import type { Store } from '../../store/store.ts';
import { CollectedFindings } from './collected-findings.ts';
import { type BaseMoveReads, findBaseMoves } from './fleet-base-moves.ts';
import type { OutdatedBase } from './outdated-bases.ts';

/** An upgrade of many images. Their packages are not listed, and only the first twenty of their versions or older base images. */
export interface FleetUpgrade extends Omit<PlannedUpgrade, 'packages'> {
  /** Number of all installed versions, or of older base images. */
  readonly versionCount: number;
}

/** Maximum number of listed versions. */
const versionsListedMax = 20;

/** The best upgrades of many images, and when their findings were counted. */
export interface FleetUpgrades extends Omit<UpgradeRanking, 'upgrades'> {
  /** ISO 8601. */
  readonly countedAt: string;
  /** The weights by which they are ranked. Absent without any. */
  readonly weights?: readonly LabelWeight[];
  readonly upgrades: readonly FleetUpgrade[];
}

/** Dependencies of `planFleetUpgrades`. */
export interface FleetUpgradesDeps {
  readonly store: Pick<Store, 'findingCounts'> & BaseMoveReads;
  readonly schemes: readonly VersionScheme[];
  readonly signal?: AbortSignal | undefined;
}

/** The images to upgrade, and the number of listed upgrades. */
export interface FleetUpgradesScope extends WeighedScope {
  readonly limit: number;
  /** The base images that images could leave, see `findOutdatedBases`. */
  readonly bases: readonly OutdatedBase[];
}

/** Number of package sets per read. */
const setsAtATime = 200;

/**
 * Ranks the upgrades of the counted images of a scope. Reads all of their findings. The index has no ranges of versions: an upgrade closes
 * a finding if its version is at least the fixed one. Returns undefined before the first count. Throws the reason of the signal if that
 * aborts.
 */
export async function planFleetUpgrades(
  { limit, bases, ...scope }: FleetUpgradesScope,
  { store, schemes, signal }: FleetUpgradesDeps,
): Promise<FleetUpgrades | undefined> {
  const totals = await store.findingCounts.findTotals();
  if (totals === undefined) return undefined;
  const moves = await findBaseMoves(bases, scope, store);
  const collected = new CollectedFindings(moves);
  for (let after: number | undefined = 0; after !== undefined; ) {
    signal?.throwIfAborted();
    const { sets, next } = await store.findingIndex.pageUpgrades(scope, { limit: setsAtATime, after });
    for (const set of sets) collected.add(set);
    after = next;
  }
  const ranking = rankUpgrades(collected.findings(), {
    schemes,
    limit,
    moves: moves.moves,
    imagesOf: (closed) => collected.imagesOf(closed),
  });
  const upgrades = ranking.upgrades.map(({ packages: _, versions, ...upgrade }) => ({
    ...upgrade,
    versions: versions.slice(0, versionsListedMax),
    versionCount: versions.length,
  }));
  const { weights = [] } = scope;
  return { ...ranking, countedAt: totals.at, ...(weights.length > 0 && { weights }), upgrades };
}
