import type { ClairError } from '../core/errors.ts';

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
