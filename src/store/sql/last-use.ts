/** The last use is stored to the day, so most reads write nothing. In milliseconds. */
const dayMs = 24 * 3_600_000;

/** Returns whether the stored last use must be renewed. Times are in milliseconds since 1970. */
export function isLastUseStale(lastUsedAt: number, now: number): boolean {
  return now - lastUsedAt >= dayMs;
}
