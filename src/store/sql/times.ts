/** Milliseconds since 1970, as times are stored, of a time in ISO 8601. */
export function milliseconds(time: string): number {
  const value = Date.parse(time);
  if (Number.isNaN(value)) throw new Error(`not a time: ${time}`);
  return value;
}

/** As `milliseconds`, where there may be none. */
export function millisecondsOrNull(time: string | null | undefined): number | null {
  return time === null || time === undefined ? null : milliseconds(time);
}

/** A stored time as ISO 8601. */
export function isoTime(time: number): string {
  return new Date(time).toISOString();
}

/** As `isoTime`, where there may be none. */
export function isoTimeOrNull(time: number | null): string | null {
  return time === null ? null : isoTime(time);
}
