import { ClairError } from '../core/errors.ts';
import { closestMatch } from '../kit/closest-match.ts';

/**
 * Returns the elements with these names, or all elements without names. Throws the error that `onUnknown` returns for an unknown name.
 */
export function selectByName<T extends { readonly name: string }>(
  names: readonly string[],
  all: readonly T[],
  onUnknown: (unknown: string, known: string) => ClairError,
): readonly T[] {
  const unknown = names.find((name) => !all.some((one) => one.name === name));
  if (unknown !== undefined) throw onUnknown(unknown, all.map(({ name }) => name).join(', '));
  return names.length === 0 ? all : all.filter(({ name }) => names.includes(name));
}

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
