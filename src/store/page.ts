/** A part of a list that may be long: it begins behind the one that ended with `after`. */
export interface PageRequest<Cursor> {
  readonly limit: number;
  readonly after?: Cursor;
}

/** A time in the past to ask for: ISO 8601. Throws `usage` where the store does not know that time, or no longer. */
export interface AsOf {
  readonly asOf?: string | undefined;
}
