import { ClairError } from '../core/errors.ts';

/** Returns a `config-invalid` error: the place, such as `rules.yaml:3`, and the problem, such as `has no reason`. */
export function invalidFile(place: string, problem: string): ClairError {
  return new ClairError('config-invalid', `${place} ${problem}`);
}
