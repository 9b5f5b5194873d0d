import { bufferView } from '../kit/bytes/buffer-view.ts';

/** Bytes received in messages, in order. Passes each buffer to `recycle` when the consumer requests the next one. */
export class TransferReceiver implements AsyncIterable<Buffer> {
  readonly #recycle: (memory: ArrayBuffer) => void;
  readonly #pending: Uint8Array<ArrayBuffer>[] = [];
  #isEnded = false;
  #wake: (() => void) | undefined;

  constructor(recycle: (memory: ArrayBuffer) => void) {
    this.#recycle = recycle;
  }

  push(bytes: Uint8Array<ArrayBuffer>): void {
    this.#pending.push(bytes);
    this.#wake?.();
  }

  /** Marks the end of the stream. */
  end(): void {
    this.#isEnded = true;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void, undefined> {
    for (;;) {
      const bytes = this.#pending.shift();
      if (bytes !== undefined) {
        yield bufferView(bytes);
        this.#recycle(bytes.buffer);
      } else if (this.#isEnded) return;
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }
}
