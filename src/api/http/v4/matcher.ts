import type { Extensions } from '../../../plugin/extensions.ts';
import type { FeedOfSource } from '../../../service/feeds/update-feeds.ts';
import type { AssessmentDeps } from '../../../service/findings/assess-packages.ts';
import { awaitsAdvisories } from '../../../service/findings/awaited-feeds.ts';
import { findPackageVulnerabilities } from '../../../service/findings/package-vulnerabilities.ts';
import { namespacesOf } from '../../../service/images/package-lookup.ts';
import {
  findKnownManifest,
  type KnownManifest,
  readIndexedManifest,
} from '../../../service/ingest/ingest-manifest.ts';
import { keptDocument } from '../encoded-document.ts';
import { type ApiRequest, type ApiResponse, WireError } from '../route.ts';
import type { IndexerDeps } from './indexer.ts';
import { digestInPath } from './manifest.ts';
import { v4MediaType } from './negotiate.ts';
import { renderVulnerabilityReport } from './vulnerability-report.ts';

/** Dependencies of the routes of Clair's matcher. */
export interface MatcherDeps extends Pick<IndexerDeps, 'ingest' | 'documents'> {
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
  const { documents, matching, feeds, maxAgeSeconds } = deps;
  const { advisories } = matching.store;
  const digest = digestInPath(request);
  const manifest = await findKnownManifest(digest, deps.ingest);
  if (manifest === undefined) {
    if (awaitsAdvisories([], feeds, await advisories.findFeedStates())) return notReady(digest, deps);
    throw notIndexed(digest);
  }
  const document = await keptDocument(documents, {
    key: `v4/vulnerability_report ${digest}`,
    state: async () => `${manifest.revision}\n${await advisories.findContentState()}`,
    render: () => renderCurrent(manifest, deps),
  });
  if (document === undefined) return notReady(digest, deps);
  return {
    status: 200,
    headers: { 'Cache-Control': `max-age=${maxAgeSeconds}` },
    contentType: v4MediaType('vulnerability_report'),
    document,
  };
}

/** Returns the report of a manifest by the current advisories. Undefined while they are not loaded. */
async function renderCurrent(manifest: KnownManifest, deps: MatcherDeps): Promise<string | undefined> {
  const { matching, feeds } = deps;
  const { extensions } = matching;
  const states = await matching.store.advisories.findFeedStates();
  if (awaitsAdvisories([], feeds, states)) return undefined;
  const indexed = await readIndexedManifest(manifest, deps.ingest);
  const { number, image } = indexed;
  if (awaitsAdvisories(namespacesOf(image.distro, image.packages, extensions), feeds, states))
    return undefined;
  const found = await findPackageVulnerabilities(number, image.packages, matching);
  return JSON.stringify(renderVulnerabilityReport(indexed, found, extensions));
}

function notReady(digest: string, { notReadyStatus: status }: MatcherDeps): ApiResponse {
  if (status === 404) throw notIndexed(digest);
  return { status };
}

function notIndexed(digest: string): WireError {
  return new WireError(404, `index report for manifest "${digest}" not found`);
}
