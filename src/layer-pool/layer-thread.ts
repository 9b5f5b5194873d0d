import { Worker } from 'node:worker_threads';
import { ClairError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import { settlesWithin } from '../kit/async/timeout.ts';
import type { LayerIndex } from '../model/layer-index.ts';
import type { FromThread, LayerAnswer, LayerResult, LayerTask, ToThread } from './protocol.ts';
import { TransferSender } from './transfer.ts';

/** Limits of a thread. */
export interface ThreadOptions {
  readonly heapBytesMax?: number;
  readonly stopMs?: number;
}

/** Options of `LayerThread.run`. */
export interface TaskOptions {
  /** The bytes of a stream. */
  readonly bytes?: AsyncIterable<Uint8Array> | undefined;
  /** Called when the task needs no more bytes. */
  readonly onEnded?: () => void;
  /** Cancels the task, which then fails with the signal's reason. */
  readonly signal?: AbortSignal;
}

interface RunningTask {
  readonly sender: TransferSender;
  readonly outcome: PromiseWithResolvers<LayerAnswer>;
  /** Resolves when the thread has finished the task or has died. */
  readonly settled: PromiseWithResolvers<void>;
}

/** A thread that reads layers, one task after the other. Dispose it to end it. */
export class LayerThread implements AsyncDisposable {
  readonly #worker: Worker;
  readonly #options: ThreadOptions;
  #running: RunningTask | undefined;
  #isAlive = true;

  constructor(script: URL, options: ThreadOptions = {}) {
    this.#options = options;
    const { heapBytesMax } = options;
    this.#worker = new Worker(
      script,
      heapBytesMax === undefined
        ? {}
        : { resourceLimits: { maxOldGenerationSizeMb: heapBytesMax / 1024 ** 2 } },
    );
    this.#worker.on('message', (message: FromThread) => {
      this.#receive(message);
    });
    this.#worker.on('error', (error: Error) => {
      this.#fail(toThreadError(error));
    });
    this.#worker.on('exit', () => {
      this.#fail(new Error('the layer thread exited before it returned a result'));
    });
  }

  /** Whether the thread accepts a task. */
  get isAlive(): boolean {
    return this.#isAlive;
  }

  /**
   * Runs a task. Throws if the layer is invalid, if the stream fails, if the signal aborts or if the thread dies. Ends a thread that does
   * not stop in time after a cancelled task.
   */
  async run(task: LayerTask, { bytes, onEnded, signal }: TaskOptions = {}): Promise<LayerResult> {
    signal?.throwIfAborted();
    const running: RunningTask = {
      sender: new TransferSender(this.#worker),
      outcome: Promise.withResolvers<LayerAnswer>(),
      settled: Promise.withResolvers(),
    };
    this.#running = running;
    this.#worker.postMessage({ kind: 'begin', task } satisfies ToThread);
    const cancel = (): void => {
      running.outcome.reject(signal?.reason);
    };
    signal?.addEventListener('abort', cancel);
    if (bytes !== undefined) running.sender.run(bytes).catch(running.outcome.reject);
    try {
      return resultOf(await running.outcome.promise);
    } finally {
      signal?.removeEventListener('abort', cancel);
      onEnded?.();
      running.sender.stop();
      await this.#settle(running);
      this.#running = undefined;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isAlive = false;
    await this.#worker.terminate();
  }

  #receive(message: FromThread): void {
    if (message.kind === 'returned') {
      this.#running?.sender.recycle(message.memory);
      return;
    }
    this.#running?.settled.resolve();
    this.#running?.outcome.resolve(message.answer);
  }

  #fail(error: Error): void {
    this.#isAlive = false;
    this.#running?.outcome.reject(error);
    this.#running?.settled.resolve();
  }

  /** Waits until the thread is ready for another task, or ends it after `stopMs`. */
  async #settle({ settled }: RunningTask): Promise<void> {
    this.#worker.postMessage({ kind: 'cancel' } satisfies ToThread);
    const isSettled = await settlesWithin(settled.promise, this.#options.stopMs ?? limits.layerStopMs);
    if (!isSettled) await this[Symbol.asyncDispose]();
  }
}

/** Returns the result of a task with one layer. */
export function onlyIndex({ indexes: [index] }: Pick<LayerResult, 'indexes'>): LayerIndex {
  if (index === undefined) throw new Error('the layer thread returned no index');
  return index;
}

function resultOf(answer: LayerAnswer): LayerResult {
  if ('indexes' in answer) return answer;
  const { code, limit, message } = answer;
  throw code === undefined ? new Error(message) : new ClairError(code, message, { limit });
}

function toThreadError(error: Error): Error {
  if (!('code' in error) || error.code !== 'ERR_WORKER_OUT_OF_MEMORY') return error;
  const message = 'reading the layer takes more memory than the limit allows';
  return new ClairError('limit-exceeded', message, { cause: error, limit: 'layerHeapBytes' });
}
