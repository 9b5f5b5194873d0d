import { ClairError } from '../core/errors.ts';
import { onlySeverities } from '../match/report-filters.ts';
import type { Severity } from '../model/severity.ts';
import type { FindingOrder, ReportFormat } from '../plugin/report-format.ts';
import type { AssessedReport } from '../service/findings/match-image.ts';
import { assess, openTarget } from './assess.ts';
import { type BaseOptions, openBase } from './base-option.ts';
import { openAssessmentContext } from './command-context.ts';
import { everyPlatform, scanEveryPlatform } from './every-platform.ts';
import { exitStatusOf, type GateOptions, gatedBy } from './exit-status.ts';
import { type FilterOptions, openFilter, openRemoteFilter } from './filters.ts';
import { type Destination, writeReports } from './output.ts';
import type { RemoteScanOptions } from './remote-scan/scan-on-server.ts';

/** Options of `clair scan`. */
export interface ScanOptions
  extends FilterOptions,
    BaseOptions,
    GateOptions,
    Partial<Pick<RemoteScanOptions, 'server' | 'tokenFile'>> {
  /** The destinations of the report, with their formats. */
  readonly destinations: readonly Destination<ReportFormat>[];
  /** The severities of the findings to show; all if absent. */
  readonly severity?: readonly Severity[];
  /** The order of the findings; by risk if absent. */
  readonly sort?: FindingOrder;
  readonly detail?: boolean;
}

/** Runs `clair scan`: finds known vulnerabilities in an image. Returns the exit status. */
export async function scan(target: string, options: ScanOptions): Promise<number> {
  if (options.platform === everyPlatform && options.server === undefined) {
    const { platform: _, ...rest } = options;
    return await scanEveryPlatform(target, options, (platformOptions) =>
      scan(target, { ...rest, ...platformOptions }),
    );
  }
  let assessed: AssessedReport;
  if (options.server !== undefined) assessed = await assessRemotely(target, options, options.server);
  else {
    const filter = await openFilter(options);
    const markBase = await openBase(options);
    const opened = await openTarget(target, options);
    // Closes the database and clears the progress before the report is written.
    await using context = await openAssessmentContext(options);
    const { image: _, ...own } = await assess(context, opened, options);
    assessed = await filter(await markBase(own, context), context);
  }
  const { report } = assessed;
  const shown = options.severity === undefined ? report : onlySeverities(report, options.severity);
  const order = options.sort === undefined ? {} : { order: options.sort };
  const { detail = false } = options;
  await writeReports(shown, options.destinations, { ...gatedBy(options, report), ...order, detail });
  return exitStatusOf(assessed, options);
}

/** Lets a server assess the target, and suppresses findings here. */
async function assessRemotely(target: string, options: ScanOptions, server: URL): Promise<AssessedReport> {
  if (options.base !== undefined)
    throw new ClairError('usage', '--base cannot be combined with --server: scan the image here');
  const filter = await openRemoteFilter(options);
  const { scanOnServer } = await import('./remote-scan/scan-on-server.ts');
  return await filter(await scanOnServer(target, { ...options, server }));
}
