/** Yields consecutive parts of a list of `size` items each. The last part may be shorter. */
export function* splitIntoChunks<T>(list: readonly T[], size: number): Generator<readonly T[]> {
  for (let start = 0; start < list.length; start += size) yield list.slice(start, start + size);
}
