import { onlyNew } from '../match/compare-reports.ts';
import { onlyFixed } from '../match/policy.ts';
import type { AssessedReport } from '../service/findings/match-image.ts';
import type { AssessmentOptions } from './assess.ts';
import { openEarlier } from './earlier.ts';
import { type ExceptionOptions, readExceptions } from './policy/exceptions.ts';
import type { Room } from './room.ts';

/** Options that leave findings out of the count. */
export interface FilterOptions extends AssessmentOptions, ExceptionOptions {
  readonly onlyFixed?: boolean;
  /** A report that was written earlier, or another image. */
  readonly newSince?: string;
}

/** Leaves out of the count what is not to be in it; it is kept among the suppressed findings, with the reason. */
export type Filter = (assessed: AssessedReport, room: Room) => Promise<AssessedReport>;

/** Reads what the options name, before anything is scanned: first the exceptions count, then what is new, then what is fixed. */
export async function openFilter(options: FilterOptions): Promise<Filter> {
  const except = await readExceptions(options, new Date(options.asOf ?? Date.now()));
  const earlier = options.newSince === undefined ? undefined : await openEarlier(options.newSince, options);
  return async (assessed, room) => {
    const { report, isAssessed } = await except(assessed);
    const known = await earlier?.(room);
    const fresh = known === undefined ? report : onlyNew(report, known);
    return { report: options.onlyFixed ? onlyFixed(fresh) : fresh, isAssessed };
  };
}
