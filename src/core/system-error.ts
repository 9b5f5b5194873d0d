import { ClairError, type ErrorCode, messageOf } from './errors.ts';

/** Codes with which the operating system refuses a file, none of them a fault of this program. */
const fileErrorCodes: ReadonlySet<string> = new Set(
  'EACCES EBUSY EDQUOT EFBIG EIO EISDIR ELOOP EMFILE ENAMETOOLONG ENFILE ENODEV ENOENT ENOMEM ENOSPC ENOTDIR ENXIO EPERM EROFS ESTALE ETXTBSY'.split(
    ' ',
  ),
);

/** Whether the operating system refused a call on a file. */
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

/** The error as an expected failure where the operating system refused a call, and as it is otherwise. */
export function toClairError(error: unknown): unknown {
  if (!isSystemError(error)) return error;
  const name = error.path ?? 'a file';
  const message = `${name} cannot be read or written: ${messageOf(error)}`;
  return new ClairError('target-unreadable', message, { cause: error });
}
