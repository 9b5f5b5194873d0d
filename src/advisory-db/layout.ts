import { readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import type * as z from 'zod/mini';
import { ClairError, messageOf } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import { isSystemError, withFileErrors } from '../core/system-error.ts';
import { parseBySchema, parseJson } from '../kit/json/json-document.ts';
import { sha256Of } from '../kit/sha256.ts';
import { type Digest, digestHex } from '../model/digest.ts';
import {
  type BlobReference,
  type Catalogue,
  catalogueDocument,
  databaseForm,
  databaseManifest,
  type LayoutDescriptor,
  layoutIndex,
  mediaTypes,
  tagAnnotation,
  titleAnnotation,
} from './documents.ts';

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
  /** Whether the caller named the digest, so that the content is what the caller expects. */
  readonly isPinned: boolean;
}

/** Returns the path of a blob. OCI image-spec, "Image Layout". */
export function blobPath(directory: string, digest: Digest): string {
  return join(directory, 'blobs', 'sha256', digestHex(digest));
}

/**
 * Opens the database in a directory, which may be named with a digest: `DIR@sha256:…` opens that version of it. Throws `usage` if there is no such directory, `feed-unavailable` if it has no database of this
 * form, and `feed-corrupt` if the database is damaged.
 */
export function openDatabase(place: string): PublishedDatabase {
  const [, named = place, digest] = /^(.+)@(sha256:[0-9a-f]{64})$/.exec(place) ?? [];
  const directory = resolve(named);
  const found = withFileErrors(named, () => statSync(directory, { throwIfNoEntry: false }), 'usage');
  if (found?.isDirectory() !== true)
    throw new ClairError('usage', `--from names ${named}, and there is no such directory`);
  const database = digest === undefined ? findDatabase(directory) : openPinned(directory, digest as Digest);
  if (database === undefined)
    throw new ClairError(
      'feed-unavailable',
      `${named} has no published database: it has no file index.json; make one with clair db build ${named}`,
    );
  return database;
}

function openPinned(directory: string, digest: Digest): PublishedDatabase {
  const database = openManifest(directory, digest);
  if (database !== undefined) return { ...database, isPinned: true };
  throw new ClairError(
    'feed-unavailable',
    `${directory} has no database with the digest ${digest}: copy it again, or name the digest that clair db build printed last`,
  );
}

/**
 * Returns the database in a directory. Undefined if the directory has no `index.json`. Throws `feed-corrupt` if it is damaged,
 * and `feed-unavailable` if it has another form.
 */
export function findDatabase(directory: string): PublishedDatabase | undefined {
  const path = join(directory, 'index.json');
  if (withFileErrors(path, () => statSync(path, { throwIfNoEntry: false })) === undefined) return undefined;
  const bytes = readLimited(path, limits.catalogueBytes);
  const { manifests } = parse(path, bytes, layoutIndex);
  const listed = manifests.find(({ annotations }) => annotations?.[tagAnnotation] === databaseForm);
  if (listed === undefined)
    throw new ClairError(
      'feed-unavailable',
      `${path} lists no database of the form ${databaseForm}, which this version of clair reads: use the version that wrote it, or another directory`,
    );
  return readDatabase(directory, listed);
}

/** Opens an earlier version of the database in a directory by the digest of its manifest. Undefined if it was deleted. */
export function openManifest(directory: string, digest: Digest): PublishedDatabase | undefined {
  const found = statSync(blobPath(directory, digest), { throwIfNoEntry: false });
  return found && readDatabase(directory, { digest, size: found.size });
}

function readDatabase(directory: string, reference: BlobReference): PublishedDatabase {
  const path = blobPath(directory, reference.digest);
  const manifest = parse(path, readBlob(directory, reference, limits.manifestBytes), databaseManifest);
  const layer = manifest.layers.find(({ mediaType }) => mediaType === mediaTypes.catalogue);
  if (layer === undefined) throw damaged(path, 'it has no catalogue');
  const { digest } = reference;
  const blobs = [digest, emptyConfigDigest, ...manifest.layers.map((one) => one.digest)];
  const trustDocuments = trustDocumentsOf(path, manifest.layers);
  return {
    directory,
    digest,
    blobs,
    trustDocuments,
    catalogue: readCatalogue(directory, layer),
    isPinned: false,
  };
}

function trustDocumentsOf(
  path: string,
  layers: readonly LayoutDescriptor[],
): PublishedDatabase['trustDocuments'] {
  const documents = layers.filter(({ mediaType }) => mediaType === mediaTypes.trust);
  return new Map(
    documents.map((layer) => [
      layer.annotations?.[titleAnnotation] ?? '',
      verified(path, Buffer.from(layer.data ?? '', 'base64'), layer),
    ]),
  );
}

/** The digest of `{}`. OCI image-spec, "Guidance for an Empty LayoutDescriptor". */
const emptyConfigDigest = 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a' as Digest;

function readCatalogue(directory: string, layer: LayoutDescriptor): Catalogue {
  const path = blobPath(directory, layer.digest);
  const inline = layer.data === undefined ? undefined : Buffer.from(layer.data, 'base64');
  const compressed =
    inline === undefined ? readBlob(directory, layer, limits.catalogueBytes) : verified(path, inline, layer);
  const bytes = inflate(path, compressed, limits.catalogueBytes);
  return parse(path, bytes, catalogueDocument);
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

function verified(path: string, bytes: Buffer, { digest, size }: BlobReference): Buffer {
  if (bytes.length !== size) throw damaged(path, `it has ${bytes.length} bytes instead of ${size}`);
  const actual = `sha256:${sha256Of(bytes)}`;
  if (actual !== digest) throw damaged(path, `its digest is ${actual} instead of ${digest}`);
  return bytes;
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

/**
 * Inflates zstd to at most `bytesMax` bytes. With a chunk of that size, `zlib` writes once; with its own small chunks it takes twice the
 * time. `path` names the content in errors.
 */
export function inflate(path: string, compressed: Buffer, bytesMax: number, dictionary?: Buffer): Buffer {
  const size = Math.max(64, bytesMax);
  try {
    const options = {
      maxOutputLength: size,
      chunkSize: size,
      ...(dictionary !== undefined && { dictionary }),
    };
    return zstdDecompressSync(compressed, options);
  } catch (error) {
    throw damaged(path, `it cannot be inflated to at most ${bytesMax} bytes: ${messageOf(error)}`, error);
  }
}

function parse<T extends z.ZodMiniType>(path: string, bytes: Buffer, schema: T): z.output<T> {
  const refuse = (fault: string, cause?: unknown): Error => damaged(path, `it ${fault}`, cause);
  return parseBySchema(schema, parseJson(bytes, refuse), ({ fault }) => refuse(fault));
}

/** Returns the error of a damaged file of a published database. */
export function damaged(path: string, why: string, cause?: unknown): ClairError {
  return new ClairError(
    'feed-corrupt',
    `the published database is damaged at ${path}: ${why}. Copy it again, or publish it again with clair db build.`,
    { cause },
  );
}
