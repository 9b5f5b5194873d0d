import { ClairError, type ErrorCode, messageOf } from './errors.ts';
import type { LimitName } from './limits.ts';

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
