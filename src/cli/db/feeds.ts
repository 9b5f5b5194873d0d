import { ClairError } from '../../kit/errors.ts';
import { chosen } from '../chosen.ts';

/** The sources and enrichers of these names, or all of them; throws `usage` for a name that none has. */
export function named<T extends { readonly name: string }>(
  names: readonly string[],
  all: readonly T[],
): readonly T[] {
  return chosen(
    names,
    all,
    (unknown, known) => new ClairError('usage', `there is no source ${unknown}; there are ${known}`),
  );
}

/** The name of a feed as the first column of what is told of it, one line as soon as it is known. */
export function feedColumn(source: string, feed: string): string {
  return `${source} ${feed}`.padEnd(26);
}
