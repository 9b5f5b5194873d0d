import { onlyNew } from '../match/compare-reports.ts';
import { onlyFixed } from '../match/report-filters.ts';
import type { AssessedReport } from '../service/findings/match-image.ts';
import type { AssessmentOptions } from './assess.ts';
import type { CommandContext } from './command-context.ts';
import { openComparable } from './comparable.ts';
import { readSuppressions, type SuppressionOptions } from './suppression/suppressions.ts';

/** Options that leave findings out of the count. */
export interface FilterOptions extends AssessmentOptions, SuppressionOptions {
  readonly onlyFixed?: boolean;
  /** A report that was written earlier, or another image. */
  readonly newSince?: string;
}

/** Leaves out of the count what is not to be in it; it is kept among the suppressed findings, with the reason. */
export type ReportFilter = (assessed: AssessedReport, context: CommandContext) => Promise<AssessedReport>;

/** Reads what the options name, before anything is scanned: first the exceptions count, then what is new, then what is fixed. */
export async function openFilter(options: FilterOptions): Promise<ReportFilter> {
  const applySuppressions = await readSuppressions(options, new Date(options.asOf ?? Date.now()));
  const loadBaseline =
    options.newSince === undefined ? undefined : await openComparable(options.newSince, options);
  return async (assessed, context) => {
    const { report, isAssessed } = await applySuppressions(assessed);
    const baseline = await loadBaseline?.(context);
    const fresh = baseline === undefined ? report : onlyNew(report, baseline);
    return { report: options.onlyFixed ? onlyFixed(fresh) : fresh, isAssessed };
  };
}
