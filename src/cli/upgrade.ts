import { planImageUpgrades } from '../match/upgrades/plan-image-upgrades.ts';
import type { UpgradePlanOptions } from '../match/upgrades/plan-upgrades.ts';
import type { BaseMove } from '../match/upgrades/upgrade-proposals.ts';
import type { Report } from '../model/report.ts';
import type { ImageUpgradePlan } from '../model/upgrade.ts';
import type { VersionScheme } from '../plugin/version-scheme.ts';
import { upgradePlanDockerfile } from '../report/upgrades/plan-dockerfile.ts';
import { unjudgedParts, upgradePlanLines } from '../report/upgrades/plan-lines.ts';
import { upgradePlanMarkdown } from '../report/upgrades/plan-markdown.ts';
import type { AssessedReport } from '../service/findings/match-image.ts';
import { otherBases } from '../service/findings/other-bases.ts';
import { assess, openTarget } from './assess.ts';
import { type BaseOptions, openBase } from './base-option.ts';
import { openAssessmentContext } from './command-context.ts';
import { exitStatusOf } from './exit-status.ts';
import { type FilterOptions, openFilter } from './filters.ts';
import { writeJsonOrText, writeText } from './output.ts';

/** Options of `clair upgrade`. */
export interface UpgradeOptions extends FilterOptions, BaseOptions {
  readonly format: 'table' | 'json' | 'markdown' | 'dockerfile';
  /** Maximum number of upgrades; all if absent. */
  readonly limit?: number;
}

/** Runs `clair upgrade`: prints what to upgrade first in an image. Returns the exit status. */
export async function upgrade(target: string, options: UpgradeOptions): Promise<number> {
  const filter = await openFilter(options);
  const markBase = await openBase(options);
  const opened = await openTarget(target, options);
  let assessed: AssessedReport;
  let schemes: readonly VersionScheme[];
  let bases: readonly BaseMove[] = [];
  {
    // Closes the database and clears the progress before the plan is written.
    await using context = await openAssessmentContext(options);
    const { image: _, ...own } = await assess(context, opened, options);
    assessed = await filter(await markBase(own, context), context);
    schemes = context.extensions.schemes;
    const { base } = assessed.report;
    if (base !== undefined) bases = await otherBases(base, { ...context, asOf: options.asOf });
  }
  writePlan(planOf(assessed.report, { schemes, bases }, options), assessed.report, options.format);
  return exitStatusOf(assessed, {});
}

function planOf(
  report: Report,
  known: Pick<UpgradePlanOptions, 'schemes' | 'bases'>,
  { limit, format }: UpgradeOptions,
): ImageUpgradePlan {
  // A patch of the Dockerfile does what a rebuild does, and says so.
  const mayRebuild = format !== 'dockerfile';
  return { ...planImageUpgrades(report, { ...known, limit, mayRebuild }), doubts: unjudgedParts(report) };
}

function writePlan(plan: ImageUpgradePlan, report: Report, format: UpgradeOptions['format']): void {
  switch (format) {
    case 'markdown':
      writeText(upgradePlanMarkdown(plan));
      break;
    case 'dockerfile':
      writeText(upgradePlanDockerfile(plan, report.packages));
      break;
    case 'table':
    case 'json':
      writeJsonOrText(format, plan, (display) => upgradePlanLines(plan, display));
  }
}
