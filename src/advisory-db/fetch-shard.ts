import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { ClairError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import { isSystemError } from '../core/system-error.ts';
import { sha256Of } from '../kit/sha256.ts';
import { writeFileAtomically } from '../kit/write-file-atomically.ts';
import { type Digest, digestHex } from '../model/digest.ts';
import type { BlobReference, CatalogueShard } from './documents.ts';
import { damaged, inflate, verified } from './manifest.ts';
import { BrokenDownload, type DatabasePlace } from './place.ts';
import { cachedShardPath, removeFile } from './shard-cache.ts';

/**
 * Fetches a shard from a place into a cache directory: as a patch of an earlier version that is there, or else whole. Throws
 * `feed-unavailable`, `feed-corrupt`, and `output-failed` if the file cannot be written.
 */
export async function fetchShard(place: DatabasePlace, shard: CatalogueShard, cache: string): Promise<void> {
  const content = (await patchedShard(place, shard, cache)) ?? (await wholeShard(place, shard, cache));
  await writeFileAtomically(cachedShardPath(cache, shard), [content]);
}

/** Reads a whole shard from a place, and verifies its digest. */
export async function readShard(place: DatabasePlace, shard: CatalogueShard): Promise<Buffer> {
  return inflateShard(place.locate(shard.blob.digest), shard, await readVerified(place, shard.blob));
}

/** Reads a whole shard from a place. Undefined if it is damaged or missing. */
export async function readSoundShard(
  place: DatabasePlace,
  shard: CatalogueShard,
): Promise<Buffer | undefined> {
  try {
    return await readShard(place, shard);
  } catch (error) {
    if (isDamage(error)) return undefined;
    throw error;
  }
}

interface LocalPatch {
  readonly reference: BlobReference;
  /** The file that it changes. */
  readonly from: string;
}

/** Returns a shard by a patch. Undefined if no patch applies, or if the patch is bad: the whole shard is then fetched. */
async function patchedShard(
  place: DatabasePlace,
  shard: CatalogueShard,
  cache: string,
): Promise<Buffer | undefined> {
  const patch = smallestPatch(shard, cache);
  if (patch === undefined || !appliesDictionaries()) return undefined;
  try {
    const compressed = await readVerified(place, patch.reference);
    return inflateShard(place.locate(patch.reference.digest), shard, compressed, readFileSync(patch.from));
  } catch (error) {
    if (error instanceof ClairError || isSystemError(error)) return undefined;
    throw error;
  }
}

function smallestPatch({ patches, blob }: CatalogueShard, cache: string): LocalPatch | undefined {
  const applicable = Object.entries(patches)
    .map(([from, reference]) => ({ reference, from: cachedShardPath(cache, { digest: from as Digest }) }))
    .filter(
      ({ reference, from }) => reference.size <= Math.min(limits.patchBytes, blob.size) && existsSync(from),
    );
  return applicable.sort((a, b) => a.reference.size - b.reference.size)[0];
}

/** Whether this Node uses dictionaries of zstd. Node 24.5 ignores them. */
function appliesDictionaries(): boolean {
  const text = Buffer.from('advisories of a namespace, as they were published before');
  const options = { dictionary: text };
  try {
    zstdDecompressSync(zstdCompressSync(text, options));
    return false;
  } catch {
    return true;
  }
}

/** Returns a shard from its whole form, and continues where an earlier download broke. */
async function wholeShard(place: DatabasePlace, shard: CatalogueShard, cache: string): Promise<Buffer> {
  const location = place.locate(shard.blob.digest);
  const part = new PartialDownload(cache, shard.blob);
  const received = part.read();
  try {
    const bytes = verified(location, await readLimited(place, shard.blob, received), shard.blob);
    part.remove();
    return inflateShard(location, shard, bytes);
  } catch (error) {
    if (error instanceof BrokenDownload) await part.write(error.received);
    else part.remove();
    // The part of the earlier download may be bad.
    if (received === undefined || !isDamage(error)) throw error;
    return await readShard(place, shard);
  }
}

function isDamage(error: unknown): boolean {
  return error instanceof ClairError && error.code === 'feed-corrupt';
}

/** The start of a blob that a broken download left in a cache directory. It appears completely, or not at all. */
class PartialDownload {
  readonly #path: string;
  readonly #bytesMax: number;

  constructor(cache: string, { digest, size }: BlobReference) {
    this.#path = join(cache, 'downloads', digestHex(digest));
    this.#bytesMax = size;
  }

  read(): Buffer | undefined {
    if (!existsSync(this.#path)) return undefined;
    const bytes = readFileSync(this.#path);
    return bytes.length < this.#bytesMax ? bytes : undefined;
  }

  async write(bytes: Buffer): Promise<void> {
    if (bytes.length === 0) return;
    // Without space for the part, the next download starts at the beginning.
    await writeFileAtomically(this.#path, [bytes]).catch(() => undefined);
  }

  remove(): void {
    removeFile(this.#path);
  }
}

async function readVerified(place: DatabasePlace, reference: BlobReference): Promise<Buffer> {
  return verified(place.locate(reference.digest), await readLimited(place, reference), reference);
}

async function readLimited(
  place: DatabasePlace,
  reference: BlobReference,
  received?: Buffer,
): Promise<Buffer> {
  if (reference.size <= limits.shardBytes) return await place.readBlob(reference, { received });
  throw damaged(
    place.locate(reference.digest),
    `it has ${reference.size} bytes, more than ${limits.shardBytes}`,
  );
}

/** Inflates a shard, or a patch of the file `from`, to exactly its size and digest. */
function inflateShard(location: string, shard: CatalogueShard, compressed: Buffer, from?: Buffer): Buffer {
  const bytes = inflate(location, compressed, shard.size, from);
  const actual = `sha256:${sha256Of(bytes)}`;
  if (bytes.length === shard.size && actual === shard.digest) return bytes;
  throw damaged(location, `it inflates to ${actual} (${bytes.length} bytes) instead of ${shard.digest}`);
}
