import { bufferView } from '../../kit/bytes/bytes.ts';

const lineFeed = 0x0a;

/** Returns the problem of a text database with NUL bytes, which were never written. */
export function nulByteProblem(content: Uint8Array): string | undefined {
  const zero = bufferView(content).indexOf(0);
  return zero === -1 ? undefined : `holds a NUL byte at offset ${zero}; a part of it may be lost`;
}

/**
 * Returns the problem of a text database without a final line feed. An empty file is not damage: tools and other
 * distributions create it, and an image without packages is never clean.
 */
export function truncationProblem(content: Uint8Array): string | undefined {
  const isCut = content.length > 0 && content.at(-1) !== lineFeed;
  return isCut ? 'ends in the middle of a line; the rest may be cut off' : undefined;
}

/** Returns the problem of a text file in UTF-16, which the tools that write it never use. Such a file begins with a byte order mark. */
export function utf16Problem(content: Uint8Array): string | undefined {
  const [first, second] = content;
  const isMarked = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  return isMarked ? 'is UTF-16 text, not UTF-8' : undefined;
}
