import { onlyFixed, reaches } from '../match/policy.ts';
import type { Severity } from '../model/severity.ts';
import type { ReportFormat } from '../plugin/report-format.ts';
import { assess, type ImageOptions } from './assess.ts';
import { displayFor, writeResult } from './output.ts';

/** Options of `clair scan`. */
export interface ScanOptions extends ImageOptions {
  readonly format: ReportFormat;
  readonly output?: string;
  readonly failOn?: Severity;
  readonly onlyFixed?: boolean;
}

/** `clair scan`: what is vulnerable in an image. Answers the exit status. */
export async function scan(target: string, options: ScanOptions): Promise<number> {
  const { report, isAssessed } = await assess(target, options);
  const shown = options.onlyFixed ? onlyFixed(report) : report;
  writeResult(options.format.write(shown, displayFor(options.output)), options.output);
  if (options.failOn === undefined) return 0;
  if (reaches(shown, options.failOn)) return 1;
  return isAssessed ? 0 : 4;
}
