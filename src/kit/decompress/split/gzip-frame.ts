/** Flags of a gzip header (RFC 1952). */
const flags = { headerChecksum: 2, extra: 4, name: 8, comment: 16, reserved: 0xe0 } as const;

const fixedBytes = 10;

/** Bytes of the checksum and the size behind a member. */
export const gzipTrailerBytes = 8;

/** Returns the length of a gzip header. Undefined if it does not end within the bytes, is invalid, or has a checksum of its own, which few have. */
export function gzipHeaderLength(bytes: Buffer): number | undefined {
  if (bytes.length < fixedBytes || bytes.readUInt16BE(0) !== 0x1f8b || bytes[2] !== 8) return undefined;
  const set = bytes[3] ?? 0;
  if ((set & (flags.reserved | flags.headerChecksum)) !== 0) return undefined;
  let at = fixedBytes;
  if ((set & flags.extra) !== 0) {
    if (bytes.length < at + 2) return undefined;
    at += 2 + bytes.readUInt16LE(at);
  }
  for (const flag of [flags.name, flags.comment]) {
    if ((set & flag) === 0) continue;
    const end = bytes.indexOf(0, at);
    if (end < 0) return undefined;
    at = end + 1;
  }
  return at < bytes.length ? at : undefined;
}

/** Throws what zlib reports if the trailer of a member does not match its content. */
export function assertGzipTrailer(trailer: Buffer, checksum: number, size: number): void {
  if (trailer.length < gzipTrailerBytes) throw new Error('unexpected end of file');
  if (trailer.readUInt32LE(0) !== checksum) throw new Error('incorrect data check');
  if (trailer.readUInt32LE(4) !== size % 2 ** 32) throw new Error('incorrect length check');
}
