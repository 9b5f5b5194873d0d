/**
 * All bytes of a stream that is small, whatever becomes of the memory of its pieces. Throws what `tooMuch` makes where there are
 * more than so many, and whatever reading the stream throws.
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
