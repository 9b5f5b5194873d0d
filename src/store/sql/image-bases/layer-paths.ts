import type { Digest } from '../../../model/digest.ts';

/** Bytes of the digest of each layer in a path. Two layers of a fleet do not share them by chance. */
export const layerBytes = 8;

/** Layers of an image in its path. The index of an engine holds no longer values. Runtimes refuse images with more than 127 layers. */
const layersMax = 256;

/**
 * Returns the layers of an image as bytes whose order puts images behind their bases: an image is a base of another one if its path is the
 * beginning of that one's. An image with more layers than a path has is the base of no image.
 */
export function layerPathOf(diffIds: readonly Digest[]): Uint8Array {
  const parts = diffIds.slice(0, layersMax).map((diffId) => {
    const hex = diffId.slice(diffId.indexOf(':') + 1);
    return Buffer.from(hex.slice(0, layerBytes * 2), 'hex');
  });
  const more = diffIds.length > layersMax ? [Buffer.from([0])] : [];
  return Uint8Array.from(Buffer.concat([...parts, ...more]));
}

/** Whether a path is the beginning of a longer one. */
export function isPathBelow(path: Uint8Array, longer: Uint8Array): boolean {
  return path.length < longer.length && Buffer.compare(path, longer.subarray(0, path.length)) === 0;
}

/** Returns the first bytes behind all paths that begin with a path. Undefined if nothing is behind them. */
export function endOfPath(path: Uint8Array): Uint8Array | undefined {
  const last = path.findLastIndex((byte) => byte < 0xff);
  if (last < 0) return undefined;
  const end = path.slice(0, last + 1);
  end[last] = (end[last] ?? 0) + 1;
  return end;
}
