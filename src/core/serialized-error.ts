import { ClairError, type ErrorCode, messageOf } from './errors.ts';
import type { LimitName } from './limits.ts';

/** An error as it is sent from one thread to another: it loses its class on the way, so its members travel by themselves. */
export interface SerializedError {
  readonly code: ErrorCode | undefined;
  readonly limit: LimitName | undefined;
  readonly message: string;
}

/** The members of an error that can be sent; an error that is no `ClairError` has no code. */
export function serializeError(error: unknown): SerializedError {
  const { code, limit } = error instanceof ClairError ? error : { code: undefined, limit: undefined };
  return { code, limit, message: messageOf(error) };
}
