import { isDeepStrictEqual } from 'node:util';
import type { VersionScheme } from '../../plugin/version-scheme.ts';
import type { LabelWeight } from '../../store/finding-index-store.ts';
import type { Store } from '../../store/store.ts';
import { type FleetUpgrades, type FleetUpgradesDeps, planFleetUpgrades } from './fleet-upgrades.ts';
import { KeptValue, type KeptValues } from './kept-value.ts';
import { findOutdatedBases, type OutdatedBase } from './outdated-bases.ts';

/** Number of upgrades that are kept. */
export const keptUpgrades = 100;

/** The kept upgrades, with the state of the findings that they were computed from. */
interface KeptUpgrades {
  /** Differs if the findings have changed. Null if they are changing. */
  readonly state: unknown;
  readonly plan: FleetUpgrades | null;
}

const keptUpgradesOfAll = new KeptValue<KeptUpgrades>('findings/upgrades');

/** Dependencies of `updateUpgrades`. */
export interface UpdateUpgradesDeps {
  readonly store: FleetUpgradesDeps['store'] & Pick<Store, 'keyValues' | 'knownImages'>;
  readonly schemes: readonly VersionScheme[];
  readonly signal: AbortSignal;
  readonly weights?: readonly LabelWeight[] | undefined;
}

/** Marks the kept upgrades as old before findings change, so that an interruption cannot leave them. Requests get them until they are computed. */
export async function markUpgradesOld(store: KeptValues): Promise<void> {
  const kept = await keptUpgradesOfAll.read(store);
  if (kept !== undefined && kept.state !== null)
    await keptUpgradesOfAll.keep(store, { ...kept, state: null });
}

/**
 * Ranks the upgrades of all images again if their findings or the weights have changed. `scores` names the state of the scores of exploitation. Stops early if
 * the signal aborts: the next call begins again.
 */
export async function updateUpgrades(
  scores: string | undefined,
  { store, schemes, signal, weights = [] }: UpdateUpgradesDeps,
): Promise<void> {
  const totals = await store.findingCounts.findTotals();
  const bases = await findOutdatedBases(store);
  // As it is read again from JSON.
  const state: unknown = JSON.parse(
    JSON.stringify([
      ...[scores ?? null, totals ?? null, bases.map(identityOfMove)],
      ...(weights.length > 0 ? [weights] : []),
    ]),
  );
  const kept = await keptUpgradesOfAll.read(store);
  if (kept !== undefined && isDeepStrictEqual(kept.state, state)) return;
  const plan = await planFleetUpgrades(
    { limit: keptUpgrades, bases, weights },
    { store, schemes, signal },
  ).catch((error: unknown) => {
    if (signal.aborted) return undefined;
    throw error;
  });
  if (plan !== undefined) await keptUpgradesOfAll.keep(store, { state, plan });
}

/** A name may get another meaning without a change of any finding. */
function identityOfMove({ image, newer, name }: OutdatedBase): unknown {
  return [image.number, newer.number, name];
}

/** Returns the upgrades of all images as a server has last ranked them. Undefined before the first time. */
export async function findKeptUpgrades(store: KeptValues): Promise<FleetUpgrades | undefined> {
  return (await keptUpgradesOfAll.read(store))?.plan ?? undefined;
}
