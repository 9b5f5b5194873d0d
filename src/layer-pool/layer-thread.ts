import { Worker } from 'node:worker_threads';
import { ClairError } from '../kit/errors.ts';
import { isDoneWithin } from '../kit/in-time.ts';
import { limits } from '../kit/limits.ts';
import type { LayerIndex } from '../model/layer-index.ts';
import { Conveyor } from './conveyor.ts';
import type { FromThread, LayerAnswer, LayerTask, ToThread } from './protocol.ts';

/** What a thread is limited to. */
export interface ThreadOptions {
  readonly heapBytesMax?: number;
  readonly stopMs?: number;
}

/** What goes with a task. */
export interface TaskOptions {
  /** The bytes of a stream. They are asked for no more once the signal given here has come. */
  readonly bytes?: (over: AbortSignal) => AsyncIterable<Uint8Array>;
  /** Calls the task off; its reason is what the task fails with. */
  readonly signal?: AbortSignal;
}

interface Running {
  readonly conveyor: Conveyor;
  readonly outcome: PromiseWithResolvers<LayerAnswer>;
  /** The thread is through with the task, or dead. */
  readonly through: PromiseWithResolvers<void>;
}

/** A thread that reads layers, one task after the other. Dispose it to end it. */
export class LayerThread implements AsyncDisposable {
  readonly #worker: Worker;
  readonly #options: ThreadOptions;
  #running: Running | undefined;
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
      this.#take(message);
    });
    this.#worker.on('error', (error: Error) => {
      this.#end(explained(error));
    });
    this.#worker.on('exit', () => {
      this.#end(new Error('the thread that reads layers ended without an answer'));
    });
  }

  /** Whether it can be given a task. */
  get isAlive(): boolean {
    return this.#isAlive;
  }

  /**
   * Does a task. Fails with what is wrong with the layer, with what its bytes or the signal fail with, and when the thread dies. A
   * thread that goes on with a task that is called off is ended.
   */
  async run(task: LayerTask, { bytes, signal }: TaskOptions = {}): Promise<readonly LayerIndex[]> {
    signal?.throwIfAborted();
    const running = this.#begin(task);
    const over = new AbortController();
    const callOff = (): void => {
      running.outcome.reject(signal?.reason);
    };
    signal?.addEventListener('abort', callOff);
    if (bytes !== undefined) {
      running.conveyor.run(bytes(over.signal)).then(() => {
        this.#send({ kind: 'end' });
      }, running.outcome.reject);
    }
    try {
      return indexesOf(await running.outcome.promise);
    } finally {
      signal?.removeEventListener('abort', callOff);
      over.abort(new Error('the layer is read no further'));
      running.conveyor.stop();
      await this.#settle(running);
      this.#running = undefined;
    }
  }

  /** Reads one layer. Fails as `run` does. */
  async readOne(
    layer: LayerTask & { readonly kind: 'file' | 'stream' },
    options: TaskOptions,
  ): Promise<LayerIndex> {
    const [index] = await this.run(layer, options);
    if (index === undefined) throw new Error('the thread that reads layers gave no index');
    return index;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isAlive = false;
    await this.#worker.terminate();
  }

  #begin(task: LayerTask): Running {
    const conveyor = new Conveyor((bytes) => {
      this.#send({ kind: 'bytes', bytes }, [bytes.buffer]);
    });
    const running: Running = {
      conveyor,
      outcome: Promise.withResolvers<LayerAnswer>(),
      through: Promise.withResolvers(),
    };
    this.#running = running;
    this.#send({ kind: 'begin', task });
    return running;
  }

  #send(message: ToThread, transfer: readonly ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, transfer);
  }

  #take(message: FromThread): void {
    if (message.kind === 'returned') {
      this.#running?.conveyor.giveBack(message.memory);
      return;
    }
    this.#running?.through.resolve();
    this.#running?.outcome.resolve(message.answer);
  }

  #end(error: Error): void {
    this.#isAlive = false;
    this.#running?.outcome.reject(error);
    this.#running?.through.resolve();
  }

  /** Waits until the thread is ready for another task, or ends it. */
  async #settle({ through }: Running): Promise<void> {
    this.#send({ kind: 'cancel' });
    const isThrough = await isDoneWithin(through.promise, this.#options.stopMs ?? limits.layerStopMs);
    if (!isThrough) await this[Symbol.asyncDispose]();
  }
}

function indexesOf(answer: LayerAnswer): readonly LayerIndex[] {
  if ('indexes' in answer) return answer.indexes;
  const { code, limit, message } = answer;
  throw code === undefined ? new Error(message) : new ClairError(code, message, { limit });
}

function explained(error: Error): Error {
  if (!('code' in error) || error.code !== 'ERR_WORKER_OUT_OF_MEMORY') return error;
  const message = 'reading the layer takes more memory than there is for it';
  return new ClairError('limit-exceeded', message, { cause: error, limit: 'layerHeapBytes' });
}
