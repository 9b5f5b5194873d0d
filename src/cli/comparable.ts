import { readAt, statsOf } from '../image/container/local-file.ts';
import type { ComparableReport } from '../match/compare-reports.ts';
import { looksLikeReport, readReport } from '../report/read-report.ts';
import { type AssessmentOptions, assess, openTarget } from './assess.ts';
import type { CommandContext } from './command-context.ts';
import { readInputFile } from './read-file.ts';

/** What a report is compared with: one that was written earlier, or another image, which is still to be assessed. */
export type LoadComparable = (context: CommandContext) => Promise<ComparableReport>;

/** Finds out what a text names: the file of a report, or the target of an image. Throws `target-…` errors before anything is scanned. */
export async function openComparable(target: string, options: AssessmentOptions): Promise<LoadComparable> {
  const file = await reportAt(target);
  if (file !== undefined) return async () => file;
  // The manifest is that of the other image.
  const { manifest: _, ...ownOptions } = options;
  const opened = await openTarget(target, ownOptions);
  return async (context) => (await assess(context, opened, ownOptions)).report;
}

/** As much of a file as tells a report from an image. */
const startBytes = 64;

async function reportAt(path: string): Promise<ComparableReport | undefined> {
  const isFile = statsOf(path)?.isFile() === true;
  if (!isFile || !looksLikeReport(readAt(path, 0, startBytes))) return undefined;
  const report = readReport(
    path,
    await readInputFile(path, { limit: 'reportBytes', code: 'target-not-found' }),
  );
  return report && { ...report, target: { reference: path } };
}
