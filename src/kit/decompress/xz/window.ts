/** Maximum decoded size of an LZMA2 chunk. */
const chunkBytesMax = 2 * 1024 * 1024;
const firstBytes = 256 * 1024;

/** The most recently decoded bytes, to which matches refer. It grows with the data up to the reach of matches. */
export class Window {
  bytes: Buffer = Buffer.alloc(0);
  /** The write position. Its lowest four bits are those of the position in the data. */
  at = 0;
  #reachBytes = 0;

  /** Clears the window. From now on matches reach back at most `reachBytes`. */
  clear(reachBytes: number = this.#reachBytes): void {
    this.at = 0;
    this.#reachBytes = reachBytes;
  }

  /** Clears the window and frees its memory. */
  release(): void {
    this.at = 0;
    this.bytes = Buffer.alloc(0);
  }

  /** Ensures capacity for a chunk, so that nothing moves while it is decoded. */
  ensureCapacity(size: number): void {
    if (this.at + size <= this.bytes.length) return;
    const most = this.#reachBytes + Math.max(chunkBytesMax, this.#reachBytes >> 2);
    if (this.bytes.length >= most) {
      const dropped = (this.at - this.#reachBytes) & ~0xf;
      this.bytes.copyWithin(0, dropped, this.at);
      this.at -= dropped;
    }
    if (this.at + size <= this.bytes.length) return;
    const wished = Math.max(Math.min(this.bytes.length * 2, most), firstBytes);
    const grown = Buffer.allocUnsafeSlow(Math.max(wished, this.at + size));
    this.bytes.copy(grown, 0, 0, this.at);
    this.bytes = grown;
  }

  append(bytes: Uint8Array): void {
    this.bytes.set(bytes, this.at);
    this.at += bytes.length;
  }

  /** Copies `length` bytes from `distance` + 1 bytes back. Returns false if the window has fewer. */
  repeat(distance: number, length: number): boolean {
    const { bytes, at } = this;
    let from = at - distance - 1;
    if (from < 0 || distance >= this.#reachBytes) return false;
    const end = at + length;
    for (let to = at; to < end; to++) bytes[to] = bytes[from++] as number;
    this.at = end;
    return true;
  }
}
