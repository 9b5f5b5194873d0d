/** The parts of a list, in order, each of so many items and the last of those that are left. */
export function* splitIntoChunks<T>(list: readonly T[], size: number): Generator<readonly T[]> {
  for (let start = 0; start < list.length; start += size) yield list.slice(start, start + size);
}
