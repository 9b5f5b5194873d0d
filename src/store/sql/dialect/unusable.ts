import { ClairError } from '../../../core/errors.ts';

/** Returns an error for a database that cannot be used; `why` states the cause and the remedy. */
export function unusable(place: string, why: string, cause?: unknown): ClairError {
  return new ClairError('store-unusable', `the database ${place} cannot be used: ${why}`, { cause });
}

/** Like `unusable`, for a cause that passes or that an operator removes: a retry may succeed. */
export function unavailable(place: string, why: string, cause?: unknown): ClairError {
  return new ClairError('store-unavailable', `the database ${place} cannot be used: ${why}`, { cause });
}
