/** Bytes of one piece of memory: large enough that zlib is quick and messages are few. */
const bufferBytes = 256 * 1024;
/** Pieces of memory of one conveyor: one is filled, one is read, one is on its way. */
const buffersMax = 4;

/**
 * Sends a stream to another thread in large pieces. Their memory goes along and comes back to be filled again: when all of it is
 * away nothing more is read, so that a slow reader slows the stream.
 */
export class TransferSender {
  readonly #send: (bytes: Uint8Array<ArrayBuffer>) => void;
  readonly #free: ArrayBuffer[] = [];
  #allocated = 0;
  #wake: (() => void) | undefined;
  #isStopped = false;

  constructor(send: (bytes: Uint8Array<ArrayBuffer>) => void) {
    this.#send = send;
  }

  /** Sends all of a stream. Fails as the stream does. */
  async run(stream: AsyncIterable<Uint8Array>): Promise<void> {
    let filling = await this.#takeBuffer();
    let fill = 0;
    for await (const piece of stream) {
      for (let at = 0; at < piece.length; ) {
        const count = Math.min(piece.length - at, filling.length - fill);
        filling.set(piece.subarray(at, at + count), fill);
        at += count;
        fill += count;
        if (fill < filling.length) continue;
        this.#send(filling);
        filling = await this.#takeBuffer();
        fill = 0;
      }
    }
    if (fill > 0) this.#send(filling.subarray(0, fill));
  }

  /** Takes back memory that was read. */
  recycle(memory: ArrayBuffer): void {
    this.#free.push(memory);
    this.#wake?.();
  }

  /** Reads and sends nothing more. */
  stop(): void {
    this.#isStopped = true;
    this.#wake?.();
  }

  async #takeBuffer(): Promise<Uint8Array<ArrayBuffer>> {
    if (this.#free.length === 0 && this.#allocated < buffersMax) {
      this.#allocated++;
      return new Uint8Array(bufferBytes);
    }
    while (this.#free.length === 0) {
      if (this.#isStopped) throw new Error('nobody takes the bytes any more');
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return new Uint8Array(this.#free.pop() ?? new ArrayBuffer(bufferBytes));
  }
}
