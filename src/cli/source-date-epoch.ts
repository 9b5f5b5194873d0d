import { ClairError } from '../core/errors.ts';

/** Returns `SOURCE_DATE_EPOCH` as ISO 8601 (<https://reproducible-builds.org/specs/source-date-epoch/>). Throws `usage`. */
export function sourceDateEpoch(): string | undefined {
  const given = process.env['SOURCE_DATE_EPOCH'];
  if (given === undefined || given === '') return undefined;
  if (!/^\d{1,11}$/.test(given))
    throw new ClairError('usage', `SOURCE_DATE_EPOCH is a number of seconds, not ${given}`);
  return new Date(Number(given) * 1000).toISOString().replace('.000Z', 'Z');
}
