import { STATUS_CODES } from 'node:http';
import { ClairError } from '../../../core/errors.ts';
import { toNativeError } from '../native/errors.ts';
import type { ApiResponse, Route } from '../route.ts';
import { WireError } from '../route.ts';

/** Returns an error as a problem document (RFC 9457). */
export function problemResponse(
  status: number,
  detail: string,
  headers: ApiResponse['headers'] = {},
): ApiResponse {
  const problem = problemDocument(status, detail);
  return { status, headers, contentType: problemMediaType, text: `${JSON.stringify(problem)}\n` };
}

/** Media type of problem documents. */
export const problemMediaType = 'application/problem+json';

/** Returns the members of a problem document. */
export function problemDocument(status: number, detail: string): object {
  return { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail };
}

/** Handling of errors, which all routes of `/api/v1` share. */
export const problemErrors: Pick<Route, 'renderError' | 'translateError'> = {
  renderError: problemResponse,
  translateError: (error) =>
    error instanceof ClairError && error.code === 'layer-not-found'
      ? new WireError(409, error.message)
      : toNativeError(error),
};

/** Returns a JSON response. */
export function jsonResponse(
  status: number,
  document: object,
  headers: ApiResponse['headers'] = {},
): ApiResponse {
  return { status, headers, contentType: 'application/json', text: `${JSON.stringify(document)}\n` };
}
