/** The compression, detected from the first bytes and never from a name or media type. */
export type Compression = 'none' | 'gzip' | 'zstd' | 'xz' | 'bzip2';

/** Number of first bytes that detection needs. */
export const magicBytes = 6;

const magics: readonly (readonly [Compression, readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]],
  ['bzip2', [0x42, 0x5a, 0x68]],
];
/** A zstd stream may begin with a skippable frame, whose first byte is 50 to 5F. */
const skippableFrame = [0x2a, 0x4d, 0x18];

/**
 * Detects the compression. RFC 1952; RFC 8878, sections 3.1.1 and 3.1.2; the xz file format; bzip2, whose fourth byte is a digit from 1 to
 * 9.
 */
export function compressionOf(start: Uint8Array): Compression {
  const begins = (magic: readonly number[], from = 0): boolean =>
    magic.every((byte, i) => start[from + i] === byte);
  const [first = 0, , , fourth = 0] = start;
  const known = magics.find(([, magic]) => begins(magic))?.[0];
  if (known === 'bzip2') return fourth >= 0x31 && fourth <= 0x39 ? 'bzip2' : 'none';
  return known ?? (first >> 4 === 5 && begins(skippableFrame, 1) ? 'zstd' : 'none');
}
