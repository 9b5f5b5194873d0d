import { dayMs } from '../../core/duration.ts';

/** Returns a time in ISO 8601 as milliseconds since 1970. */
export function milliseconds(time: string): number {
  const value = Date.parse(time);
  if (Number.isNaN(value)) throw new Error(`not a time: ${time}`);
  return value;
}

/** Like `milliseconds`, but returns null for no time. */
export function millisecondsOrNull(time: string | null | undefined): number | null {
  return time === null || time === undefined ? null : milliseconds(time);
}

/** Returns a stored time as ISO 8601. */
export function isoTime(time: number): string {
  return new Date(time).toISOString();
}

/** Like `isoTime`, but returns null for no time. */
export function isoTimeOrNull(time: number | null): string | null {
  return time === null ? null : isoTime(time);
}

/** Returns whether the stored last use must be renewed: it is stored to the day, so most reads write nothing. In milliseconds since 1970. */
export function isLastUseStale(lastUsedAt: number, now: number): boolean {
  return now - lastUsedAt >= dayMs;
}

/** Returns the day of a time in milliseconds since 1970, in UTC: `2026-01-31`. */
export function dayAt(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
