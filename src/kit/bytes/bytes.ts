/** Returns the same bytes as a `Buffer`, without a copy. */
export function bufferView(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

/**
 * Reads all bytes of a small stream and copies them, so that the stream may reuse its memory. Throws the error of `limitError` if there are
 * more than the limit, and any error of the stream.
 */
export async function readAllBytes(
  stream: AsyncIterable<Uint8Array>,
  bytesMax: number,
  limitError: () => unknown,
): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of stream) {
    length += piece.length;
    if (length > bytesMax) throw limitError();
    pieces.push(Buffer.from(piece));
  }
  return Buffer.concat(pieces, length);
}

/** Size from which a buffer has memory of its own. Node shares one block of some kilobytes among smaller ones. */
const ownMemoryBytes = 64 * 1024;

/** Frees the memory of a large buffer at once. The garbage collector would do so late. The buffer must not be used afterwards. */
export function releaseBytes({ length, buffer }: Buffer): void {
  if (length >= ownMemoryBytes && buffer instanceof ArrayBuffer) buffer.transfer(0);
}
