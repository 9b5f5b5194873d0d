import type { ReportFormat } from '../plugin/report-format.ts';
import { type ImageOptions, reportInventory } from './assess.ts';
import { type Destination, writeReports } from './output.ts';

/** Options of `clair sbom`. */
export interface SbomOptions extends ImageOptions {
  readonly destinations: readonly Destination<ReportFormat>[];
}

/** Runs `clair sbom`: writes the inventory of an image. Fetches no advisories. */
export async function sbom(target: string, options: SbomOptions): Promise<number> {
  await writeReports(await reportInventory(target, options), options.destinations);
  return 0;
}
