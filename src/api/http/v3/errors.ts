import { ClairError, type ErrorCode } from '../../../core/errors.ts';
import { GoJsonError } from '../go-json-decode.ts';
import { GoNumberError } from '../go-number.ts';
import { busyRetrySeconds } from '../route.ts';
import { ProtoJsonError } from './proto-json.ts';

/** The gRPC codes in use, with the HTTP statuses of grpc-gateway. */
export const rpcCodes = {
  cancelled: { name: 'CANCELLED', code: 1, status: 499 },
  'invalid-argument': { name: 'INVALID_ARGUMENT', code: 3, status: 400 },
  'deadline-exceeded': { name: 'DEADLINE_EXCEEDED', code: 4, status: 504 },
  'not-found': { name: 'NOT_FOUND', code: 5, status: 404 },
  'permission-denied': { name: 'PERMISSION_DENIED', code: 7, status: 403 },
  'failed-precondition': { name: 'FAILED_PRECONDITION', code: 9, status: 400 },
  internal: { name: 'INTERNAL', code: 13, status: 500 },
  unavailable: { name: 'UNAVAILABLE', code: 14, status: 503 },
  unauthenticated: { name: 'UNAUTHENTICATED', code: 16, status: 401 },
} as const;

/** The name of a gRPC code, as a key of `rpcCodes`. */
export type RpcCode = keyof typeof rpcCodes;

/** An error for the client, over gRPC and HTTP. */
export class RpcError extends Error {
  override readonly name = 'RpcError';
  readonly code: RpcCode;
  /** Time until a retry, in seconds; undefined if a retry would not help. */
  readonly retryAfterSeconds: number | undefined;

  /** `cause` is an error for the log, such as that of the database. */
  constructor(
    code: RpcCode,
    message: string,
    options: { readonly retryAfterSeconds?: number; readonly cause?: unknown } = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : {});
    this.code = code;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** Returns the error for an invalid request. */
export function invalidArgument(message: string): RpcError {
  return new RpcError('invalid-argument', message);
}

/** Formats a message as Clair's internal errors. */
export function clairReason(reason: string): string {
  return `clair error reason: '${reason}'`;
}

const downloadReason = clairReason('failed to download layer blob.');
const extractReason = clairReason('failed to extract files from layer blob.');

/** Every code of an error, so that a new code does not compile without a decision. The order is that of the codes. */
const rpcErrors = {
  usage: internal,
  'config-invalid': internal,
  'target-not-found': internal,
  'target-unsupported': internal,
  'target-corrupt': ({ message }) => new RpcError('failed-precondition', `${extractReason}: ${message}`),
  'target-unreadable': internal,
  'registry-refused': internal,
  'registry-unavailable': internal,
  'server-refused': internal,
  'server-unavailable': internal,
  'layer-not-found': () => invalidArgument(downloadReason),
  'layer-interrupted': ({ message }) => new RpcError('failed-precondition', `${extractReason}: ${message}`),
  'layer-mismatch': ({ message }) => new RpcError('failed-precondition', `${extractReason}: ${message}`),
  'source-refused': ({ message }) => invalidArgument(`${downloadReason}: ${message}`),
  'limit-exceeded': ({ message }) => new RpcError('failed-precondition', `${extractReason}: ${message}`),
  busy: ({ message }) => new RpcError('unavailable', message, { retryAfterSeconds: busyRetrySeconds }),
  'feed-unavailable': internal,
  'feed-corrupt': internal,
  'feed-not-tried': internal,
  'store-unusable': databaseError,
  'store-unavailable': (cause) => databaseError(cause, { retryAfterSeconds: busyRetrySeconds }),
  'store-incompatible': (cause) =>
    new RpcError('unavailable', cause.message, { retryAfterSeconds: busyRetrySeconds, cause }),
  'store-conflict': databaseError,
  'output-failed': internal,
  'layer-unsupported': ({ message }) => new RpcError('failed-precondition', message),
  'layer-unreadable': ({ message }) => new RpcError('failed-precondition', message),
  'parent-unknown': internal,
  'delivery-failed': internal,
  'timed-out': internal,
} satisfies Record<ErrorCode, (error: ClairError) => RpcError | undefined>;

/** Answers with INTERNAL. The log has the details, and the client does not. */
function internal(): undefined {
  return undefined;
}

function databaseError(cause: ClairError, again: { readonly retryAfterSeconds?: number } = {}): RpcError {
  const message = clairReason('something went wrong when communicating with the database.');
  return new RpcError('unavailable', message, { ...again, cause });
}

/** Converts an error for the client; undefined for an internal error, whose details the client must not see. */
export function toRpcError(error: unknown): RpcError | undefined {
  if (error instanceof RpcError) return error;
  if (error instanceof GoJsonError || error instanceof ProtoJsonError || error instanceof GoNumberError)
    return invalidArgument(error.message);
  return error instanceof ClairError ? rpcErrors[error.code](error) : undefined;
}

/** The response to an internal error, without details. */
export const internalError: RpcError = new RpcError('internal', 'internal server error');
