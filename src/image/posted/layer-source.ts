import type { Digest } from '../../model/digest.ts';
import type { LayerClaims } from '../image-layer.ts';

/** How a layer is packed: as the archive of a changeset, or with its root in a directory, as in an ACI. */
export type LayerFormat = 'docker' | 'aci';

/** A layer as somebody who posts it names it. */
export interface LayerSource {
  /** `http://…` or `https://…`, in lower case as Clair has it; everything else is a local file. */
  readonly path: string;
  /** Sent to the origin of the URL, and to no other. */
  readonly headers: Readonly<Record<string, string>>;
  readonly format: LayerFormat;
  /** Of its content, as it is stored or uncompressed, where they who post it know. */
  readonly digest?: Digest;
}

/** Whether the layer is downloaded. */
export function isRemote(path: string): boolean {
  return path.startsWith('http://') || path.startsWith('https://');
}

/** What is claimed of a layer that is posted; the format tells where its root is. */
export function claimsOf({ format, digest }: Pick<LayerSource, 'format' | 'digest'>): LayerClaims {
  return { ...(format === 'aci' && { root: 'rootfs' }), ...(digest && { eitherDigest: digest }) };
}
