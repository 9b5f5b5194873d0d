import { ClairError } from '../../kit/errors.ts';

/** Those of some named things that a setting names; all where it names none. Throws `config-invalid` for a name nobody has. */
export function selected<T extends { readonly name: string }>(
  setting: string,
  names: readonly string[],
  all: readonly T[],
): readonly T[] {
  const unknown = names.find((name) => !all.some((one) => one.name === name));
  if (unknown !== undefined) {
    const known = all.map(({ name }) => name).join(', ');
    throw new ClairError('config-invalid', `${setting} names ${unknown}; there are ${known}`);
  }
  return names.length === 0 ? all : all.filter(({ name }) => names.includes(name));
}
