import type { MissingCell } from '../../../service/cells/cell.ts';
import { problemDocument, problemMediaType } from '../fleet/problem.ts';
import { type ApiRequest, type ApiResponse, busyRetrySeconds, retryAfterHeader } from '../route.ts';

/** Returns the response instead of an answer that lacks cells: 503, which no client takes for an answer, with the cells and the reasons. */
export function incompleteResponse(
  missing: readonly MissingCell[],
  { addLogDetails }: Pick<ApiRequest, 'addLogDetails'>,
  advice = '',
): ApiResponse {
  addLogDetails({ missing: namesOf(missing) });
  const detail = `these cells did not answer: ${missing.map(({ cell, reason }) => `${cell} (${reason})`).join(', ')}${advice}`;
  return {
    status: 503,
    headers: retryAfterHeader(busyRetrySeconds),
    contentType: problemMediaType,
    text: `${JSON.stringify({ ...problemDocument(503, detail), missing })}\n`,
  };
}

/** Returns the names of cells for the log. */
export function namesOf(missing: readonly MissingCell[]): string {
  return missing.map(({ cell }) => cell).join(',');
}
