/** Bytes that may be read after the end without meaning. So a decoder need not check for the end at every byte. */
export const slackBytes = 256;

/** Compressed bytes that a decoder has not used yet, joined into one buffer. */
export class PendingInput {
  bytes: Buffer = Buffer.alloc(slackBytes);
  /** The next byte to be used. */
  at = 0;
  /** The position after the last byte. */
  end = 0;
  #position = 0;

  get available(): number {
    return this.end - this.at;
  }

  /** Number of bytes used so far. */
  get position(): number {
    return this.#position + this.at;
  }

  /** Consumes the next bytes. Undefined if there are fewer. Valid until more are appended. */
  take(count: number): Buffer | undefined {
    if (this.available < count) return undefined;
    this.at += count;
    return this.bytes.subarray(this.at - count, this.at);
  }

  append(piece: Uint8Array): void {
    if (this.end + piece.length + slackBytes > this.bytes.length) this.#ensureCapacity(piece.length);
    this.bytes.set(piece, this.end);
    this.end += piece.length;
  }

  /** Frees the memory once all bytes have been used. */
  release(): void {
    this.#position += this.at;
    this.at = this.end = 0;
    this.bytes = Buffer.alloc(slackBytes);
  }

  #ensureCapacity(size: number): void {
    const needed = this.available + size + slackBytes;
    const isLarge = needed > this.bytes.length / 2;
    const bytes = isLarge ? Buffer.alloc(needed * 2) : this.bytes;
    this.bytes.copy(bytes, 0, this.at, this.end);
    this.bytes = bytes;
    this.#position += this.at;
    this.end -= this.at;
    this.at = 0;
  }
}
