import { ClairError, type ErrorCode } from '../../../core/errors.ts';
import { busyRetrySeconds, WireError } from '../route.ts';

/** Every code of an error, so that a new code does not compile without a decision. The order is that of the codes. */
const wireErrors = {
  usage: ({ message }) => new WireError(400, message),
  'config-invalid': internal,
  'target-not-found': internal,
  'target-unsupported': internal,
  'target-corrupt': internal,
  'target-unreadable': internal,
  'registry-refused': internal,
  'registry-unavailable': internal,
  'server-refused': internal,
  'server-unavailable': internal,
  'layer-not-found': internal,
  'layer-interrupted': internal,
  'layer-mismatch': internal,
  'source-refused': internal,
  'limit-exceeded': internal,
  busy: ({ message }) => new WireError(503, message, { retryAfterSeconds: busyRetrySeconds }),
  'feed-unavailable': internal,
  'feed-corrupt': internal,
  'feed-not-tried': internal,
  'store-unusable': internal,
  'store-unavailable': internal,
  'store-incompatible': (cause) =>
    new WireError(503, cause.message, { retryAfterSeconds: busyRetrySeconds, cause }),
  'store-conflict': internal,
  'output-failed': internal,
  'layer-unsupported': internal,
  'layer-unreadable': internal,
  'parent-unknown': internal,
  'delivery-failed': internal,
  'timed-out': internal,
} satisfies Record<ErrorCode, (error: ClairError) => WireError | ClairError>;

/** Answers with 500, or with 503 if the database cannot be reached. The log has the details, and the client does not. */
function internal(error: ClairError): ClairError {
  return error;
}

/** Converts a `ClairError` to an error of the native routes. Returns any other error unchanged. */
export function toNativeError(error: unknown): unknown {
  return error instanceof ClairError ? wireErrors[error.code](error) : error;
}
