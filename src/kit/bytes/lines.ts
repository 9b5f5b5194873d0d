import { ByteBuffer } from './byte-buffer.ts';

/** Text that does not consist of whole lines. `position` counts bytes from its start. */
export class LineError extends Error {
  readonly position: number;

  constructor(position: number, message: string) {
    super(message);
    this.name = 'LineError';
    this.position = position;
  }
}

/**
 * Yields the lines of a text without their line feeds, with one of them in memory at a time. Each is valid until the next is requested.
 * Throws a `LineError` if a line is longer than `lineBytes` or if the last line has no line feed.
 */
export async function* linesOf(body: AsyncIterable<Uint8Array>, lineBytes: number): AsyncGenerator<Buffer> {
  const begun = new ByteBuffer();
  let position = 0;
  for await (const piece of body) {
    let from = 0;
    for (let end = piece.indexOf(0x0a); end >= 0; end = piece.indexOf(0x0a, from)) {
      begun.append(piece.subarray(from, end));
      if (begun.length > lineBytes) break;
      position += begun.length + 1;
      yield begun.bytes();
      begun.clear();
      from = end + 1;
    }
    begun.append(piece.subarray(from));
    if (begun.length > lineBytes)
      throw new LineError(position, `the line that begins here is longer than ${lineBytes} bytes`);
  }
  if (begun.length > 0) throw new LineError(position + begun.length, 'the last line is cut short');
}
