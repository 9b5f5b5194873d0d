import { compareReports } from '../match/compare-reports.ts';
import { differenceLines } from '../report/difference.ts';
import type { AssessmentOptions } from './assess.ts';
import { openAssessmentContext } from './command-context.ts';
import { openComparable } from './comparable.ts';
import { writeJsonOrText } from './output.ts';

/** Options of `clair diff`. */
export interface DiffOptions extends AssessmentOptions {
  readonly format: 'table' | 'json';
}

/** Runs `clair diff`: compares packages and findings of two images or saved reports. */
export async function diff(from: string, to: string, options: DiffOptions): Promise<number> {
  const sides = [await openComparable(from, options), await openComparable(to, options)] as const;
  await using context = await openAssessmentContext(options);
  const difference = compareReports(await sides[0](context), await sides[1](context));
  writeJsonOrText(options.format, difference, (display) => differenceLines(difference, display));
  return 0;
}
