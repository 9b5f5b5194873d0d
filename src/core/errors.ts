import type { LimitName } from './limits.ts';

/**
 * Everything that can go wrong for a reason outside this program, and the exit status of the command for it.
 * Any other error is a bug of ours and ends with 70.
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
  'layer-not-found': 3,
  'layer-mismatch': 3,
  'source-refused': 3,
  'limit-exceeded': 3,
  busy: 3,
  'feed-unavailable': 3,
  'feed-corrupt': 3,
  'feed-not-tried': 3,
  'store-unusable': 3,
  'store-unavailable': 3,
  'store-conflict': 3,
  'output-failed': 3,
  'layer-unsupported': 3,
  'layer-unreadable': 3,
  'parent-unknown': 3,
  'delivery-failed': 3,
  'timed-out': 4,
} as const;

/** The closed set of reasons. */
export type ErrorCode = keyof typeof exitCodes;

/** What there is to say of a failure besides its message. */
export interface ErrorDetails {
  readonly cause?: unknown;
  readonly limit?: LimitName | undefined;
}

/** An expected failure. The message says what, where, and what to do. */
export class ClairError extends Error {
  readonly code: ErrorCode;
  /** Which limit it was, where that is known and the code is `limit-exceeded`. */
  readonly limit: LimitName | undefined;

  constructor(code: ErrorCode, message: string, options: ErrorDetails = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : {});
    this.name = 'ClairError';
    this.code = code;
    this.limit = options.limit;
  }
}

/** What the system calls by codes, for people. */
const errnoMessages: ReadonlyMap<string, string> = new Map([
  ['EACCES', 'permission denied'],
  ['EADDRINUSE', 'another program listens there already'],
  ['EADDRNOTAVAIL', 'this machine does not have that address'],
  ['EAI_AGAIN', 'the name of the host cannot be looked up: is there a network?'],
  ['ECONNREFUSED', 'nothing listens there'],
  ['ECONNRESET', 'the connection was broken off'],
  ['EDQUOT', 'the disk quota is used up'],
  ['EFBIG', 'the file would be too large'],
  ['EHOSTUNREACH', 'there is no way to the host'],
  ['EIO', 'the disk or the network file system reports an error'],
  ['EISDIR', 'it is a directory'],
  ['ELOOP', 'its symbolic links go round in a circle'],
  ['EMFILE', 'too many files are open'],
  ['ENAMETOOLONG', 'the name is too long'],
  ['ENETUNREACH', 'there is no way to that network'],
  ['ENFILE', 'too many files are open on this machine'],
  ['ENOENT', 'there is no such file or directory'],
  ['ENOSPC', 'no space is left on the device'],
  ['ENOTDIR', 'what should be a directory on the way there is none'],
  ['ENOTFOUND', 'there is no host of that name, or no network'],
  ['EPERM', 'it is not permitted'],
  ['EROFS', 'the file system is read-only'],
  ['ESTALE', 'the network file system no longer has the file'],
  ['ETIMEDOUT', 'no answer came in time'],
]);

/** The words of whatever was thrown; those of the system with their code. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const errnoMessage = errnoMessages.get(code);
  return errnoMessage === undefined ? error.message : `${errnoMessage} (${code})`;
}
