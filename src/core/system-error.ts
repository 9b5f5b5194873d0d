import { ClairError, type ErrorCode, messageOf } from './errors.ts';

/** Codes with which the operating system refuses access to a file. None is an error of this program. */
const fileErrorCodes: ReadonlySet<string> = new Set(
  'EACCES EBUSY EDQUOT EFBIG EIO EISDIR ELOOP EMFILE ENAMETOOLONG ENFILE ENODEV ENOENT ENOMEM ENOSPC ENOTDIR ENXIO EPERM EROFS ESTALE ETXTBSY'.split(
    ' ',
  ),
);

/** Returns whether an error is a refusal by the operating system of a call on a file. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  if (!(error instanceof Error) || error instanceof ClairError || !('syscall' in error)) return false;
  return 'code' in error && typeof error.code === 'string' && fileErrorCodes.has(error.code);
}

/** Runs `work` on the file `name`. A refusal of the operating system becomes a `ClairError` that names the file. */
export function withFileErrors<T>(name: string, work: () => T, code: ErrorCode = 'target-unreadable'): T {
  try {
    return work();
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new ClairError(code, `${name} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

/** Turns a refusal of the operating system into a `ClairError`. Returns any other error unchanged. */
export function toClairError(error: unknown): unknown {
  if (!isSystemError(error)) return error;
  const name = error.path ?? 'a file';
  const message = `${name} cannot be read or written: ${messageOf(error)}`;
  return new ClairError('target-unreadable', message, { cause: error });
}
