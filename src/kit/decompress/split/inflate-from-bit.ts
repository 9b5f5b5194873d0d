import { RawEngine } from './raw-engine.ts';

/** A bit at which a deflate stream begins, as bytes for zlib. */
export interface StreamStart {
  /** Empty blocks and the rest of the first byte. */
  readonly prefix: Buffer;
  /** The bytes before the stream. Undefined at its real start. */
  readonly window: Buffer | undefined;
}

/** How far a deflate stream filled an output. */
export interface FilledOutput {
  readonly isFull: boolean;
  /** The bytes behind the end of the stream. Undefined unless it ends before the output is full. */
  readonly behindEnd?: Buffer;
}

/** Fills an output from a deflate stream, which begins with `prefix` and goes on with `deflated`. */
export function inflateFromBit(
  output: Buffer,
  { prefix, window }: StreamStart,
  deflated: Buffer,
): FilledOutput {
  const engine = new RawEngine(window);
  let written = 0;
  try {
    for (const input of [prefix, deflated]) {
      for (let read = 0; read < input.length && written < output.length; ) {
        engine.run(input.subarray(read), output.subarray(written));
        if (engine.failure !== undefined) return { isFull: false };
        read += engine.read;
        written += engine.written;
        if (engine.read > 0 || engine.written > 0) continue;
        return { isFull: false, behindEnd: input === prefix ? deflated : input.subarray(read) };
      }
    }
    return { isFull: written === output.length };
  } finally {
    engine.close();
  }
}
