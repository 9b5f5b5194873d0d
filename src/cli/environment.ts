import { hostname } from 'node:os';
import { join } from 'node:path';
import { ClairError } from '../core/errors.ts';
import { homeDirectory } from '../kit/home-directory.ts';

/** Returns the cache directory of the user: `$XDG_CACHE_HOME/clair` (XDG Base Directory Specification). */
export function cacheDirectory(): string {
  return join(process.env['XDG_CACHE_HOME'] || join(homeDirectory(), '.cache'), 'clair');
}

/** Returns a name for the locks of this process. Each call returns another name. */
export function ownerName(): string {
  return `${hostname()} ${process.pid} ${process.hrtime.bigint()}`;
}

/** Returns `SOURCE_DATE_EPOCH` as ISO 8601 (<https://reproducible-builds.org/specs/source-date-epoch/>). Throws `usage`. */
export function sourceDateEpoch(): string | undefined {
  const given = process.env['SOURCE_DATE_EPOCH'];
  if (given === undefined || given === '') return undefined;
  if (!/^\d{1,11}$/.test(given))
    throw new ClairError('usage', `SOURCE_DATE_EPOCH is a number of seconds, not ${given}`);
  return new Date(Number(given) * 1000).toISOString().replace('.000Z', 'Z');
}
