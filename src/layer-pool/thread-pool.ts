import { ClairError } from '../kit/errors.ts';
import { LayerThread, type ThreadOptions } from './layer-thread.ts';

/** How large a pool is. */
export interface ThreadPoolOptions extends ThreadOptions {
  /** The script of a thread. */
  readonly script: URL;
  readonly threadsMax: number;
  readonly waitingMax: number;
}

/**
 * Threads that stay, each with one task at a time; they are started when first needed. Tasks wait their turn in order, but only so
 * many. A thread that has died is replaced. Dispose the pool to end them all.
 */
export class ThreadPool implements AsyncDisposable {
  readonly #options: ThreadPoolOptions;
  readonly #idle: LayerThread[] = [];
  readonly #busy = new Set<LayerThread>();
  readonly #waiting = new Set<PromiseWithResolvers<LayerThread>>();
  #isClosed = false;

  constructor(options: ThreadPoolOptions) {
    this.#options = options;
  }

  get busy(): number {
    return this.#busy.size;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Gives `work` a thread for as long as it takes. Throws `busy` when too many wait, and the reason of the signal while waiting. */
  async use<T>(signal: AbortSignal, work: (thread: LayerThread) => Promise<T>): Promise<T> {
    const thread = await this.#acquire(signal);
    try {
      return await work(thread);
    } finally {
      this.#release(thread);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    for (const { reject } of this.#waiting) reject(closed());
    this.#waiting.clear();
    const threads = [...this.#idle.splice(0), ...this.#busy];
    await Promise.all(threads.map((thread) => thread[Symbol.asyncDispose]()));
  }

  async #acquire(signal: AbortSignal): Promise<LayerThread> {
    signal.throwIfAborted();
    if (this.#isClosed) throw closed();
    const { threadsMax, waitingMax } = this.#options;
    if (this.#busy.size < threadsMax) return this.#next();
    if (this.#waiting.size >= waitingMax)
      throw new ClairError('busy', `${this.#busy.size} layers are being read and ${waitingMax} wait`);
    const turn = Promise.withResolvers<LayerThread>();
    const callOff = (): void => {
      this.#waiting.delete(turn);
      turn.reject(signal.reason);
    };
    this.#waiting.add(turn);
    signal.addEventListener('abort', callOff);
    try {
      return await turn.promise;
    } finally {
      signal.removeEventListener('abort', callOff);
    }
  }

  #release(thread: LayerThread): void {
    this.#busy.delete(thread);
    if (this.#isClosed) return;
    this.#idle.push(thread);
    const [turn] = this.#waiting;
    if (turn === undefined) return;
    this.#waiting.delete(turn);
    turn.resolve(this.#next());
  }

  /** A living thread, now busy. */
  #next(): LayerThread {
    let thread = this.#idle.pop();
    while (thread?.isAlive === false) thread = this.#idle.pop();
    thread ??= new LayerThread(this.#options.script, this.#options);
    this.#busy.add(thread);
    return thread;
  }
}

function closed(): Error {
  return new Error('layers are read no more');
}
