import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { ClairError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import { withFileErrors } from '../core/system-error.ts';
import type { Digest } from '../model/digest.ts';
import type { BlobReference } from './documents.ts';
import { blobPath, findManifest, readBlob } from './layout.ts';
import type { DatabasePlace, ManifestRequest, PlaceManifest } from './place.ts';

/** Returns the place in a directory. Throws `usage` if there is no such directory. */
export function directoryPlace(named: string): DatabasePlace {
  const directory = resolve(named);
  const found = withFileErrors(named, () => statSync(directory, { throwIfNoEntry: false }), 'usage');
  if (found?.isDirectory() !== true)
    throw new ClairError('usage', `--from names ${named}, and there is no such directory`);
  return {
    name: directory,
    isLocal: true,
    readManifest: async (request) => readManifest(directory, request),
    locate: (digest) => blobPath(directory, digest),
    readBlob: async (reference) => readBlob(directory, reference, limits.shardBytes),
  };
}

function readManifest(directory: string, { digest, known }: ManifestRequest): PlaceManifest | 'unchanged' {
  if (digest !== undefined) return readPinned(directory, digest);
  const reference = findManifest(directory);
  if (reference === undefined)
    throw new ClairError(
      'feed-unavailable',
      `${directory} has no published database: it has no file index.json; make one with clair db build ${directory}`,
    );
  return reference.digest === known?.digest ? 'unchanged' : toManifest(directory, reference);
}

function readPinned(directory: string, digest: Digest): PlaceManifest {
  const found = statSync(blobPath(directory, digest), { throwIfNoEntry: false });
  if (found !== undefined) return toManifest(directory, { digest, size: found.size });
  throw new ClairError(
    'feed-unavailable',
    `${directory} has no database with the digest ${digest}: copy it again, or name the digest that clair db build printed last`,
  );
}

function toManifest(directory: string, reference: BlobReference): PlaceManifest {
  const bytes = readBlob(directory, reference, limits.manifestBytes);
  return { bytes, digest: reference.digest, fingerprint: '' };
}
