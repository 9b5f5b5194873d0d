import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ClairError, messageOf } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import { isSystemError, withFileErrors } from '../core/system-error.ts';
import { type Digest, digestHex } from '../model/digest.ts';
import type { BlobReference, Catalogue } from './documents.ts';
import {
  damaged,
  inlineContent,
  parseCatalogue,
  parseDatabaseManifest,
  parseIndex,
  verified,
} from './manifest.ts';

/** A published database in a directory: an OCI image layout. */
export interface PublishedDatabase {
  readonly directory: string;
  readonly catalogue: Catalogue;
  /** The digest of its manifest, which stands for the whole database. */
  readonly digest: Digest;
  /** The digests of all its blobs. */
  readonly blobs: readonly Digest[];
  /** Documents that prove who published it, by file name; empty if it is not signed. */
  readonly trustDocuments: ReadonlyMap<string, Buffer>;
}

/** Returns the path of a blob. OCI image-spec, "Image Layout". */
export function blobPath(directory: string, digest: Digest): string {
  return join(directory, 'blobs', 'sha256', digestHex(digest));
}

/**
 * Returns the database in a directory. Undefined if the directory has no `index.json`. Throws `feed-corrupt` if it is damaged, and
 * `feed-unavailable` if it has another form.
 */
export function findDatabase(directory: string): PublishedDatabase | undefined {
  const reference = findManifest(directory);
  return reference && readDatabase(directory, reference);
}

/** Returns the manifest of the database in a directory, by its index. Undefined if the directory has none. Throws `feed-corrupt`. */
export function findManifest(directory: string): BlobReference | undefined {
  const path = join(directory, 'index.json');
  if (withFileErrors(path, () => statSync(path, { throwIfNoEntry: false })) === undefined) return undefined;
  return parseIndex(path, readLimited(path, limits.catalogueBytes));
}

/** Opens an earlier version of the database in a directory by the digest of its manifest. Undefined if it was deleted. */
export function openManifest(directory: string, digest: Digest): PublishedDatabase | undefined {
  const found = statSync(blobPath(directory, digest), { throwIfNoEntry: false });
  return found && readDatabase(directory, { digest, size: found.size });
}

function readDatabase(directory: string, reference: BlobReference): PublishedDatabase {
  const path = blobPath(directory, reference.digest);
  const { catalogue, ...manifest } = parseDatabaseManifest(
    path,
    readBlob(directory, reference, limits.manifestBytes),
  );
  const compressed = inlineContent(path, catalogue) ?? readBlob(directory, catalogue, limits.catalogueBytes);
  return { directory, ...manifest, catalogue: parseCatalogue(path, compressed) };
}

/** Reads a blob and verifies its digest. Throws `feed-corrupt`. */
export function readBlob(directory: string, reference: BlobReference, bytesMax: number): Buffer {
  const path = blobPath(directory, reference.digest);
  if (reference.size > bytesMax) throw damaged(path, `it has ${reference.size} bytes, more than ${bytesMax}`);
  return verified(path, readLimited(path, reference.size), reference);
}

/** Returns whether a blob is there and has its digest. */
export function isSound(directory: string, reference: BlobReference): boolean {
  try {
    readBlob(directory, reference, reference.size);
    return true;
  } catch (error) {
    if (error instanceof ClairError && error.code === 'feed-corrupt') return false;
    throw error;
  }
}

/** Reads a file of at most this size. */
function readLimited(path: string, bytesMax: number): Buffer {
  try {
    const found = statSync(path);
    if (!found.isFile()) throw damaged(path, 'it is not a file');
    if (found.size > bytesMax) throw damaged(path, `it has ${found.size} bytes, more than ${bytesMax}`);
    return readFileSync(path);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw damaged(path, `it cannot be read: ${messageOf(error)}`, error);
  }
}
