import { ClairError, type ErrorCode } from '../../../core/errors.ts';
import { busyRetrySeconds, WireError } from '../route.ts';

/** What Clair answers where something is not there. */
export function notFoundError(): WireError {
  return new WireError(404, 'the resource cannot be found');
}

const databaseMessage = 'database: an error occured when querying the backend';

/** What Clair answers where its database refuses something. */
export function databaseError(cause?: unknown): WireError {
  return new WireError(500, databaseMessage, cause === undefined ? {} : { cause });
}

/** The database is away or locked: Clair's words, and when to try again. */
function databaseUnavailable(cause: ClairError): WireError {
  return new WireError(503, databaseMessage, { retryAfterSeconds: busyRetrySeconds, cause });
}

/** The body cannot be used as it is. */
export function badRequest(message: string): WireError {
  return new WireError(400, message);
}

const wireErrors: Partial<Record<ErrorCode, (error: ClairError) => WireError>> = {
  'parent-unknown': () => badRequest('worker: parent layer is unknown, it must be processed first'),
  'layer-not-found': () => badRequest('could not find layer'),
  'source-refused': ({ message }) => badRequest(message),
  'target-corrupt': () => new WireError(422, 'tarutil: could not extract the archive'),
  'layer-mismatch': ({ message }) => new WireError(422, `worker: ${message}`),
  'limit-exceeded': limitExceeded,
  'layer-unsupported': () => new WireError(422, 'worker: OS and/or package manager are not supported'),
  'layer-unreadable': ({ message }) => new WireError(422, `worker: ${message}`),
  busy: ({ message }) => new WireError(503, message, { retryAfterSeconds: busyRetrySeconds }),
  'store-unavailable': databaseUnavailable,
  'store-unusable': databaseError,
  'store-conflict': databaseError,
};

/** The files that Clair limits too are told in its words. */
function limitExceeded({ limit, message }: ClairError): WireError {
  const what =
    limit === 'keptLayerBytes'
      ? 'could not extract one or more files from the archive: file too big'
      : `could not extract the archive: ${message}`;
  return new WireError(422, `tarutil: ${what}`);
}

/** An error of ours in the words of Clair's first API; any other stays what it is. */
export function toWireError(error: unknown): unknown {
  if (!(error instanceof ClairError)) return error;
  return wireErrors[error.code]?.(error) ?? error;
}
