import { ByteBuffer } from './byte-buffer.ts';

/** Text that is not made of whole lines. `position` counts bytes from its start. */
export class LineError extends Error {
  readonly position: number;

  constructor(position: number, message: string) {
    super(message);
    this.name = 'LineError';
    this.position = position;
  }
}

/**
 * The lines of a text without their line feeds, one at a time in memory; each is valid until the next is asked for. Throws a
 * `LineError` for one that is longer than `lineBytes` and for a last one that no line feed ends.
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
