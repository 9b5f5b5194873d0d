import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where a person's scans keep what may be lost: `$XDG_CACHE_HOME/clair`. XDG Base Directory Specification. */
export function cacheDirectory(): string {
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'clair');
}
