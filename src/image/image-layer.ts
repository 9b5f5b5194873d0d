import type { Compression } from '../kit/decompress/compression.ts';
import type { Digest } from '../model/digest.ts';

/** Location of a layer's bytes. Plain data, so it can be sent to a worker thread. */
export type LayerPlace =
  /** A range of a local file. `stamp` changes when the file changes. */
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly offset: number;
      readonly size: number;
      readonly stamp: string;
    }
  /** A member of a compressed archive. `offset` counts uncompressed bytes. */
  | {
      readonly kind: 'archive-member';
      readonly path: string;
      readonly offset: number;
      readonly size: number;
      readonly stamp: string;
    }
  /** A root file system in a local directory. */
  | { readonly kind: 'directory'; readonly path: string }
  /** Not on the local disk: the bytes must be fetched. `path` is the name in messages. */
  | { readonly kind: 'remote'; readonly path: string };

/** A layer as claimed by the image, before it is read. */
export interface ImageLayer {
  readonly place: LayerPlace;
  readonly compression: Compression;
  /** The compression that the media type states. Absent if it states none. If the bytes begin differently, the diffID decides. */
  readonly statedCompression?: 'none' | 'gzip' | 'zstd';
  /** Digest of the bytes as stored. */
  readonly digest?: Digest;
  readonly diffId?: Digest;
  /** Size as stored; 0 if it is unknown before the layer is read. */
  readonly sizeBytes: number;
  /**
   * Directory of the archive that is the root of the image. Absent if the archive itself is the root. A layer with such a directory is the
   * only one, as in an ACI, so whiteout names have no meaning in it.
   */
  readonly root?: string;
  /** Whether the layer was taken for a root file system after its first members only. Documents of an image may follow. */
  readonly isGuessed?: true;
  /** The build instruction that created the layer. */
  readonly createdBy?: string;
}

/** Claims that are needed to read a layer from a stream: its root and its digests. */
export interface LayerClaims extends Pick<ImageLayer, 'digest' | 'diffId' | 'root' | 'statedCompression'> {
  /** A digest of either the stored or the uncompressed bytes, if it is unknown which. */
  readonly eitherDigest?: Digest | undefined;
}

/**
 * Returns the cache key of a layer: its digest if reading verifies it, otherwise the identity of its file, since an archive may claim a
 * false digest for bytes that are not hashed. Streamed layers are always hashed. Returns undefined for a directory, which has no cheap
 * identity.
 */
export function layerIdentity(
  layer: ImageLayer,
  { verify }: { readonly verify: boolean },
): string | undefined {
  const { place } = layer;
  if (place.kind === 'directory') return undefined;
  const claimed = hashedIdentity(layer);
  if (place.kind === 'remote') return claimed;
  const isHashed = verify || layer.compression !== 'none' || place.kind === 'archive-member';
  const content =
    isHashed && claimed !== undefined ? claimed : `${place.stamp}@${place.offset}+${place.size}`;
  return layer.root === undefined ? content : `${content}/${layer.root}`;
}

/**
 * Returns the digest of the stored bytes only if the media type states their compression. Otherwise other images may decompress the same
 * bytes differently, so the diffID is the key, which reading then verifies.
 */
function hashedIdentity({
  digest,
  diffId,
  place,
  compression,
  statedCompression,
}: ImageLayer): Digest | undefined {
  const isStated =
    statedCompression !== undefined &&
    statedCompression !== 'none' &&
    (place.kind === 'remote' || compression === statedCompression);
  return isStated ? (digest ?? diffId) : (diffId ?? digest);
}
