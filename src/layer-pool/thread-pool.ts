import { ClairError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import { LayerThread, type ThreadOptions } from './layer-thread.ts';

/** Options of a `ThreadPool`. */
export interface ThreadPoolOptions extends ThreadOptions {
  /** URL of the thread's script. */
  readonly script: URL;
  readonly threadsMax: number;
  readonly waitingMax: number;
  /**
   * Milliseconds after which an idle thread is ended, since V8 keeps the memory of the thread's largest layer. `limits.idleThreadMs` by
   * default.
   */
  readonly idleMs?: number;
}

/** A thread of a pool, for one task at a time. */
export interface ThreadLease extends Disposable {
  readonly thread: LayerThread;
}

/**
 * Threads with one task at a time, which limit the concurrency of layer reads. The pool starts a thread when it is first needed, ends it
 * after `idleMs` without a task, and replaces it if it dies. At most `waitingMax` tasks wait, first in, first out. Dispose the pool to end all threads.
 */
export class ThreadPool implements AsyncDisposable {
  readonly #options: ThreadPoolOptions;
  /** In the order in which they became idle; the most recent is the last. */
  readonly #idle = new Map<LayerThread, NodeJS.Timeout>();
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

  /**
   * Waits for a thread. Dispose the lease to return it. Throws `busy` if too many tasks wait, and the signal's reason if it aborts during
   * the wait.
   */
  async acquire(signal: AbortSignal): Promise<ThreadLease> {
    const thread = await this.#waitForThread(signal);
    return {
      thread,
      [Symbol.dispose]: () => {
        this.#release(thread);
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    for (const { reject } of this.#waiting) reject(closedError());
    this.#waiting.clear();
    const threads = [...this.#idle.keys(), ...this.#busy];
    for (const timer of this.#idle.values()) clearTimeout(timer);
    this.#idle.clear();
    await Promise.all(threads.map((thread) => thread[Symbol.asyncDispose]()));
  }

  async #waitForThread(signal: AbortSignal): Promise<LayerThread> {
    signal.throwIfAborted();
    if (this.#isClosed) throw closedError();
    const { threadsMax, waitingMax } = this.#options;
    if (this.#busy.size < threadsMax) return this.#takeThread();
    if (this.#waiting.size >= waitingMax)
      throw new ClairError('busy', `${this.#busy.size} layers are being read and ${waitingMax} are waiting`);
    const turn = Promise.withResolvers<LayerThread>();
    const cancel = (): void => {
      this.#waiting.delete(turn);
      turn.reject(signal.reason);
    };
    this.#waiting.add(turn);
    signal.addEventListener('abort', cancel);
    try {
      return await turn.promise;
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  }

  #release(thread: LayerThread): void {
    this.#busy.delete(thread);
    if (this.#isClosed) return;
    this.#keepIdle(thread);
    const [turn] = this.#waiting;
    if (turn === undefined) return;
    this.#waiting.delete(turn);
    turn.resolve(this.#takeThread());
  }

  #keepIdle(thread: LayerThread): void {
    const end = (): void => {
      this.#idle.delete(thread);
      void thread[Symbol.asyncDispose]();
    };
    this.#idle.set(thread, setTimeout(end, this.#options.idleMs ?? limits.idleThreadMs).unref());
  }

  /** Returns a living thread and marks it busy. */
  #takeThread(): LayerThread {
    const thread = this.#takeIdle() ?? new LayerThread(this.#options.script, this.#options);
    this.#busy.add(thread);
    return thread;
  }

  #takeIdle(): LayerThread | undefined {
    for (const [thread, timer] of [...this.#idle].reverse()) {
      clearTimeout(timer);
      this.#idle.delete(thread);
      if (thread.isAlive) return thread;
    }
    return undefined;
  }
}

function closedError(): Error {
  return new Error('the layer pool is shut down');
}
