import { readAt, statsOf } from '../image/medium/local-file.ts';
import type { ComparableReport } from '../match/compare-reports.ts';
import { looksLikeReport, readReport } from '../report/read-report.ts';
import { type AssessmentOptions, assessIn, openTarget } from './assess.ts';
import { readWhole } from './read-file.ts';
import type { Room } from './room.ts';

/** What a report is compared with: one that was written earlier, or another image, which is still to be assessed. */
export type Earlier = (room: Room) => Promise<ComparableReport>;

/** Finds out what a text names: the file of a report, or the target of an image. Throws `target-…` errors before anything is scanned. */
export async function openEarlier(target: string, options: AssessmentOptions): Promise<Earlier> {
  const file = await reportAt(target);
  if (file !== undefined) return async () => file;
  // The manifest is that of the other image.
  const { manifest: _, ...ownOptions } = options;
  const opened = await openTarget(target, ownOptions);
  return async (room) => (await assessIn(room, opened, ownOptions)).report;
}

/** As much of a file as tells a report from an image. */
const startBytes = 64;

async function reportAt(path: string): Promise<ComparableReport | undefined> {
  const isFile = statsOf(path)?.isFile() === true;
  if (!isFile || !looksLikeReport(readAt(path, 0, startBytes))) return undefined;
  const report = readReport(path, await readWhole(path, { limit: 'reportBytes', code: 'target-not-found' }));
  return report && { ...report, target: { reference: path } };
}
