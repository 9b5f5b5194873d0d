import { readAt, statsOf } from '../image/container/local-file.ts';
import type { ComparableReport } from '../match/compare-reports.ts';
import { looksLikeReport, readReport } from '../report/read-report.ts';
import { type AssessmentOptions, assess, openTarget } from './assess.ts';
import type { CommandContext } from './command-context.ts';
import { readInputFile } from './read-file.ts';

/** Returns the report to compare with: a saved one, or one of another image, which it assesses. */
export type LoadComparable = (context: CommandContext) => Promise<ComparableReport>;

/** Opens a saved report or another image, whichever the target names. Throws `target-…` errors before the scan. */
export async function openComparable(target: string, options: AssessmentOptions): Promise<LoadComparable> {
  const file = await savedReportAt(target);
  if (file !== undefined) return async () => file;
  // The manifest belongs to the first image.
  const { manifest: _, ...ownOptions } = options;
  const opened = await openTarget(target, ownOptions);
  return async (context) => (await assess(context, opened, ownOptions)).report;
}

/** Bytes at the start of a file that suffice to recognize a report. */
const startBytes = 64;

/** Returns whether a path is a file that begins like a saved report. */
export function isReportFile(path: string): boolean {
  return statsOf(path)?.isFile() === true && looksLikeReport(readAt(path, 0, startBytes));
}

/** Reads the saved report of a path. Returns undefined if the file is not a report. Throws `target-corrupt`. */
export async function savedReportAt(path: string): Promise<ComparableReport | undefined> {
  if (!isReportFile(path)) return undefined;
  const report = readReport(
    path,
    await readInputFile(path, { limit: 'reportBytes', code: 'target-not-found' }),
  );
  return report && { ...report, target: { reference: path } };
}
