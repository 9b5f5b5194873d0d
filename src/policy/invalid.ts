import { ClairError } from '../kit/errors.ts';

/** That a file cannot be used. */
export function invalid(place: string, what: string): ClairError {
  return new ClairError('config-invalid', `${place} ${what}`);
}
