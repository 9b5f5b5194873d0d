import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ClairError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import { sha256Of } from '../kit/sha256.ts';
import { writeFileAtomically } from '../kit/write-file-atomically.ts';
import { digestHex } from '../model/digest.ts';
import type { CatalogueShard } from './documents.ts';
import { blobPath, damaged, inflate, type PublishedDatabase, readBlob } from './layout.ts';

/** Returns the path of a shard in a cache directory. */
export function cachedShardPath(cache: string, { digest }: Pick<CatalogueShard, 'digest'>): string {
  return join(cache, 'shards', `${digestHex(digest)}.db`);
}

/** Returns whether a cache directory has a shard. Files appear in it completely, or not at all. */
export function isCached(cache: string, shard: Pick<CatalogueShard, 'digest' | 'size'>): boolean {
  const path = cachedShardPath(cache, shard);
  return existsSync(path) && statSync(path).size === shard.size;
}

/** Unpacks a shard into a cache directory. Throws `feed-corrupt` if it is damaged, and `output-failed` if it cannot be written. */
export async function unpackShard(
  { directory }: Pick<PublishedDatabase, 'directory'>,
  shard: CatalogueShard,
  cache: string,
): Promise<void> {
  await writeFileAtomically(cachedShardPath(cache, shard), [readShard(directory, shard)]);
}

/** Returns the file of a shard. Undefined if it is damaged or missing. */
export function readSoundShard(directory: string, shard: CatalogueShard): Buffer | undefined {
  try {
    return readShard(directory, shard);
  } catch (error) {
    if (error instanceof ClairError && error.code === 'feed-corrupt') return undefined;
    throw error;
  }
}

/** Returns the file of a shard, after its digest was verified. Throws `feed-corrupt`. */
export function readShard(directory: string, shard: CatalogueShard): Buffer {
  const path = blobPath(directory, shard.blob.digest);
  const bytes = inflate(path, readBlob(directory, shard.blob, limits.shardBytes), shard.size);
  const actual = `sha256:${sha256Of(bytes)}`;
  if (bytes.length !== shard.size || actual !== shard.digest)
    throw damaged(path, `it inflates to ${actual} (${bytes.length} bytes) instead of ${shard.digest}`);
  return bytes;
}
