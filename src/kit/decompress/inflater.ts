/** Receives inflated bytes, valid only during the call. */
export type BytesSink = (bytes: Buffer) => void;

/** Learns where blocks of a gzip stream end, or frames of a zstd stream. */
export interface BlockObserver {
  /** Whether the next end of a block is of interest. `position` is the number of stored bytes that were read. */
  wantsBlockEnd(position: number): boolean;
  /**
   * Called at the end of a block, after the sink has got all bytes before it. `position` is the number of stored bytes that were read: the
   * block ends in the last one of them, after at least one of its bits, and a frame behind it. The next end must not be wanted at this position.
   * Some ends of frames are left out.
   */
  blockEnded(position: number): void;
}

/** Takes compressed bytes and passes the inflated ones to a sink. Throws `InflateError` if the bytes are invalid. */
export interface Inflater {
  /** Takes the next bytes. If it returns a promise, the next call must wait for it. */
  push(bytes: Buffer): void | Promise<void>;
  /** Must be called after the last bytes. Throws if the stream is cut short. */
  end(): void | Promise<void>;
}

/** Compressed bytes are invalid. `position` counts compressed bytes from their start, approximately. */
export class InflateError extends Error {
  readonly reason: string;
  readonly position: number;

  /** `name` is the name of the file, if it is known. */
  constructor(reason: string, position: number, name?: string, options?: { readonly cause?: unknown }) {
    const what = name === undefined ? '' : `${name} cannot be decompressed: `;
    super(`${what}${reason}, near byte ${position} of the compressed data`, options);
    this.name = 'InflateError';
    this.reason = reason;
    this.position = position;
  }
}
