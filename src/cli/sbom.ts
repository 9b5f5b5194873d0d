import type { ReportFormat } from '../plugin/report-format.ts';
import { type ImageOptions, list } from './assess.ts';
import { writeReport } from './output.ts';

/** Options of `clair sbom`. */
export interface SbomOptions extends ImageOptions {
  readonly format: ReportFormat;
  readonly output?: string;
}

/** `clair sbom`: what an image is made of. Fetches nothing. */
export async function sbom(target: string, options: SbomOptions): Promise<number> {
  await writeReport(await list(target, options), options.format, options.output);
  return 0;
}
