import { ClairError, type ErrorCode } from '../../../core/errors.ts';
import { type ApiResponse, busyRetrySeconds, type ErrorRenderer, retryAfterHeader } from '../route.ts';

/** An error for a client of the v4 API, rendered as `{"code":…,"message":…}`. */
export class V4Error extends Error {
  override readonly name = 'V4Error';
  readonly status: number;
  /** Time until a retry, in seconds; undefined if a retry would not help. */
  readonly retryAfterSeconds: number | undefined;

  /** `cause` is an error for the log, such as that of the database. */
  constructor(
    status: number,
    message: string,
    options: { readonly retryAfterSeconds?: number; readonly cause?: unknown } = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : {});
    this.status = status;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

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

/** Returns the response for an error. */
export function v4ErrorResponse({ status, message, retryAfterSeconds, cause }: V4Error): ApiResponse {
  const response = renderV4Error(status, message, retryAfterHeader(retryAfterSeconds));
  return cause === undefined ? response : { ...response, cause };
}

/** Returns the error for an invalid request. Clients never repeat a request that got it. */
export function v4BadRequest(message: string): V4Error {
  return new V4Error(400, message);
}

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
  'layer-not-found': notFetched,
  'layer-interrupted': notFetched,
  'layer-mismatch': permanent,
  'source-refused': notFetched,
  'limit-exceeded': unprocessable,
  busy: ({ message }) => new V4Error(503, message, { retryAfterSeconds: busyRetrySeconds }),
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
} satisfies Record<ErrorCode, (error: ClairError) => V4Error | undefined>;

/** Answers with 500. The log has the details, and the client does not. */
function internal(): undefined {
  return undefined;
}

function permanent({ message }: ClairError): V4Error {
  return v4BadRequest(`failed to start scan: ${message}`);
}

/** A later request can succeed: the blob store may have failed, or its URL may have expired. */
function notFetched({ message }: ClairError): V4Error {
  return new V4Error(500, `failed to start scan: failed to fetch layers: ${message}`);
}

/** A later version of this server may read it. Clients then post it again, because the index state has changed. */
function unprocessable({ message }: ClairError): V4Error {
  return new V4Error(422, `failed to start scan: ${message}`);
}

function unavailable(cause: ClairError): V4Error {
  return new V4Error(503, cause.message, { retryAfterSeconds: busyRetrySeconds, cause });
}

/** Converts an error for the client; undefined for an internal error, whose details the client must not see. */
export function toV4Error(error: unknown): V4Error | undefined {
  if (error instanceof V4Error) return error;
  return error instanceof ClairError ? v4Errors[error.code](error) : undefined;
}
