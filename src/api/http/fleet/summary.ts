import * as z from 'zod/mini';
import { type FleetSummary, summarize } from '../../../service/fleet/summary.ts';
import type { FindingHistory, FindingTotals } from '../../../store/finding-count-store.ts';
import { parseQuery, partialParameter } from '../native/query.ts';
import type { ApiRequest, ApiResponse } from '../route.ts';
import type { FleetDeps } from './fleet-route.ts';
import { jsonResponse } from './problem.ts';

const summaryQuery = z.strictObject({ partial: partialParameter });

/** Days of the trend in a summary, today included: a week, and the day before it. */
const trendDays = 8;

/** `GET /summary`: returns the findings of all named images, and the state of each source. */
export async function getSummaryRoute(request: ApiRequest, deps: FleetDeps): Promise<ApiResponse> {
  parseQuery(request, summaryQuery);
  const [summary, history] = await Promise.all([
    summarize(deps),
    deps.store.findingCounts.findHistory(trendDays),
  ]);
  return jsonResponse(200, { ...summaryJson(summary), trend: historyJson(history) });
}

/** Returns a summary as the API shows it. */
export function summaryJson({ findings, ...summary }: Pick<FleetSummary, 'findings'>): object {
  return { ...summary, findings: findings && countsJson(findings) };
}

/** Returns the findings of all named images as the API shows them. */
function countsJson({ at, images, dueSets, findings }: FindingTotals): object {
  return {
    countedAt: at,
    images,
    uncountedSets: dueSets,
    counts: findings.map(({ isFixable: fixable, ...count }) => ({ ...count, fixable })),
  };
}

/** Returns the findings of days as the API shows them. */
export function historyJson({ days, firstDay }: FindingHistory): object {
  return { days: days.map(({ day, ...totals }) => ({ day, ...countsJson(totals) })), firstDay };
}
