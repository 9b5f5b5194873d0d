import type { LimitName } from './limits.ts';

/**
 * Codes of all failures with a cause outside this program, and the exit status of the command for each. Any other error is an internal
 * error and ends with 70.
 */
export const exitCodes = {
  usage: 2,
  'config-invalid': 2,
  'target-not-found': 3,
  'target-unsupported': 3,
  'target-corrupt': 3,
  'target-unreadable': 3,
  'registry-refused': 3,
  'registry-unavailable': 3,
  'server-refused': 3,
  'server-unavailable': 3,
  'layer-not-found': 3,
  'layer-interrupted': 3,
  'layer-mismatch': 3,
  'source-refused': 3,
  'limit-exceeded': 3,
  busy: 3,
  'feed-unavailable': 3,
  'feed-corrupt': 3,
  'feed-not-tried': 3,
  'store-unusable': 3,
  'store-unavailable': 3,
  'store-incompatible': 3,
  'store-conflict': 3,
  'output-failed': 3,
  'layer-unsupported': 3,
  'layer-unreadable': 3,
  'parent-unknown': 3,
  'delivery-failed': 3,
  'timed-out': 4,
} as const;

/** The code of a `ClairError`. */
export type ErrorCode = keyof typeof exitCodes;

/** Optional details of a failure besides its message. */
export interface ErrorDetails {
  readonly cause?: unknown;
  readonly limit?: LimitName | undefined;
  /** How long the server asks to wait before another request, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
}

/** An expected failure. The message says what, where, and what to do. */
export class ClairError extends Error {
  readonly code: ErrorCode;
  /** The exceeded limit, if it is known and the code is `limit-exceeded`. */
  readonly limit: LimitName | undefined;
  /** How long the server that failed asks to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, options: ErrorDetails = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : {});
    this.name = 'ClairError';
    this.code = code;
    this.limit = options.limit;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** The messages of glibc (`strerror`, `gai_strerror`) for the error codes of Node. */
const errnoMessages: ReadonlyMap<string, string> = new Map([
  ['EACCES', 'Permission denied'],
  ['EADDRINUSE', 'Address already in use'],
  ['EADDRNOTAVAIL', 'Cannot assign requested address'],
  ['EAI_AGAIN', 'Temporary failure in name resolution'],
  ['ECONNREFUSED', 'Connection refused'],
  ['ECONNRESET', 'Connection reset by peer'],
  ['EDQUOT', 'Disk quota exceeded'],
  ['EEXIST', 'File exists'],
  ['EFBIG', 'File too large'],
  ['EHOSTUNREACH', 'No route to host'],
  ['EIO', 'Input/output error'],
  ['EISDIR', 'Is a directory'],
  ['ELOOP', 'Too many levels of symbolic links'],
  ['EMFILE', 'Too many open files'],
  ['ENAMETOOLONG', 'File name too long'],
  ['ENETUNREACH', 'Network is unreachable'],
  ['ENFILE', 'Too many open files in system'],
  ['ENOENT', 'No such file or directory'],
  ['ENOSPC', 'No space left on device'],
  ['ENOTDIR', 'Not a directory'],
  ['ENOTFOUND', 'Name or service not known'],
  ['EPERM', 'Operation not permitted'],
  ['EROFS', 'Read-only file system'],
  ['ESTALE', 'Stale file handle'],
  ['ETIMEDOUT', 'Connection timed out'],
]);

/** Returns the message of any thrown value. For an error of the operating system it is libc's message with the code. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const errnoMessage = errnoMessages.get(code);
  return errnoMessage === undefined ? error.message : `${errnoMessage} (${code})`;
}

/** An error in a form that can be sent to another thread. Structured cloning drops the class and own members of an error. */
export interface SerializedError {
  readonly code: ErrorCode | undefined;
  readonly limit: LimitName | undefined;
  readonly message: string;
}

/** Returns the members of an error that can be sent. Only a `ClairError` has a code. */
export function serializeError(error: unknown): SerializedError {
  const { code, limit } = error instanceof ClairError ? error : { code: undefined, limit: undefined };
  return { code, limit, message: messageOf(error) };
}
