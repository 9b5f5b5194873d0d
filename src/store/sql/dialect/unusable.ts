import { ClairError } from '../../../core/errors.ts';

/** The database at `place` cannot be used; `why` says what the matter is and what to do. */
export function unusable(place: string, why: string, cause?: unknown): ClairError {
  return new ClairError('store-unusable', `the database ${place} cannot be used: ${why}`, { cause });
}

/** As `unusable`, for what passes by itself or when somebody starts the server: the same can be tried again. */
export function unavailable(place: string, why: string, cause?: unknown): ClairError {
  return new ClairError('store-unavailable', `the database ${place} cannot be used: ${why}`, { cause });
}
