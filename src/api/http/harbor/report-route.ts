import { limits } from '../../../core/limits.ts';
import type { Report } from '../../../model/report.ts';
import { doubtsOf, reportAsText, shownVerdict } from '../../../report/report-text.ts';
import { readinessOf } from '../../../service/feeds/readiness.ts';
import { reportOfImage } from '../../../service/fleet/image-report.ts';
import type { ScanJob } from '../../../store/scan-job-store.ts';
import { type ApiRequest, type ApiResponse, badRequest, WireError } from '../route.ts';
import type { HarborSubject } from './document-head.ts';
import { isPassing } from './errors.ts';
import { acceptedReportType, type HarborReportType, harborTypes, kindOf } from './media-types.ts';
import { type SbomType, sbomTypeNamed, writeSbomReport } from './sbom-report.ts';
import type { HarborDeps } from './scan-routes.ts';
import { writeVulnerabilityReport } from './vulnerability-report.ts';

const sbomParameter = 'sbom_media_type';

/** A report that a client requests. */
interface WantedReport {
  readonly type: HarborReportType;
  /** Present for an SBOM. */
  readonly sbom?: SbomType;
}

/**
 * `GET /scan/:id/report`: returns a report of a scan, or 302 while it is not ready. Harbor fails a scan after any other response. So faults
 * that pass also get 302.
 */
export async function getHarborReport(request: ApiRequest, deps: HarborDeps): Promise<ApiResponse> {
  const wanted = wantedIn(request);
  try {
    return await respond(request, wanted, deps);
  } catch (error) {
    if (!isPassing(error)) throw error;
    return notReady(request, busySeconds);
  }
}

function wantedIn({ headers, query }: ApiRequest): WantedReport {
  const type = acceptedReportType(headers.accept);
  const other = [...query.keys()].find((name) => name !== sbomParameter);
  if (other !== undefined) throw badRequest(`unknown query parameter ${JSON.stringify(other)}`);
  if (type !== 'sbom') return { type };
  const mediaType = query.get(sbomParameter) ?? '';
  if (mediaType === '') throw badRequest('missing SBOM media type');
  const sbom = sbomTypeNamed(mediaType);
  if (sbom === undefined) throw badRequest(`unsupported SBOM media type: ${JSON.stringify(mediaType)}`);
  return { type, sbom };
}

async function respond(request: ApiRequest, wanted: WantedReport, deps: HarborDeps): Promise<ApiResponse> {
  const { job, subject } = await findScan(request, wanted, deps);
  if (job.state === 'failed') throw new WireError(500, withStep(job, job.error ?? 'the scan failed'));
  const ageMs = deps.now().getTime() - Date.parse(job.createdAt);
  if (job.state === 'done') return await finished(request, { job, subject, wanted, ageMs }, deps);
  if (ageMs > limits.orderedScanMs)
    throw new WireError(
      500,
      withStep(job, `the scan has not ended within ${limits.orderedScanMs / 60_000} minutes`),
    );
  return notReady(request, secondsFor(ageMs));
}

/** Throws `WireError` 404 for an unknown id, and for one of another kind of scan. */
async function findScan(
  { params }: ApiRequest,
  { type }: WantedReport,
  { store }: HarborDeps,
): Promise<{ readonly job: ScanJob; readonly subject: HarborSubject }> {
  const id = params['id'] ?? '';
  const job = await store.scanJobs.find(id);
  if (job?.subject != null) {
    // The text was written by `postHarborScan`, so it needs no validation.
    const subject = JSON.parse(job.subject) as HarborSubject;
    if (subject.kinds.includes(kindOf(type))) return { job, subject };
  }
  throw new WireError(404, `cannot find scan job: ${id}`);
}

/** People read the message in the log of Harbor's job, and see nothing else of this server. */
function withStep({ step }: ScanJob, problem: string): string {
  return step === null ? problem : `${step}: ${problem}`;
}

interface FinishedScan {
  readonly job: ScanJob;
  readonly subject: HarborSubject;
  readonly wanted: WantedReport;
  readonly ageMs: number;
}

async function finished(request: ApiRequest, scan: FinishedScan, deps: HarborDeps): Promise<ApiResponse> {
  const { id } = scan.job;
  const { type, sbom } = scan.wanted;
  const text = await deps.builds.take([id, type, sbom?.mediaType ?? ''].join(' '), () =>
    deps.listLimiter.run(undefined, () => build(scan, deps)),
  );
  if (text === undefined || text === '') return notReady(request, text === '' ? busySeconds : 1);
  return { status: 200, contentType: harborTypes[type], text };
}

/** Returns the text of a report. Empty while advisories are loaded for the first time. Throws `WireError` 500 for an image that is not assessed. */
async function build({ job, subject, wanted, ageMs }: FinishedScan, deps: HarborDeps): Promise<string> {
  const found =
    job.digest === null ? undefined : await reportOfImage(job.digest, { name: job.reference }, deps);
  if (found === undefined) throw new WireError(500, 'the image was deleted: scan it again');
  const { report } = found;
  const { extensions, showsDoubts } = deps;
  const head = { subject, now: deps.now() };
  if (wanted.sbom !== undefined)
    return writeSbomReport(report, wanted.sbom, { ...head, formats: extensions.sbomFormats });
  if (shownVerdict(report) === 'not-assessed') {
    if (ageMs < limits.orderedScanMs && (await awaitsFirstUpdate(deps))) return '';
    if (!showsDoubts) throw new WireError(500, `not assessed: ${doubtsOf(report).join('; ')}`);
  }
  if (wanted.type === 'raw') return rawReport(report, deps);
  return writeVulnerabilityReport(report, { ...head, hasDoubtRow: showsDoubts });
}

async function awaitsFirstUpdate({ store, feeds, updateIntervalMs }: HarborDeps): Promise<boolean> {
  if (updateIntervalMs === 0) return false;
  return readinessOf(feeds, await store.advisories.findFeedStates()).feeds.waiting > 0;
}

function rawReport(report: Report, { extensions }: HarborDeps): string {
  const format = extensions.formats.find(({ name }) => name === 'json');
  if (format === undefined) throw new Error('there is no format json');
  return reportAsText(report, format);
}

/** Seconds between polls while the server is busy or loads advisories. */
const busySeconds = 5;

/** Returns how long a client waits before its next poll: most scans take seconds, and no poll of a long one is urgent. */
function secondsFor(ageMs: number): number {
  if (ageMs < 10_000) return 1;
  if (ageMs < 60_000) return 2;
  return ageMs < 300_000 ? 5 : 10;
}

/** Harbor reads `Refresh-After` alone, as a number of one byte with a sign. */
function notReady({ params, query }: ApiRequest, seconds: number): ApiResponse {
  const parameters = query.size === 0 ? '' : `?${query.toString()}`;
  const path = `${scanPath}/${encodeURIComponent(params['id'] ?? '')}/report`;
  return { status: 302, headers: { Location: path + parameters, 'Refresh-After': String(seconds) } };
}

/** The path of scans. */
export const scanPath = '/harbor/api/v1/scan';
