/** Receives inflated bytes, valid only during the call. */
export type BytesSink = (bytes: Buffer) => void;

/** Takes compressed bytes and hands out what they hold. Failures are plain errors that say what is wrong with the bytes. */
export interface Inflater {
  /** Takes the next bytes; when it returns a promise, the next call waits for it. */
  push(bytes: Buffer): void | Promise<void>;
  /** Says that no more bytes come. Throws when the stream is cut short. */
  end(): void | Promise<void>;
}
