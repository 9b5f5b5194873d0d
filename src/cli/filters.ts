import { onlyNew } from '../match/compare-reports.ts';
import { onlyFixed, withoutFixStates } from '../match/report-filters.ts';
import type { FixState } from '../model/fix.ts';
import type { AssessedReport } from '../service/findings/match-image.ts';
import type { AssessmentOptions } from './assess.ts';
import type { CommandContext } from './command-context.ts';
import { openComparable } from './comparable.ts';
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
  const applySuppressions = await readSuppressions(options, new Date(options.asOf ?? Date.now()));
  const loadBaseline =
    options.newSince === undefined ? undefined : await openComparable(options.newSince, options);
  return async (assessed, context) => {
    const suppressed = await applySuppressions(assessed);
    const { report } = suppressed;
    const baseline = await loadBaseline?.(context);
    const fresh = baseline === undefined ? report : onlyNew(report, baseline);
    const wanted = withoutFixStates(fresh, options.ignoreStatus ?? []);
    return { ...suppressed, report: options.onlyFixed ? onlyFixed(wanted) : wanted };
  };
}
