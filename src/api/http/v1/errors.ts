import { ClairError, type ErrorCode } from '../../../core/errors.ts';
import { badRequest, busyRetrySeconds, WireError } from '../route.ts';

/** Returns Clair's error for a missing resource. */
export function notFoundError(): WireError {
  return new WireError(404, 'the resource cannot be found');
}

const databaseMessage = 'database: an error occured when querying the backend';

/** Returns Clair's error for a failed database query. */
export function databaseError(cause?: unknown): WireError {
  return new WireError(500, databaseMessage, cause === undefined ? {} : { cause });
}

/** Length of the columns for names in Clair's database. */
const nameCharacters = 128;

/** Returns the name if Clair's database could store it. Throws Clair's database error otherwise. */
export function storableName(name: string): string {
  if (Array.from(name).length > nameCharacters || name.includes('\u0000')) throw databaseError();
  return name;
}

/** Returns the error for an unreachable or locked database: Clair's message, with `Retry-After`. */
function databaseUnavailable(cause: ClairError): WireError {
  return new WireError(503, databaseMessage, { retryAfterSeconds: busyRetrySeconds, cause });
}

/** Every code of an error, so that a new code does not compile without a decision. The order is that of the codes. */
const wireErrors = {
  usage: internal,
  'config-invalid': internal,
  'target-not-found': internal,
  'target-unsupported': internal,
  'target-corrupt': notExtracted,
  'target-unreadable': internal,
  'registry-refused': internal,
  'registry-unavailable': internal,
  'server-refused': internal,
  'server-unavailable': internal,
  'layer-not-found': () => badRequest('could not find layer'),
  'layer-interrupted': notExtracted,
  'layer-mismatch': ({ message }) => new WireError(422, `worker: ${message}`),
  'source-refused': ({ message }) => badRequest(message),
  'limit-exceeded': limitExceeded,
  busy: ({ message }) => new WireError(503, message, { retryAfterSeconds: busyRetrySeconds }),
  'feed-unavailable': internal,
  'feed-corrupt': internal,
  'feed-not-tried': internal,
  'store-unusable': databaseError,
  'store-unavailable': databaseUnavailable,
  'store-incompatible': (cause) =>
    new WireError(503, cause.message, { retryAfterSeconds: busyRetrySeconds, cause }),
  'store-conflict': databaseError,
  'output-failed': internal,
  'layer-unsupported': () => new WireError(422, 'worker: OS and/or package manager are not supported'),
  'layer-unreadable': ({ message }) => new WireError(422, `worker: ${message}`),
  'parent-unknown': () => badRequest('worker: parent layer is unknown, it must be processed first'),
  'delivery-failed': internal,
  'timed-out': internal,
} satisfies Record<ErrorCode, (error: ClairError) => WireError | ClairError>;

/** Returns Clair's error for a layer of which nothing can be read, or not all of it. */
function notExtracted(): WireError {
  return new WireError(422, 'tarutil: could not extract the archive');
}

/** Answers with 500. The log has the details, and the client does not. */
function internal(error: ClairError): ClairError {
  return error;
}

/** Returns the error for an exceeded limit; with Clair's message for files that Clair limits too. */
function limitExceeded({ limit, message }: ClairError): WireError {
  const what =
    limit === 'keptLayerBytes'
      ? 'could not extract one or more files from the archive: file too big'
      : `could not extract the archive: ${message}`;
  return new WireError(422, `tarutil: ${what}`);
}

/** Converts a `ClairError` to an error of the Clair v1 API. Returns any other error unchanged. */
export function toWireError(error: unknown): unknown {
  return error instanceof ClairError ? wireErrors[error.code](error) : error;
}
