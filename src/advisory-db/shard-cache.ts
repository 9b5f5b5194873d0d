import { existsSync, readdirSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { isSystemError } from '../core/system-error.ts';
import { digestHex } from '../model/digest.ts';
import type { CatalogueShard } from './documents.ts';

/** Returns the path of a shard in a cache directory. */
export function cachedShardPath(cache: string, { digest }: Pick<CatalogueShard, 'digest'>): string {
  return join(cache, 'shards', `${digestHex(digest)}.db`);
}

/** Returns whether a cache directory has a shard. Files appear in it completely, or not at all. */
export function isCached(cache: string, shard: Pick<CatalogueShard, 'digest' | 'size'>): boolean {
  return statSync(cachedShardPath(cache, shard), { throwIfNoEntry: false })?.size === shard.size;
}

/** Time for which a shard stays in the cache after its last use, or after the last catalogue that names it. */
const keptForMs = 7 * 24 * 3_600_000;
/** The same for a file that a killed process did not finish. */
const draftKeptForMs = 3_600_000;
/** Age from which the time of the last use is written again. */
const touchAfterMs = 3_600_000;

/** Records the use of a shard, so that it stays in the cache. */
export function touchShard(cache: string, shard: Pick<CatalogueShard, 'digest'>, now: Date): void {
  const path = cachedShardPath(cache, shard);
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined || Math.abs(now.getTime() - found.mtimeMs) < touchAfterMs) return;
  touchFile(path, now);
}

/** Sets the time of a file. A cache that this user cannot write is not cleaned by this user, either. */
export function touchFile(path: string, now: Date): void {
  try {
    utimesSync(path, now, now);
  } catch (error) {
    if (!isSystemError(error)) throw error;
  }
}

/**
 * Removes files of a cache directory that were last used more than a week ago, and unfinished ones after an hour, unless they are among
 * `used`. Returns their number.
 */
export function removeUnusedFiles(cache: string, used: ReadonlySet<string>, now: Date): number {
  const paths = ['shards', 'catalogues', 'downloads'].flatMap((folder) => {
    const directory = join(cache, folder);
    return existsSync(directory) ? readdirSync(directory).map((name) => join(directory, name)) : [];
  });
  return paths.filter((path) => !used.has(path) && isUnused(path, now) && removeFile(path)).length;
}

function isUnused(path: string, now: Date): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  const keptMs = path.endsWith('.part') ? draftKeptForMs : keptForMs;
  return found !== undefined && now.getTime() - found.mtimeMs >= keptMs;
}

/** Returns whether a file was removed, or did not exist. Another user may have written it. */
export function removeFile(path: string): boolean {
  try {
    rmSync(path, { force: true });
    return true;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return false;
  }
}
