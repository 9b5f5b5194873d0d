import type { ClairError } from '../core/errors.ts';

/**
 * Those of some named things that have one of these names; all where there are no names. Throws what `refusal` makes of a name nobody
 * has and of the names there are.
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
