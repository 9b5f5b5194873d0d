import type { ReportFormat } from '../plugin/report-format.ts';
import { type ImageOptions, reportInventory } from './assess.ts';
import { type Destination, writeReports } from './output.ts';

/** Options of `clair sbom`. */
export interface SbomOptions extends ImageOptions {
  readonly destinations: readonly Destination<ReportFormat>[];
}

/** `clair sbom`: what an image is made of. Fetches nothing. */
export async function sbom(target: string, options: SbomOptions): Promise<number> {
  await writeReports(await reportInventory(target, options), options.destinations);
  return 0;
}
