import { ClairError } from '../../core/errors.ts';
import { closestMatch } from '../../kit/closest-match.ts';
import { selectByName } from '../select-by-name.ts';

/** Returns the elements that a setting names, or all if it is empty. Throws `config-invalid` for an unknown name. */
export function selectForSetting<T extends { readonly name: string }>(
  setting: string,
  names: readonly string[],
  all: readonly T[],
): readonly T[] {
  return selectByName(names, all, (unknown, known) => {
    const meant = closestMatch(unknown, known.split(', '));
    const hint = meant === undefined ? `; there are ${known}` : `: did you mean ${meant}?`;
    return new ClairError('config-invalid', `${setting} names ${unknown}${hint}`);
  });
}
