import * as z from 'zod/mini';
import { type FleetSummary, summarize } from '../../../service/fleet/summary.ts';
import { parseQuery, partialParameter } from '../native/query.ts';
import type { ApiRequest, ApiResponse } from '../route.ts';
import type { FleetDeps } from './jobs.ts';
import { jsonResponse } from './problem.ts';

const summaryQuery = z.strictObject({ partial: partialParameter });

/** `GET /summary`: returns the findings of all named images, and the state of each source. */
export async function getSummaryRoute(request: ApiRequest, deps: FleetDeps): Promise<ApiResponse> {
  parseQuery(request, summaryQuery);
  return jsonResponse(200, summaryJson(await summarize(deps)));
}

/** Returns a summary as the API shows it. */
export function summaryJson({ findings, ...summary }: Pick<FleetSummary, 'findings'>): object {
  const shown = findings && {
    ...{ countedAt: findings.at, images: findings.images, uncountedSets: findings.dueSets },
    counts: findings.findings.map(({ isFixable: fixable, ...count }) => ({ ...count, fixable })),
  };
  return { ...summary, findings: shown };
}
