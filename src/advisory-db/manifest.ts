import { zstdDecompressSync } from 'node:zlib';
import type * as z from 'zod/mini';
import { ClairError, messageOf } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import { parseBySchema, parseJson } from '../kit/json/json-document.ts';
import { sha256Of } from '../kit/sha256.ts';
import type { Digest } from '../model/digest.ts';
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

/** The manifest of a published database. */
export interface DatabaseManifest {
  readonly digest: Digest;
  /** The digests of all blobs of the database. */
  readonly blobs: readonly Digest[];
  readonly catalogue: LayoutDescriptor;
  /** Documents that prove who published the database, by their file names, such as `1.root.json`. */
  readonly trustDocuments: ReadonlyMap<string, Buffer>;
}

/** Returns the entry of the database in the index of a layout. `location` names the index in errors. Throws `feed-corrupt`, and `feed-unavailable` if it has another form. */
export function parseIndex(location: string, bytes: Buffer): LayoutDescriptor {
  const { manifests } = parse(location, bytes, layoutIndex);
  const listed = manifests.find(({ annotations }) => annotations?.[tagAnnotation] === databaseForm);
  if (listed !== undefined) return listed;
  throw new ClairError(
    'feed-unavailable',
    `${location} lists no database of the form ${databaseForm}, which this version of clair reads: use the version that wrote it, or another place`,
  );
}

/** Parses a manifest. Throws `feed-corrupt`. */
export function parseDatabaseManifest(location: string, bytes: Buffer): DatabaseManifest {
  const { layers } = parse(location, bytes, databaseManifest);
  const catalogue = layers.find(({ mediaType }) => mediaType === mediaTypes.catalogue);
  if (catalogue === undefined) throw damaged(location, 'it has no catalogue');
  const digest = `sha256:${sha256Of(bytes)}` as Digest;
  return {
    digest,
    blobs: [digest, emptyConfigDigest, ...layers.map((layer) => layer.digest)],
    catalogue,
    trustDocuments: trustDocumentsOf(location, layers),
  };
}

/** The digest of `{}`. OCI image-spec, "Guidance for an Empty LayoutDescriptor". */
const emptyConfigDigest = 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a' as Digest;

function trustDocumentsOf(
  location: string,
  layers: readonly LayoutDescriptor[],
): ReadonlyMap<string, Buffer> {
  const documents = layers.filter(({ mediaType }) => mediaType === mediaTypes.trust);
  return new Map(
    documents.map((layer) => {
      const name = layer.annotations?.[titleAnnotation];
      const bytes = inlineContent(location, layer);
      if (name === undefined || bytes === undefined)
        throw damaged(location, `its document ${layer.digest} has no name or no content`);
      if (bytes.length > limits.trustDocumentBytes)
        throw damaged(location, `${name} has more than ${limits.trustDocumentBytes} bytes`);
      return [name, bytes];
    }),
  );
}

/** Returns the content that a descriptor embeds; undefined if it embeds none. OCI image-spec, "Embedded Content". Throws `feed-corrupt`. */
export function inlineContent(location: string, descriptor: LayoutDescriptor): Buffer | undefined {
  if (descriptor.data === undefined) return undefined;
  return verified(location, Buffer.from(descriptor.data, 'base64'), descriptor);
}

/** Parses a catalogue in compressed form. Throws `feed-corrupt`. */
export function parseCatalogue(location: string, compressed: Buffer): Catalogue {
  return parse(location, inflate(location, compressed, limits.catalogueBytes), catalogueDocument);
}

/** Returns the bytes if they have the size and the digest of a reference. Throws `feed-corrupt`. */
export function verified(location: string, bytes: Buffer, { digest, size }: BlobReference): Buffer {
  if (bytes.length !== size) throw damaged(location, `it has ${bytes.length} bytes instead of ${size}`);
  const actual = `sha256:${sha256Of(bytes)}`;
  if (actual !== digest) throw damaged(location, `its digest is ${actual} instead of ${digest}`);
  return bytes;
}

/**
 * Inflates zstd to at most `bytesMax` bytes. With a chunk of that size, `zlib` writes once; with its own small chunks it takes twice the
 * time. `location` names the content in errors.
 */
export function inflate(
  location: string,
  compressed: Buffer,
  bytesMax: number,
  dictionary?: Uint8Array,
): Buffer {
  const size = Math.max(64, bytesMax);
  try {
    return zstdDecompressSync(compressed, {
      maxOutputLength: size,
      chunkSize: size,
      ...(dictionary !== undefined && { dictionary }),
    });
  } catch (error) {
    throw damaged(location, `it cannot be inflated to at most ${bytesMax} bytes: ${messageOf(error)}`, error);
  }
}

function parse<T extends z.ZodMiniType>(location: string, bytes: Buffer, schema: T): z.output<T> {
  const refuse = (fault: string, cause?: unknown): Error => damaged(location, `it ${fault}`, cause);
  return parseBySchema(schema, parseJson(bytes, refuse), ({ fault }) => refuse(fault));
}

/** Returns the error of a damaged file of a published database. `location` is a path, a URL or a name in a registry. */
export function damaged(location: string, why: string, cause?: unknown): ClairError {
  const isRemote = /^(?:https?:\/\/|registry:)/.test(location);
  const remedy = isRemote
    ? 'Name another place with --from, or ask its publisher'
    : 'Copy it again, or publish it again with clair db build';
  return new ClairError(
    'feed-corrupt',
    `the published database is damaged at ${location}: ${why}. ${remedy}.`,
    { cause },
  );
}
