/** A day in milliseconds. Days of UTC have no leap seconds in the time of JavaScript. */
export const dayMs: number = 86_400_000;

const unitMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/**
 * Parses a duration into milliseconds like Go's `time.ParseDuration`, without signs. A bare number counts nanoseconds, as in Clair's
 * configuration files.
 */
export function durationMs(value: string | number): number | undefined {
  if (typeof value === 'number') return value < 0 ? undefined : value * 1e-6;
  if (value === '0') return 0;
  if (!/^(?:\d+(?:\.\d*)?(?:ns|us|\u00b5s|ms|s|m|h))+$/.test(value)) return undefined;
  let total = 0;
  for (const [, count = '', unit = ''] of value.matchAll(/(\d+(?:\.\d*)?)([a-z\u00b5]+)/gy))
    total += Number(count) * (unitMs[unit] ?? 0);
  return total;
}
