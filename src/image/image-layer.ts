import type { Compression } from '../kit/decompress/compression.ts';
import type { Digest } from '../model/digest.ts';

/** Where the bytes of a layer lie. Plain data: it may cross to a worker thread. */
export type LayerPlace =
  /** A stretch of a local file. `stamp` changes when the file does. */
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly offset: number;
      readonly size: number;
      readonly stamp: string;
    }
  /** A member of a compressed archive; `offset` counts uncompressed bytes. */
  | {
      readonly kind: 'archive-member';
      readonly path: string;
      readonly offset: number;
      readonly size: number;
      readonly stamp: string;
    }
  /** A root file system that is a local directory. */
  | { readonly kind: 'directory'; readonly path: string }
  /** Not on this machine's disk: its bytes have to be brought. `path` is what messages name it by. */
  | { readonly kind: 'remote'; readonly path: string };

/** A layer as the image claims it, not yet read. */
export interface ImageLayer {
  readonly place: LayerPlace;
  readonly compression: Compression;
  /** As the media type says; absent where nothing says it. Where the bytes begin otherwise, the diffID decides. */
  readonly statedCompression?: 'none' | 'gzip' | 'zstd';
  /** Digest of the bytes as stored. */
  readonly digest?: Digest;
  readonly diffId?: Digest;
  /** As stored; 0 where nobody knows before it is read. */
  readonly sizeBytes: number;
  /**
   * The directory of the archive that is the root of the image, where that is not the archive itself. Such a layer stands
   * alone, as in an ACI: names of whiteouts mean nothing in it.
   */
  readonly root?: string;
  /** Whether it was taken for a root file system because of its first members: documents of an image may follow. */
  readonly isGuessed?: true;
  /** The instruction that made it. */
  readonly createdBy?: string;
}

/** What has to be known of a layer whose bytes flow in: its root, and what they are to equal. */
export interface LayerClaims extends Pick<ImageLayer, 'digest' | 'diffId' | 'root' | 'statedCompression'> {
  /** One of its digests, where nobody says which. */
  readonly eitherDigest?: Digest | undefined;
}

/**
 * What a layer is cached by: its digest where reading verifies it, else the very file it lies in, since an archive may lie
 * about layers nobody hashes. What is brought is always hashed. Undefined for a directory, whose content has no cheap identity.
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
 * The digest of the stored bytes names the content only where the media type says how they are compressed. Else other images may
 * read the same bytes otherwise, and the diffID names it, which is then compared.
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
