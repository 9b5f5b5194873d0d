import { reaches } from '../match/policy.ts';
import type { Severity } from '../model/severity.ts';
import type { ReportFormat } from '../plugin/report-format.ts';
import { assessing } from './assess.ts';
import { type FilterOptions, openFilter } from './filters.ts';
import { writeReport } from './output.ts';

/** Options of `clair scan`. */
export interface ScanOptions extends FilterOptions {
  readonly format: ReportFormat;
  readonly output?: string;
  readonly failOn?: Severity;
}

/** `clair scan`: what is vulnerable in an image. Answers the exit status. */
export async function scan(target: string, options: ScanOptions): Promise<number> {
  const filter = await openFilter(options);
  const { report, isAssessed } = await assessing(target, options, (assessed) =>
    filter(assessed, assessed.room),
  );
  await writeReport(report, options.format, options.output);
  if (options.failOn === undefined) return 0;
  if (reaches(report, options.failOn)) return 1;
  return isAssessed ? 0 : 4;
}
