import { join } from 'node:path';
import { homeDirectory } from '../kit/home-directory.ts';

/** Where a person's scans keep what may be lost: `$XDG_CACHE_HOME/clair`. XDG Base Directory Specification. */
export function cacheDirectory(): string {
  return join(process.env['XDG_CACHE_HOME'] || join(homeDirectory(), '.cache'), 'clair');
}
