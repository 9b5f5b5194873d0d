import { join } from 'node:path';
import { homeDirectory } from '../kit/home-directory.ts';

/** Returns the cache directory of the user: `$XDG_CACHE_HOME/clair` (XDG Base Directory Specification). */
export function cacheDirectory(): string {
  return join(process.env['XDG_CACHE_HOME'] || join(homeDirectory(), '.cache'), 'clair');
}
