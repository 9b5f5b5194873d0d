import { createHash } from 'node:crypto';
import { type Digest, manifestName } from '../../model/digest.ts';
import { compareText } from '../../model/order.ts';
import type { ImageIndex } from '../../store/image-store.ts';
import { analyzerKey } from '../images/analyze-layers.ts';
import { type IngestAncestryDeps, ingestAncestry } from './ingest-ancestry.ts';
import type { IngestDeps, IngestedContent } from './posted-layers.ts';

/** A layer of a manifest, under the digest of its stored content. */
export interface PostedManifestLayer {
  readonly digest: Digest;
  /** `http://…` or `https://…`. */
  readonly url: string;
  /** Sent only to the origin of the URL. */
  readonly headers: Readonly<Record<string, string>>;
}

/** A manifest that a client of Clair's v4 API posts, with its layers from the base up. */
export interface PostedManifest {
  readonly digest: Digest;
  readonly layers: readonly PostedManifestLayer[];
}

/** A manifest that was indexed. */
export interface KnownManifest {
  readonly digest: Digest;
  /** Digests of the layers as stored, from the base up. */
  readonly layers: readonly string[];
  /** Number of the image in the store. */
  readonly number: number;
  /** A text that differs for each content that was read for the manifest. */
  readonly revision: string;
  readonly engineVersion: number;
}

/** A manifest with its content. */
export interface IndexedManifest extends KnownManifest {
  readonly image: ImageIndex;
}

/** Dependencies of reading manifests. */
export interface FindManifestDeps {
  readonly store: Pick<IngestAncestryDeps['store'], 'ancestries' | 'images'>;
}

/**
 * Ingests a manifest like an ancestry. Each layer must have its digest as stored. Reads nothing if the manifest has the same layers and was
 * read by the same extensions. Returns undefined then. Throws what `ingestAncestry` throws.
 */
export async function ingestManifest(
  { digest, layers }: PostedManifest,
  deps: IngestAncestryDeps,
  signal: AbortSignal,
): Promise<IngestedContent | undefined> {
  const hashed = layers.map(({ digest: hash, url, headers }) => ({
    hash,
    headers,
    storedDigest: hash,
    path: url,
    format: 'docker' as const,
  }));
  return await ingestAncestry({ name: manifestName(digest), layers: hashed }, deps, signal);
}

/** Returns an indexed manifest. Undefined if it is unknown. */
export async function findKnownManifest(
  digest: Digest,
  { store }: FindManifestDeps,
): Promise<KnownManifest | undefined> {
  const ancestry = await store.ancestries.find(manifestName(digest));
  if (ancestry === undefined) return undefined;
  const { hashes: layers, image: number, engineVersion } = ancestry;
  const revision = [ancestry.number, number, engineVersion, ...layers].join(' ');
  return { digest, layers, number, engineVersion, revision };
}

/** Reads the content of a manifest. */
export async function readIndexedManifest(
  manifest: KnownManifest,
  { store }: FindManifestDeps,
): Promise<IndexedManifest> {
  return { ...manifest, image: await store.images.findByNumber(manifest.number) };
}

/** Removes manifests. Returns the digests of those that were known, each once. */
export async function removeManifests(
  digests: readonly Digest[],
  { store }: FindManifestDeps,
): Promise<Digest[]> {
  const removed: Digest[] = [];
  for (const digest of new Set(digests))
    if (await store.ancestries.remove(manifestName(digest))) removed.push(digest);
  return removed;
}

/** Returns a text that changes only if the extensions may return another index for a layer, whatever their order. */
export function indexStateOf(extensions: IngestDeps['extensions']): string {
  const parts = analyzerKey(extensions).split(' ').sort(compareText).join(' ');
  return createHash('sha256').update(parts).digest('hex').slice(0, stateCharacters);
}

/** Length of Clair's own state, an MD5. */
const stateCharacters = 32;
