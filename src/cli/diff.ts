import { compareReports } from '../match/compare-reports.ts';
import { differenceLines } from '../report/difference.ts';
import type { AssessmentOptions } from './assess.ts';
import { openEarlier } from './earlier.ts';
import { writeAnswer } from './output.ts';
import { openRoom } from './room.ts';

/** Options of `clair diff`. */
export interface DiffOptions extends AssessmentOptions {
  readonly format: 'table' | 'json';
}

/** `clair diff`: what came and what went from one image, or report of one, to another. */
export async function diff(from: string, to: string, options: DiffOptions): Promise<number> {
  const sides = [await openEarlier(from, options), await openEarlier(to, options)] as const;
  await using room = await openRoom(options);
  const difference = compareReports(await sides[0](room), await sides[1](room));
  writeAnswer(options.format, difference, (display) => differenceLines(difference, display));
  return 0;
}
