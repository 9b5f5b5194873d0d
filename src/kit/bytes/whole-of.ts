/**
 * All bytes of a stream that is small, whatever becomes of the memory of its pieces. Throws what `tooMuch` makes where there are
 * more than so many, and whatever reading the stream throws.
 */
export async function wholeOf(
  stream: AsyncIterable<Uint8Array>,
  bytesMax: number,
  tooMuch: () => unknown,
): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of stream) {
    length += piece.length;
    if (length > bytesMax) throw tooMuch();
    pieces.push(Buffer.from(piece));
  }
  return Buffer.concat(pieces, length);
}
