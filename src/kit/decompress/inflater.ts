/** Receives inflated bytes, valid only during the call. */
export type BytesSink = (bytes: Buffer) => void;

/** Takes compressed bytes and passes the inflated ones to a sink. Throws `InflateError` if the bytes are invalid. */
export interface Inflater {
  /** Takes the next bytes. If it returns a promise, the next call must wait for it. */
  push(bytes: Buffer): void | Promise<void>;
  /** Must be called after the last bytes. Throws if the stream is cut short. */
  end(): void | Promise<void>;
}
