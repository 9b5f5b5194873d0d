/** An object without its undefined properties. */
export type WithoutUndefined<T> = { [Key in keyof T]?: Exclude<T[Key], undefined> };

/** Removes undefined properties, for types whose optional properties must be absent rather than undefined. */
export function omitUndefined<T extends object>(values: T): WithoutUndefined<T> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as WithoutUndefined<T>;
}
