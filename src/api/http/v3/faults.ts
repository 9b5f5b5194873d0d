import { ClairError, type ErrorCode } from '../../../kit/errors.ts';
import { busySeconds } from '../exchange.ts';
import { GoJsonError } from '../go-json-decode.ts';
import { GoNumberError } from '../go-number.ts';
import { ProtoJsonError } from './proto-json.ts';

/** Codes of gRPC, as far as they are used here, with the status that grpc-gateway gives each. */
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

/** The name of a code. */
export type RpcCode = keyof typeof rpcCodes;

/** A failure that the client is told of, over gRPC as over HTTP. */
export class RpcFault extends Error {
  override readonly name = 'RpcFault';
  readonly code: RpcCode;
  /** When the client may come again, where that would help. */
  readonly retryAfterSeconds: number | undefined;

  /** `cause` is a failure that the log has to show, such as that of the database. */
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

/** The request cannot be used as it is. */
export function invalid(message: string): RpcFault {
  return new RpcFault('invalid-argument', message);
}

/** How Clair tells of what went wrong inside. */
export function inClairsWords(reason: string): string {
  return `clair error reason: '${reason}'`;
}

const download = inClairsWords('failed to download layer blob.');
const extract = inClairsWords('failed to extract files from layer blob.');

const faults: Partial<Record<ErrorCode, (error: ClairError) => RpcFault>> = {
  'layer-not-found': () => invalid(download),
  'source-refused': ({ message }) => invalid(`${download}: ${message}`),
  'target-corrupt': ({ message }) => new RpcFault('failed-precondition', `${extract}: ${message}`),
  'layer-mismatch': ({ message }) => new RpcFault('failed-precondition', `${extract}: ${message}`),
  'limit-exceeded': ({ message }) => new RpcFault('failed-precondition', `${extract}: ${message}`),
  'layer-unsupported': ({ message }) => new RpcFault('failed-precondition', message),
  'layer-unreadable': ({ message }) => new RpcFault('failed-precondition', message),
  busy: ({ message }) => new RpcFault('unavailable', message, { retryAfterSeconds: busySeconds }),
  'store-unavailable': (cause) => databaseFault(cause, { retryAfterSeconds: busySeconds }),
  'store-unusable': databaseFault,
  'store-conflict': databaseFault,
};

function databaseFault(cause: ClairError, again: { readonly retryAfterSeconds?: number } = {}): RpcFault {
  const message = inClairsWords('something went wrong when communicating with the database.');
  return new RpcFault('unavailable', message, { ...again, cause });
}

/** What the client is told of an error; undefined for a mistake of ours, of which it learns nothing. */
export function faultOf(error: unknown): RpcFault | undefined {
  if (error instanceof RpcFault) return error;
  if (error instanceof GoJsonError || error instanceof ProtoJsonError || error instanceof GoNumberError)
    return invalid(error.message);
  return error instanceof ClairError ? faults[error.code]?.(error) : undefined;
}

/** What the client is told of a mistake of ours. */
export const bugFault: RpcFault = new RpcFault('internal', 'internal server error');
