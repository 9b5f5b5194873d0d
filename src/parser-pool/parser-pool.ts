import { availableParallelism } from 'node:os';
import { limits } from '../core/limits.ts';
import type { DocumentBatch, DocumentParsers, ParsedDocument } from '../service/feeds/document-batch.ts';
import { ParserThread } from './parser-thread.ts';

/** Batches of one thread: one that it parses, and one that waits, so that it need not. */
const batchesPerThread = 2;

/**
 * Threads that parse documents of feeds. A thread starts when all others have enough. One that ends is not replaced: what ended it may do so
 * again. Dispose the pool to end them.
 */
export class ParserPool implements DocumentParsers, AsyncDisposable {
  readonly #script: URL;
  #threadsMax: number | undefined;
  readonly #threads: ParserThread[] = [];

  /** `script` is `parser-worker`. By default, one processor stays for the caller, which stores what the threads parse. */
  constructor(script: URL, threadsMax?: number) {
    this.#script = script;
    this.#threadsMax = threadsMax;
  }

  parse(batch: DocumentBatch): Promise<readonly ParsedDocument[] | undefined> | undefined {
    return this.#chooseThread()?.parse(batch);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread[Symbol.asyncDispose]()));
  }

  /** Returns an idle thread, else a new one, else one that has few batches. */
  #chooseThread(): ParserThread | undefined {
    this.#threadsMax ??= Math.min(availableParallelism() - 1, limits.parserThreads);
    const [least] = this.#threads
      .filter(({ isAlive, pending }) => isAlive && pending < batchesPerThread)
      .toSorted((a, b) => a.pending - b.pending);
    if (least?.pending === 0 || this.#threads.length >= this.#threadsMax) return least;
    return this.#start() ?? least;
  }

  /** Starts a thread. Returns undefined if the system allows no more threads. */
  #start(): ParserThread | undefined {
    try {
      const thread = new ParserThread(this.#script);
      this.#threads.push(thread);
      return thread;
    } catch {
      return undefined;
    }
  }
}
