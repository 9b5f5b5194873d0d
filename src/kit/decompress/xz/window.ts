/** Chunks of LZMA2 hold at most this many bytes. */
const chunkBytesMax = 2 * 1024 * 1024;
const firstBytes = 256 * 1024;

/** The bytes that were decoded last, to which matches refer. It grows with the data, to what matches may reach. */
export class Window {
  bytes: Buffer = Buffer.alloc(0);
  /** Where the next byte is written. Its lowest four bits are those of the position in the data. */
  at = 0;
  #reachBytes = 0;

  /** Forgets everything; from now on matches reach back over `reachBytes` at most. */
  clear(reachBytes: number = this.#reachBytes): void {
    this.at = 0;
    this.#reachBytes = reachBytes;
  }

  /** Forgets everything and lets go of the memory. */
  release(): void {
    this.at = 0;
    this.bytes = Buffer.alloc(0);
  }

  /** Makes room for a chunk, within which nothing then moves. */
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

  /** Writes `length` bytes again that lie `distance` + 1 bytes back. False where nothing lies there. */
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
