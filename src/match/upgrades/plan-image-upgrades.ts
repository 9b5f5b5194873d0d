import type { Report } from '../../model/report.ts';
import type { ImageUpgradePlan } from '../../model/upgrade.ts';
import { planUpgrades, type UpgradePlanOptions } from './plan-upgrades.ts';
import { rebuildTest } from './rebuilt-packages.ts';

/** Options of `planImageUpgrades`. */
export interface ImageUpgradeOptions extends Pick<UpgradePlanOptions, 'schemes' | 'bases' | 'limit'> {
  /** Whether to rebuild the image is one of the upgrades. A patch of the Dockerfile does what a rebuild does. */
  readonly mayRebuild: boolean;
}

/** Returns what to upgrade first in the image of a report, without what could not be judged. */
export function planImageUpgrades(
  report: Report,
  { mayRebuild, ...options }: ImageUpgradeOptions,
): Omit<ImageUpgradePlan, 'doubts'> {
  const { reference, names, digest } = report.target;
  const isRebuilt = mayRebuild ? rebuildTest(report) : () => false;
  const findings = report.matches.map((match) => ({
    ...match,
    weight: 1,
    isRebuilt: isRebuilt(match),
    isOfBase: match.package.fromBase === true,
  }));
  return {
    schemaVersion: 1,
    target: { reference, ...(names && { names }), ...(digest && { digest }) },
    verdict: report.verdict,
    ...planUpgrades(findings, options),
  };
}
