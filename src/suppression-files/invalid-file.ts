import { ClairError } from '../core/errors.ts';

/** The error about a file that cannot be used. */
export function invalidFile(place: string, problem: string): ClairError {
  return new ClairError('config-invalid', `${place} ${problem}`);
}
