import { bufferView } from '../kit/bytes/buffer-view.ts';

/** Bytes that messages bring, in their order. Each piece is handed on to `giveBack` once the next is asked for. */
export class ArrivingBytes implements AsyncIterable<Buffer> {
  readonly #giveBack: (memory: ArrayBuffer) => void;
  readonly #waiting: Uint8Array<ArrayBuffer>[] = [];
  #isEnded = false;
  #wake: (() => void) | undefined;

  constructor(giveBack: (memory: ArrayBuffer) => void) {
    this.#giveBack = giveBack;
  }

  push(bytes: Uint8Array<ArrayBuffer>): void {
    this.#waiting.push(bytes);
    this.#wake?.();
  }

  /** Says that nothing more comes. */
  end(): void {
    this.#isEnded = true;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void, undefined> {
    for (;;) {
      const bytes = this.#waiting.shift();
      if (bytes !== undefined) {
        yield bufferView(bytes);
        this.#giveBack(bytes.buffer);
      } else if (this.#isEnded) return;
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }
}
