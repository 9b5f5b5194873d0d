/** An object without those of its properties that are undefined. */
export type WithoutUndefined<T> = { [Key in keyof T]?: Exclude<T[Key], undefined> };

/** Drops properties that are undefined, where an optional one must be absent rather than undefined. */
export function omitUndefined<T extends object>(values: T): WithoutUndefined<T> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as WithoutUndefined<T>;
}
