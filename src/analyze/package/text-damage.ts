import { bufferView } from '../../kit/bytes/buffer-view.ts';

const lineFeed = 0x0a;

/** What a database of text shows of bytes that were never written. */
export function nulByteProblem(content: Uint8Array): string | undefined {
  const zero = bufferView(content).indexOf(0);
  return zero === -1 ? undefined : `holds a NUL byte at offset ${zero}; a part of it may be lost`;
}

/**
 * What it shows of an end that was never written. A file without content shows nothing: tools and other distributions make one,
 * and an image with no package anywhere is never clean.
 */
export function truncationProblem(content: Uint8Array): string | undefined {
  const isCut = content.length > 0 && content.at(-1) !== lineFeed;
  return isCut ? 'ends in the middle of a line; the rest may be cut off' : undefined;
}
