import type { MessagePort } from 'node:worker_threads';
import { WakeSignal } from '../kit/async/wake-signal.ts';
import { bufferView } from '../kit/bytes/bytes.ts';
import type { ToThread } from './protocol.ts';

/** Bytes per buffer: large enough for fast inflation and few messages. */
const bufferBytes = 256 * 1024;
/** Buffers per transfer: one is filled, one is read, the others are in transit. */
const buffersMax = 4;

/**
 * Sends a stream to another thread in large buffers, whose memory is transferred and comes back for reuse. If all buffers are in use, it
 * reads no more of the stream (backpressure).
 */
export class TransferSender {
  readonly #port: Pick<MessagePort, 'postMessage'>;
  readonly #free: ArrayBuffer[] = [];
  #allocated = 0;
  readonly #changed = new WakeSignal();
  #isStopped = false;

  constructor(port: Pick<MessagePort, 'postMessage'>) {
    this.#port = port;
  }

  /** Sends the whole stream and its end. Throws if the stream fails. */
  async run(stream: AsyncIterable<Uint8Array>): Promise<void> {
    let filling = await this.#takeBuffer();
    let fill = 0;
    for await (const piece of stream) {
      this.#throwIfStopped();
      for (let at = 0; at < piece.length; ) {
        const count = Math.min(piece.length - at, filling.length - fill);
        filling.set(piece.subarray(at, at + count), fill);
        at += count;
        fill += count;
        if (fill < filling.length) continue;
        this.#port.postMessage({ kind: 'bytes', bytes: filling } satisfies ToThread, [filling.buffer]);
        filling = await this.#takeBuffer();
        fill = 0;
      }
    }
    this.#throwIfStopped();
    const bytes = filling.subarray(0, fill);
    if (fill > 0) this.#port.postMessage({ kind: 'bytes', bytes } satisfies ToThread, [bytes.buffer]);
    this.#port.postMessage({ kind: 'end' } satisfies ToThread);
  }

  /** Takes back a buffer that the other thread has read. */
  recycle(memory: ArrayBuffer): void {
    this.#free.push(memory);
    this.#changed.notify();
  }

  /** Stops reading and sending: later messages would reach the next task of the thread. */
  stop(): void {
    this.#isStopped = true;
    this.#changed.notify();
  }

  #throwIfStopped(): void {
    if (this.#isStopped) throw new Error('transfer aborted: consumer stopped');
  }

  async #takeBuffer(): Promise<Uint8Array<ArrayBuffer>> {
    if (this.#free.length === 0 && this.#allocated < buffersMax) {
      this.#allocated++;
      return new Uint8Array(bufferBytes);
    }
    while (this.#free.length === 0) {
      this.#throwIfStopped();
      await this.#changed.wait();
    }
    return new Uint8Array(this.#free.pop() ?? new ArrayBuffer(bufferBytes));
  }
}

/** Bytes received in messages, in order. Passes each buffer to `recycle` when the consumer requests the next one. */
export class TransferReceiver implements AsyncIterable<Buffer> {
  readonly #recycle: (memory: ArrayBuffer) => void;
  readonly #pending: Uint8Array<ArrayBuffer>[] = [];
  #isEnded = false;
  #isCancelled = false;
  readonly #changed = new WakeSignal();

  constructor(recycle: (memory: ArrayBuffer) => void) {
    this.#recycle = recycle;
  }

  push(bytes: Uint8Array<ArrayBuffer>): void {
    this.#pending.push(bytes);
    this.#changed.notify();
  }

  /** Makes the consumer fail at its next request. */
  cancel(): void {
    this.#isCancelled = true;
    this.#changed.notify();
  }

  /** Marks the end of the stream. */
  end(): void {
    this.#isEnded = true;
    this.#changed.notify();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void, undefined> {
    for (;;) {
      if (this.#isCancelled) throw new Error('transfer aborted: the task was cancelled');
      const bytes = this.#pending.shift();
      if (bytes !== undefined) {
        yield bufferView(bytes);
        this.#recycle(bytes.buffer);
      } else if (this.#isEnded) return;
      else await this.#changed.wait();
    }
  }
}
