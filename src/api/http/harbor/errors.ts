import { ClairError } from '../../../core/errors.ts';
import { type ErrorRenderer, WireError } from '../route.ts';
import { harborTypes } from './media-types.ts';

/** Renders errors as Harbor reads them. It shows the message in the log of its job. */
export const renderHarborError: ErrorRenderer = (status, message, headers = {}) => ({
  status,
  headers,
  contentType: harborTypes.error,
  text: `${JSON.stringify({ error: { message } })}\n`,
});

/**
 * Converts an error of making a report. Its message names the cause, since clients see nothing else. Other errors are internal, or mean that
 * the database is unavailable.
 */
export function toHarborError(error: unknown): unknown {
  if (!(error instanceof ClairError)) return error;
  return isPassing(error) ? error : new WireError(500, error.message);
}

/** Whether a later request may succeed. */
export function isPassing(error: unknown): boolean {
  return error instanceof ClairError && passing.has(error.code);
}

const passing: ReadonlySet<string> = new Set([
  'busy',
  'store-unavailable',
  'store-incompatible',
  'store-conflict',
]);
