/** A part of a zstd stream within one frame, and whether the frame ends with it. */
export interface FramePiece {
  readonly bytes: Buffer;
  readonly isLast: boolean;
}

type State = 'magic' | 'skippable-size' | 'descriptor' | 'header' | 'block' | 'body' | 'checksum';

/**
 * Finds the ends of frames of a zstd stream without inflating them, from the sizes in their headers. RFC 8878, sections 3.1.1 and 3.1.2.
 * The public stream of node:zlib reads only one frame.
 */
export class ZstdFrames {
  #state: State = 'magic';
  #header: number[] = [];
  #needed = 4;
  #hasChecksum = false;
  #isLastBlock = false;

  /** Cuts the next bytes at the ends of frames. */
  *push(bytes: Buffer): Generator<FramePiece> {
    let start = 0;
    let at = 0;
    while (at < bytes.length) {
      const count = Math.min(this.#needed, bytes.length - at);
      if (this.#state !== 'body') for (let i = 0; i < count; i++) this.#header.push(bytes[at + i] ?? 0);
      at += count;
      this.#needed -= count;
      if (this.#needed > 0 || !this.#isFrameEnd()) continue;
      yield { bytes: bytes.subarray(start, at), isLast: true };
      start = at;
    }
    if (start < at) yield { bytes: bytes.subarray(start, at), isLast: false };
  }

  /** Bytes of a block or of a skippable frame that follow, and that need not be read. */
  get bodyBytesLeft(): number {
    return this.#state === 'body' ? this.#needed : 0;
  }

  /** Skips bytes of a body. Returns true at the end of a frame. */
  skip(count: number): boolean {
    this.#needed -= count;
    return this.#needed === 0 && this.#isFrameEnd();
  }

  /** Moves to the next part of the frame, of at least one byte, as the finished part requires. Returns true at the end of a frame. */
  #isFrameEnd(): boolean {
    const header = this.#header;
    this.#header = [];
    switch (this.#state) {
      case 'magic':
        return isSkippableFrame(header) ? this.#next('skippable-size', 4) : this.#next('descriptor', 1);
      case 'skippable-size':
        this.#isLastBlock = true;
        this.#hasChecksum = false;
        return this.#next('body', littleEndian(header));
      case 'descriptor':
        return this.#next('header', this.#headerBytes(header[0] ?? 0));
      case 'header':
        return this.#next('block', 3);
      case 'block':
        return this.#beginBlock(littleEndian(header));
      case 'body':
        return this.#isLastBlock ? this.#endBlocks() : this.#next('block', 3);
      case 'checksum':
        return this.#endFrame();
    }
  }

  #headerBytes(descriptor: number): number {
    this.#hasChecksum = (descriptor & 0x04) !== 0;
    const isSingleSegment = (descriptor & 0x20) !== 0;
    const dictionaryId = [0, 1, 2, 4][descriptor & 0x03] ?? 0;
    const contentSize = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
    return (isSingleSegment ? 0 : 1) + dictionaryId + contentSize;
  }

  #beginBlock(header: number): boolean {
    this.#isLastBlock = (header & 1) !== 0;
    const isRunLength = ((header >> 1) & 3) === 1;
    return this.#next('body', isRunLength ? 1 : header >> 3);
  }

  #endBlocks(): boolean {
    return this.#hasChecksum ? this.#next('checksum', 4) : this.#endFrame();
  }

  #next(state: State, needed: number): boolean {
    this.#state = state;
    this.#needed = needed;
    return needed === 0 && this.#isFrameEnd();
  }

  #endFrame(): boolean {
    this.#state = 'magic';
    this.#needed = 4;
    return true;
  }
}

/** Whether the first bytes of a frame are those of one that has no content. */
export function isSkippableFrame([first = 0]: ArrayLike<number> & Iterable<number>): boolean {
  return first >> 4 === 5;
}

function littleEndian(bytes: readonly number[]): number {
  return bytes.reduceRight((value, byte) => value * 256 + byte, 0);
}
