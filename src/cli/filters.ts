import { ClairError } from '../core/errors.ts';
import { type ComparableReport, onlyNew } from '../match/compare-reports.ts';
import { onlyFixed, withoutFixStates } from '../match/report-filters.ts';
import type { FixState } from '../model/fix.ts';
import type { AssessedReport } from '../service/findings/match-image.ts';
import type { AssessmentOptions } from './assess.ts';
import type { CommandContext } from './command-context.ts';
import { readSuppressions, type SuppressionOptions } from './suppression/suppressions.ts';

/** Options that suppress findings. */
export interface FilterOptions extends AssessmentOptions, SuppressionOptions {
  readonly onlyFixed?: boolean;
  /** States of a fix whose findings are suppressed. */
  readonly ignoreStatus?: readonly FixState[];
  /** A saved report or another image, whose findings are suppressed. */
  readonly newSince?: string;
}

/** Moves findings to the suppressed ones, each with a reason. */
export type ReportFilter = (assessed: AssessedReport, context: CommandContext) => Promise<AssessedReport>;

/** Reads the files of the options before the scan. The filter applies suppressions, then `--new-since`, then `--ignore-status` and `--only-fixed`. */
export async function openFilter(options: FilterOptions): Promise<ReportFilter> {
  const applyRules = await readRulesOf(options);
  const { newSince } = options;
  const loadBaseline =
    newSince === undefined
      ? undefined
      : await (await import('./comparable.ts')).openComparable(newSince, options);
  return async (assessed, context) =>
    applyOptions(await applyRules(assessed), await loadBaseline?.(context), options);
}

/** Like `openFilter`, for a report of a server: there is no database. Throws `usage` if `--new-since` names an image. */
export async function openRemoteFilter(
  options: FilterOptions,
): Promise<(assessed: AssessedReport) => Promise<AssessedReport>> {
  const applyRules = await readRulesOf(options);
  const { newSince } = options;
  const baseline =
    newSince === undefined ? undefined : await (await import('./comparable.ts')).savedReportAt(newSince);
  if (newSince !== undefined && baseline === undefined)
    throw new ClairError('usage', `with --server, --new-since names a JSON report, which ${newSince} is not`);
  return async (assessed) => applyOptions(await applyRules(assessed), baseline, options);
}

function readRulesOf(options: FilterOptions): ReturnType<typeof readSuppressions> {
  return readSuppressions(options, new Date(options.asOf ?? Date.now()));
}

function applyOptions(
  suppressed: AssessedReport,
  baseline: ComparableReport | undefined,
  { ignoreStatus = [], onlyFixed: isOnlyFixed = false }: FilterOptions,
): AssessedReport {
  const { report } = suppressed;
  const fresh = baseline === undefined ? report : onlyNew(report, baseline);
  const wanted = withoutFixStates(fresh, ignoreStatus);
  return { ...suppressed, report: isOnlyFixed ? onlyFixed(wanted) : wanted };
}
