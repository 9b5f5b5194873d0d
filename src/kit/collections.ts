/** An object without its undefined properties. */
export type WithoutUndefined<T> = { [Key in keyof T]?: Exclude<T[Key], undefined> };

/** Removes undefined properties, for types whose optional properties must be absent rather than undefined. */
export function omitUndefined<T extends object>(values: T): WithoutUndefined<T> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as WithoutUndefined<T>;
}

/** Yields consecutive parts of a list of `size` items each. The last part may be shorter. */
export function* splitIntoChunks<T>(list: readonly T[], size: number): Generator<readonly T[]> {
  for (let start = 0; start < list.length; start += size) yield list.slice(start, start + size);
}

/**
 * Repeats the last item of a list up to a power of two. Lists of all lengths then have few lengths, such as those of conditions `in`
 * whose statements stay prepared.
 */
export function padToPowerOfTwo<T>(list: readonly T[]): readonly T[] {
  const [last] = list.slice(-1);
  if (last === undefined) return list;
  const length = 2 ** Math.ceil(Math.log2(list.length));
  return [...list, ...new Array<T>(length - list.length).fill(last)];
}

/**
 * Removes the last characters that are among `characters`. A pattern such as `/x+$/` takes quadratic time: it is tried at every x of a run
 * that does not end the text.
 */
export function trimCharactersEnd(text: string, characters: string): string {
  let end = text.length;
  while (end > 0 && characters.includes(text.charAt(end - 1))) end--;
  return text.slice(0, end);
}

/** Removes the first and last characters that are among `characters`. */
export function trimCharacters(text: string, characters: string): string {
  let start = 0;
  while (start < text.length && characters.includes(text.charAt(start))) start++;
  return trimCharactersEnd(text.slice(start), characters);
}

/** Returns the values that satisfy the condition, and the others, each in their order. */
export function partition<T>(
  values: readonly T[],
  isFirst: (value: T) => boolean,
): [first: T[], others: T[]] {
  const parts: [T[], T[]] = [[], []];
  for (const value of values) parts[isFirst(value) ? 0 : 1].push(value);
  return parts;
}

/** Returns the first names, and the number of the others: `a, b and 3 more`. */
export function listSome(names: readonly string[], max: number): string {
  const shown = names.slice(0, max).join(', ');
  return names.length > max ? `${shown} and ${names.length - max} more` : shown;
}

/** Returns the value at an index. Throws for an index outside the list, which then comes from another list. */
export function elementAt<T>(values: readonly T[], index: number): T {
  const value = values[index];
  if (value === undefined) throw new Error(`no element ${index} in a list of ${values.length}`);
  return value;
}
