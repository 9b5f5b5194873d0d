import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { AheadTask, InflateAhead } from '../kit/decompress/split/ahead-task.ts';
import type { HashAhead, HashTask } from '../kit/decompress/split/shared-hash.ts';

/** A task for the thread. Only the first kind has a message as its result. */
export type ToInflater = AheadTask | HashTask;

/** The result of a task. */
export interface FromInflater {
  /** Hash of the stored bytes, in hexadecimal. */
  readonly hash: string;
}

/** A thread that inflates parts of a gzip file ahead of this one, or hashes what this one inflates. It does one task at a time. */
export class InflateThread implements AsyncDisposable {
  readonly #worker: Worker;

  constructor(script: URL) {
    this.#worker = new Worker(script);
    // The task that fails rejects.
    this.#worker.on('error', () => undefined);
  }

  readonly inflateAhead: InflateAhead = async (task) => {
    this.#worker.postMessage(task satisfies ToInflater);
    const ended = new AbortController();
    const exit = once(this.#worker, 'exit', { signal: ended.signal }).then(() => {
      throw new Error('the thread that inflates ahead has ended');
    });
    const done = once(this.#worker, 'message', { signal: ended.signal });
    try {
      const [{ hash }] = (await Promise.race([done, exit])) as [FromInflater];
      return hash;
    } finally {
      exit.catch(() => undefined);
      done.catch(() => undefined);
      ended.abort();
    }
  };

  readonly hashAhead: HashAhead = (task) => {
    this.#worker.postMessage(task satisfies ToInflater);
  };

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.terminate();
  }
}
