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
