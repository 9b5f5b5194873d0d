/** Requests a page of a list: the entries behind the cursor `after`. */
export interface PageRequest<Cursor> {
  readonly limit: number;
  readonly after?: Cursor;
}

/** A time in the past to query, ISO 8601. Throws `usage` if history does not reach back to it, or if it is in the future. */
export interface AsOf {
  readonly asOf?: string | undefined;
}
