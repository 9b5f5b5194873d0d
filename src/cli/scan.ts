import { onlyNew } from '../match/compare-reports.ts';
import { onlyFixed, reaches } from '../match/policy.ts';
import type { Severity } from '../model/severity.ts';
import type { ReportFormat } from '../plugin/report-format.ts';
import type { AssessedReport } from '../service/match-image.ts';
import { type AssessmentOptions, assessIn, openTarget } from './assess.ts';
import { openEarlier } from './earlier.ts';
import { displayFor, writeResult } from './output.ts';
import { type ExceptionOptions, readExceptions } from './policy/exceptions.ts';
import { openRoom } from './room.ts';

/** Options of `clair scan`. */
export interface ScanOptions extends AssessmentOptions, ExceptionOptions {
  readonly format: ReportFormat;
  readonly output?: string;
  readonly failOn?: Severity;
  readonly onlyFixed?: boolean;
  /** A report that was written earlier, or another image. */
  readonly newSince?: string;
}

/** `clair scan`: what is vulnerable in an image. Answers the exit status. */
export async function scan(target: string, options: ScanOptions): Promise<number> {
  const { report, isAssessed } = await assess(target, options);
  writeResult(options.format.write(report, displayFor(options.output)), options.output);
  if (options.failOn === undefined) return 0;
  if (reaches(report, options.failOn)) return 1;
  return isAssessed ? 0 : 4;
}

/** The report, as far as the options want to see it. */
async function assess(target: string, options: ScanOptions): Promise<AssessedReport> {
  const except = await readExceptions(options, new Date(options.asOf ?? Date.now()));
  const opened = await openTarget(target, options);
  const earlier = options.newSince === undefined ? undefined : await openEarlier(options.newSince, options);
  await using room = await openRoom(options);
  const { report, isAssessed } = await except(await assessIn(room, opened, options));
  const known = await earlier?.(room);
  const fresh = known === undefined ? report : onlyNew(report, known);
  return { report: options.onlyFixed ? onlyFixed(fresh) : fresh, isAssessed };
}
