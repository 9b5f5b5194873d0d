import * as z from 'zod/mini';
import { severities } from '../../../model/severity.ts';
import { unassessedCodes } from '../../../model/unassessed-images.ts';
import { askCells, cellDeadline } from '../../../service/cells/cell.ts';
import type { CellsDeps } from '../../../service/cells/list-over-cells.ts';
import { mergeSummaries } from '../../../service/cells/merge-summaries.ts';
import { isSuccess } from '../../../service/cells/server-api.ts';
import { exploitations } from '../../../store/finding-count-store.ts';
import { jsonResponse } from '../fleet/problem.ts';
import { summaryJson } from '../fleet/summary.ts';
import { parseQuery, partialParameter } from '../native/query.ts';
import type { ApiRequest, ApiResponse } from '../route.ts';
import { incompleteResponse, namesOf } from './incomplete.ts';

const natural = z.int().check(z.nonnegative());
const time = z.nullable(z.string());

const countSchema = z.pipe(
  z.object({
    severity: z.enum(severities),
    fixable: z.boolean(),
    exploited: z.enum(exploitations),
    findings: natural,
  }),
  z.transform(({ fixable: isFixable, ...count }) => ({ ...count, isFixable })),
);

const totalsSchema = z.pipe(
  z.object({
    countedAt: z.string(),
    images: natural,
    uncountedSets: natural,
    counts: z.array(countSchema),
  }),
  z.transform(({ countedAt: at, uncountedSets: dueSets, counts: findings, images }) => ({
    at,
    images,
    dueSets,
    findings,
  })),
);

const notAssessedSchema = z.object({
  images: natural,
  uncounted: natural,
  reasons: z.array(
    z.object({
      code: z.enum(unassessedCodes),
      reason: z.string(),
      namespace: z.nullable(z.string()),
      images: natural,
    }),
  ),
});

const summarySchema = z.object({
  at: z.iso.datetime(),
  event: natural,
  findings: z.nullable(totalsSchema),
  notAssessed: z.nullable(notAssessedSchema),
  sources: z.array(
    z.object({
      source: z.string(),
      state: z.enum(['current', 'stale', 'failed']),
      reason: time,
      feeds: natural,
      contentDate: time,
      fetchedAt: time,
      checkedAt: time,
      lastFailure: z.nullable(z.object({ at: z.string(), message: z.string() })),
    }),
  ),
});

const summaryQuery = z.strictObject({ partial: partialParameter });

/** `GET /summary` over all cells: the sums, and of each source the state in the cell where it is worst. */
export async function getSummaryOfCells(request: ApiRequest, { cells }: CellsDeps): Promise<ApiResponse> {
  const { partial } = parseQuery(request, summaryQuery);
  using deadline = cellDeadline(request.signal);
  const { answers, missing } = await askCells(cells, deadline, async (cell) => {
    const answer = await cell.exchange({ path: '/api/v1/summary', limit: 'cellPageBytes' }, deadline.signal);
    if (!isSuccess(answer)) throw cell.api.refusalOf(answer);
    return cell.api.parse(summarySchema, answer);
  });
  if (missing.length > 0 && (partial !== 'true' || answers.size === 0))
    return incompleteResponse(missing, request);
  if (missing.length > 0) request.addLogDetails({ missing: namesOf(missing) });
  const answered = [...answers].map(([cell, { at, event }]) => ({ cell, at, event }));
  return jsonResponse(200, {
    at: answered.map(({ at }) => at).sort()[0],
    ...summaryJson(mergeSummaries(answers)),
    complete: missing.length === 0,
    missing,
    cells: answered,
  });
}
