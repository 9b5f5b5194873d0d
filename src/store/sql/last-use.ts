/** The last use is noted to the day, so that reading stays reading nearly always. */
const dayMs = 24 * 3_600_000;

/** Whether a noted use is so old that another one has to be noted. Times are in milliseconds. */
export function isLastUseStale(lastUsedAt: number, now: number): boolean {
  return now - lastUsedAt >= dayMs;
}
