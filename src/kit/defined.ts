/** An object without those of its properties that are undefined. */
export type Defined<T> = { [Key in keyof T]?: Exclude<T[Key], undefined> };

/** Drops properties that are undefined, where an optional one must be absent rather than undefined. */
export function defined<T extends object>(values: T): Defined<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Defined<T>;
}
