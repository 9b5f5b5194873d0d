import { ClairError } from '../../kit/errors.ts';
import { nearest } from '../../kit/nearest.ts';
import { chosen } from '../chosen.ts';

/** Those of some named things that a setting names; all where it names none. Throws `config-invalid` for a name nobody has. */
export function selected<T extends { readonly name: string }>(
  setting: string,
  names: readonly string[],
  all: readonly T[],
): readonly T[] {
  return chosen(names, all, (unknown, known) => {
    const meant = nearest(unknown, known.split(', '));
    const hint = meant === undefined ? `; there are ${known}` : `: did you mean ${meant}?`;
    return new ClairError('config-invalid', `${setting} names ${unknown}${hint}`);
  });
}
