import type { Extensions } from '../../../plugin/extensions.ts';
import type { FeedOfSource } from '../../../service/feeds/update-feeds.ts';
import type { AssessmentDeps } from '../../../service/findings/assess-packages.ts';
import { awaitsAdvisories } from '../../../service/findings/awaited-feeds.ts';
import { findPackageVulnerabilities } from '../../../service/findings/package-vulnerabilities.ts';
import { namespacesOf } from '../../../service/images/package-lookup.ts';
import { findIndexedManifest } from '../../../service/ingest/ingest-manifest.ts';
import { type ApiRequest, type ApiResponse, WireError } from '../route.ts';
import type { IndexerDeps } from './indexer.ts';
import { digestInPath } from './manifest.ts';
import { v4MediaType } from './negotiate.ts';
import { renderVulnerabilityReport } from './vulnerability-report.ts';

/** Dependencies of the routes of Clair's matcher. */
export interface MatcherDeps extends Pick<IndexerDeps, 'ingest'> {
  readonly matching: AssessmentDeps & { readonly extensions: Extensions };
  /** The enabled feeds. */
  readonly feeds: readonly FeedOfSource[];
  /** The status while advisories are not loaded. */
  readonly notReadyStatus: 202 | 404;
  /** How long clients may cache a report. */
  readonly maxAgeSeconds: number;
}

/**
 * `GET vulnerability_report/:digest`: returns the vulnerabilities of a manifest by the current advisories. While those that cover it are not
 * loaded, the response is 202 without a body, or 404 by configuration: an empty report would seem to be clean.
 */
export async function getVulnerabilityReport(request: ApiRequest, deps: MatcherDeps): Promise<ApiResponse> {
  const { matching, feeds, maxAgeSeconds } = deps;
  const digest = digestInPath(request);
  const states = await matching.store.advisories.findFeedStates();
  if (awaitsAdvisories([], feeds, states)) return notReady(digest, deps);
  const indexed = await findIndexedManifest(digest, deps.ingest);
  if (indexed === undefined) throw notIndexed(digest);
  const { number, image } = indexed;
  const namespaces = namespacesOf(image.distro, image.packages, matching.extensions);
  if (awaitsAdvisories(namespaces, feeds, states)) return notReady(digest, deps);
  const found = await findPackageVulnerabilities(number, image.packages, matching);
  return {
    status: 200,
    headers: { 'Cache-Control': `max-age=${maxAgeSeconds}` },
    contentType: v4MediaType('vulnerability_report'),
    text: JSON.stringify(renderVulnerabilityReport(indexed, found, matching.extensions)),
  };
}

function notReady(digest: string, { notReadyStatus: status }: MatcherDeps): ApiResponse {
  if (status === 404) throw notIndexed(digest);
  return { status };
}

function notIndexed(digest: string): WireError {
  return new WireError(404, `index report for manifest "${digest}" not found`);
}
