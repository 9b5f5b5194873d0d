import { hash } from 'node:crypto';
import type { Digest } from '../../model/digest.ts';
import type { LayerClaims } from '../image-layer.ts';

/** Format of a layer: a changeset archive (`docker`), or an archive whose root is the directory `rootfs` (`aci`). */
export type LayerFormat = 'docker' | 'aci';

/** A posted layer, as the client describes it. */
export interface LayerSource {
  /** `http://…` or `https://…`, in lower case as in Clair. Anything else is a local path. */
  readonly path: string;
  /** Sent only to the origin of the URL. */
  readonly headers: Readonly<Record<string, string>>;
  readonly format: LayerFormat;
  /** Digest of the stored or of the uncompressed content, if the client knows it. */
  readonly digest?: Digest;
  /** Digest of the stored content alone, if the client knows it. */
  readonly storedDigest?: Digest;
}

/** The digests of no bytes. Some images have such a layer, which runtimes unpack as an empty one. */
const digestsOfNothing: ReadonlySet<string> = new Set(
  ['sha256', 'sha512'].map((algorithm) => `${algorithm}:${hash(algorithm, '')}`),
);

/** Returns whether the stored content must have bytes, by its digest. */
export function mustHaveContent({ storedDigest }: Pick<LayerSource, 'storedDigest'>): boolean {
  return storedDigest !== undefined && !digestsOfNothing.has(storedDigest);
}

/** Whether the layer must be downloaded. */
export function isRemote(path: string): boolean {
  return path.startsWith('http://') || path.startsWith('https://');
}

/** Returns the claims about a posted layer. The format determines its root. */
export function claimsOf({
  format,
  digest,
  storedDigest,
}: Pick<LayerSource, 'format' | 'digest' | 'storedDigest'>): LayerClaims {
  return {
    ...(format === 'aci' && { root: 'rootfs' }),
    ...(digest && { eitherDigest: digest }),
    ...(storedDigest && { digest: storedDigest }),
  };
}

/** Returns the layer format that a client names, case-insensitively; undefined if it is not supported. */
export function layerFormatOf(name: string): LayerFormat | undefined {
  const format = name.toLowerCase();
  return format === 'docker' || format === 'aci' ? format : undefined;
}
