import { ClairError, type ErrorCode } from '../../../core/errors.ts';
import { badRequest, busyRetrySeconds, type ErrorRenderer, WireError } from '../route.ts';

/** Clair's names of statuses. It gives every other status the last one. */
const codes: ReadonlyMap<number, string> = new Map([
  [400, 'bad-request'],
  [404, 'not-found'],
  [405, 'method-not-allowed'],
  [429, 'too-many-requests'],
]);

/** Renders errors as Clair v4. A client without a valid token gets no body. */
export const renderV4Error: ErrorRenderer = (status, message, headers = {}) => {
  if (status === 401) return { status };
  const text = JSON.stringify({ code: codes.get(status) ?? 'internal-error', message });
  return {
    status,
    headers: { 'X-Content-Type-Options': 'nosniff', ...headers },
    contentType: 'application/json',
    text,
  };
};

/**
 * Every code of an error, so that a new code does not compile without a decision. The order is that of the codes. Clients never post a
 * manifest again that got 400, so that status is only for what stays wrong. They post it again later after any other one.
 */
const v4Errors = {
  usage: internal,
  'config-invalid': internal,
  'target-not-found': internal,
  'target-unsupported': internal,
  'target-corrupt': permanent,
  'target-unreadable': internal,
  'registry-refused': internal,
  'registry-unavailable': internal,
  'server-refused': internal,
  'server-unavailable': internal,
  'layer-not-found': notFetched,
  'layer-interrupted': notFetched,
  'layer-mismatch': permanent,
  'source-refused': notFetched,
  'limit-exceeded': unprocessable,
  busy: ({ message }) => new WireError(503, message, { retryAfterSeconds: busyRetrySeconds }),
  'feed-unavailable': internal,
  'feed-corrupt': internal,
  'feed-not-tried': internal,
  'store-unusable': internal,
  'store-unavailable': unavailable,
  'store-incompatible': unavailable,
  'store-conflict': internal,
  'output-failed': internal,
  'layer-unsupported': unprocessable,
  'layer-unreadable': unprocessable,
  'parent-unknown': internal,
  'delivery-failed': internal,
  'timed-out': internal,
} satisfies Record<ErrorCode, (error: ClairError) => WireError | ClairError>;

/** Answers with 500. The log has the details, and the client does not. */
function internal(error: ClairError): ClairError {
  return error;
}

function permanent({ message }: ClairError): WireError {
  return badRequest(`failed to start scan: ${message}`);
}

/** A later request can succeed: the blob store may have failed, or its URL may have expired. */
function notFetched({ message }: ClairError): WireError {
  return new WireError(500, `failed to start scan: failed to fetch layers: ${message}`);
}

/** A later version of this server may read it. Clients post it again after a while, whether or not the index state has changed. */
function unprocessable({ message }: ClairError): WireError {
  return new WireError(422, `failed to start scan: ${message}`);
}

function unavailable(cause: ClairError): WireError {
  return new WireError(503, cause.message, { retryAfterSeconds: busyRetrySeconds, cause });
}

/** Converts a `ClairError` to an error of the Clair v4 API. Returns any other error unchanged. */
export function toV4Error(error: unknown): unknown {
  return error instanceof ClairError ? v4Errors[error.code](error) : error;
}
