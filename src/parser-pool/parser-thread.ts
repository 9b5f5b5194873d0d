import { Worker } from 'node:worker_threads';
import type { DocumentBatch, ParsedDocument } from '../service/feeds/document-batch.ts';

/** A batch to be parsed. */
export interface ToParser {
  /** Number of the batch. */
  readonly id: number;
  readonly batch: DocumentBatch;
}

/** The results of a batch. */
export interface FromParser {
  /** Number of the batch. */
  readonly id: number;
  /** A list of `ParsedDocument` as JSON: to copy thousands of small objects between threads takes longer. */
  readonly parsed: string;
}

type Answer = readonly ParsedDocument[] | undefined;

/** A thread that parses batches of documents, one after the other. It keeps the process alive only while it has batches. */
export class ParserThread implements AsyncDisposable {
  readonly #worker: Worker;
  readonly #pending = new Map<number, (answer: Answer) => void>();
  #lastId = 0;
  #isAlive = true;

  constructor(script: URL) {
    this.#worker = new Worker(script);
    this.#worker.unref();
    this.#worker.on('message', ({ id, parsed }: FromParser) => {
      this.#settle(id, JSON.parse(parsed) as readonly ParsedDocument[]);
    });
    // It has exited then, too. The batches are parsed elsewhere, so a cause that lies in a document appears there.
    this.#worker.on('error', () => undefined);
    this.#worker.on('exit', () => {
      this.#isAlive = false;
      for (const id of [...this.#pending.keys()]) this.#settle(id, undefined);
    });
  }

  /** Whether the thread accepts batches. */
  get isAlive(): boolean {
    return this.#isAlive;
  }

  /** Number of batches that it has. */
  get pending(): number {
    return this.#pending.size;
  }

  /** Parses a batch. Resolves with undefined if the thread ends before. */
  async parse(batch: DocumentBatch): Promise<Answer> {
    if (!this.#isAlive) return undefined;
    const id = ++this.#lastId;
    const { promise, resolve } = Promise.withResolvers<Answer>();
    this.#pending.set(id, resolve);
    this.#worker.ref();
    this.#worker.postMessage({ id, batch } satisfies ToParser);
    return await promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.terminate();
  }

  #settle(id: number, answer: Answer): void {
    this.#pending.get(id)?.(answer);
    this.#pending.delete(id);
    if (this.#pending.size === 0) this.#worker.unref();
  }
}
