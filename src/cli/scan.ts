import type { ReportFormat } from '../plugin/report-format.ts';
import { assessing } from './assess.ts';
import { exitStatusOf, type GateOptions } from './exit-status.ts';
import { everyPlatform, scanEveryPlatform } from './every-platform.ts';
import { type FilterOptions, openFilter } from './filters.ts';
import { writeReport } from './output.ts';

/** Options of `clair scan`. */
export interface ScanOptions extends FilterOptions, GateOptions {
  readonly format: ReportFormat;
  readonly output?: string;
}

/** `clair scan`: what is vulnerable in an image. Answers the exit status. */
export async function scan(target: string, options: ScanOptions): Promise<number> {
  if (options.platform !== everyPlatform) return await scanOne(target, options);
  const { platform: _, output: __, ...rest } = options;
  return await scanEveryPlatform(target, options, (chosen) => scanOne(target, { ...rest, ...chosen }));
}

async function scanOne(target: string, options: ScanOptions): Promise<number> {
  const filter = await openFilter(options);
  const { report, isAssessed } = await assessing(target, options, (assessed) =>
    filter(assessed, assessed.room),
  );
  await writeReport(report, options.format, options.output);
  return exitStatusOf({ report, isAssessed }, options);
}
