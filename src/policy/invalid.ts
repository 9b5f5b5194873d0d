import { ClairError } from '../kit/errors.ts';

/** The error about a file that cannot be used. */
export function invalid(place: string, what: string): ClairError {
  return new ClairError('config-invalid', `${place} ${what}`);
}
