/**
 * Repeats the last item of a list for a condition `in` up to a power of two. Lists of all lengths then make few different
 * statements, which stay prepared.
 */
export function padded<T>(list: readonly T[]): readonly T[] {
  const [last] = list.slice(-1);
  if (last === undefined) return list;
  const length = 2 ** Math.ceil(Math.log2(list.length));
  return [...list, ...new Array<T>(length - list.length).fill(last)];
}
