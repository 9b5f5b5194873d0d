import { setImmediate } from 'node:timers/promises';
import { limits } from '../../core/limits.ts';
import type { DocumentText } from '../../plugin/advisory-source.ts';
import {
  type DocumentBatch,
  type DocumentFeed,
  type DocumentParsers,
  type ParsedDocument,
  parseBatch,
  type ReadText,
} from './document-batch.ts';

/** Limits of documents that other threads parse, in bytes of their texts. */
export interface ReadAheadBounds {
  readonly parserStartBytes: number;
  readonly parserBatchBytes: number;
  readonly parserAheadBytes: number;
}

/** How the documents of a feed are parsed on other threads. */
export interface ReadAheadOptions<T> {
  readonly of: DocumentFeed;
  readonly parsers: DocumentParsers;
  /** Parses a document on this thread. */
  readonly read: ReadText;
  /** Whether a document need not be parsed. */
  readonly isKnown: (document: T) => boolean;
  /** `limits` by default. */
  readonly bounds?: ReadAheadBounds | undefined;
}

/** A document, and what it gave if another thread parsed it. Otherwise its text is valid until the next document is requested. */
export interface ReadDocument<T> {
  readonly document: T;
  readonly parsed?: ParsedDocument;
}

/**
 * Passes documents on in their order. Other threads parse those that are not known, while this thread reads on; this one helps rather than
 * waits. The first documents of a feed are passed on as they are, since most updates have few changes. An error of the documents follows
 * those before it.
 */
export async function* readAhead<T extends DocumentText>(
  documents: AsyncIterable<T>,
  options: ReadAheadOptions<T>,
): AsyncGenerator<ReadDocument<T>> {
  const { parserStartBytes } = options.bounds ?? limits;
  const batches = new BatchQueue(options);
  let failure: { readonly error: unknown } | undefined;
  let unknownBytes = 0;
  try {
    for await (const document of documents) {
      const isKnown = options.isKnown(document);
      if (!isKnown) unknownBytes += document.bytes.length;
      if (unknownBytes <= parserStartBytes) {
        yield { document };
        continue;
      }
      batches.add(document, isKnown);
      while (batches.isFull) yield* await batches.take();
    }
  } catch (error) {
    failure = { error };
  }
  while (!batches.isEmpty) yield* await batches.take();
  if (failure !== undefined) throw failure.error;
}

/** Stands for a known document. Its text is no longer valid, so nothing may read it. */
const unparsed: ParsedDocument = {
  records: [],
  error: { code: undefined, limit: undefined, message: 'a document that was not parsed was read' },
};

/** Memory of a document in a batch besides its text, so that a batch has a limited number of them. */
const documentBytes = 256;

/** Successive documents, and the texts among them that are to be parsed. */
interface Batch<T> {
  readonly documents: { readonly document: T; readonly isKnown: boolean }[];
  readonly texts: DocumentBatch['texts'][number][];
  readonly memory: SharedArrayBuffer;
  /** Bytes of the texts in the memory. */
  fill: number;
  /** Memory of all documents, the known ones included. */
  bytes: number;
  /** Resolves when another thread has parsed the texts or failed to. Absent while no thread has them. */
  sent?: Promise<void> | undefined;
  /** The results of the texts. */
  parsed?: readonly ParsedDocument[];
}

/** Batches in order. The last one is being filled. The others are parsed by other threads, or by this one while it would wait. */
class BatchQueue<T extends DocumentText> {
  readonly #options: ReadAheadOptions<T>;
  readonly #bounds: ReadAheadBounds;
  readonly #batches: Batch<T>[] = [];
  /** Memory of batches that were taken. */
  readonly #free: SharedArrayBuffer[] = [];
  #bytes = 0;

  constructor(options: ReadAheadOptions<T>) {
    this.#options = options;
    this.#bounds = options.bounds ?? limits;
  }

  get isEmpty(): boolean {
    return this.#batches.length === 0;
  }

  /** Whether a batch must be taken before the next document is added. */
  get isFull(): boolean {
    return this.#bytes >= this.#bounds.parserAheadBytes;
  }

  /** Adds a document. Copies its text if it is not known. */
  add(document: T, isKnown: boolean): void {
    const { context, bytes } = document;
    const batch = this.#batchFor(bytes.length);
    batch.documents.push({ document, isKnown });
    batch.bytes += bytes.length + documentBytes;
    this.#bytes += bytes.length + documentBytes;
    if (isKnown) return;
    const start = batch.fill;
    new Uint8Array(batch.memory).set(bytes, start);
    batch.fill += bytes.length;
    batch.texts.push({ context, start, length: bytes.length });
  }

  /** Returns the documents of the first batch, once they are parsed. */
  async take(): Promise<readonly ReadDocument<T>[]> {
    const [batch] = this.#batches;
    if (batch === undefined) return [];
    // Lets answers of other threads arrive.
    await setImmediate();
    for (const one of this.#batches.slice(0, -1)) this.#send(one);
    const parsed = await this.#parsedOf(batch);
    this.#batches.shift();
    this.#bytes -= batch.bytes;
    if (batch.memory.byteLength === this.#bounds.parserBatchBytes) this.#free.push(batch.memory);
    let next = 0;
    return batch.documents.map(({ document, isKnown }) => ({
      document,
      parsed: (isKnown ? undefined : parsed[next++]) ?? unparsed,
    }));
  }

  /** Waits until a batch is parsed. Meanwhile parses the first one that no thread has: there are more documents than the threads can parse. */
  async #parsedOf(batch: Batch<T>): Promise<readonly ParsedDocument[]> {
    while (batch.parsed === undefined) {
      for (const one of this.#batches) this.#send(one);
      const own = this.#batches.find((one) => one.sent === undefined && one.parsed === undefined);
      if (own === undefined) await batch.sent;
      else {
        own.parsed = parseBatch(this.#contentOf(own), this.#options.read);
        await setImmediate();
      }
    }
    return batch.parsed;
  }

  /** Returns the last batch if a text fits into it; else begins another one. */
  #batchFor(length: number): Batch<T> {
    const { parserBatchBytes } = this.#bounds;
    const last = this.#batches.at(-1);
    if (last !== undefined && last.sent === undefined && last.parsed === undefined) {
      if (last.bytes < parserBatchBytes && last.fill + length <= last.memory.byteLength) return last;
      this.#send(last);
    }
    const memory =
      length > parserBatchBytes
        ? new SharedArrayBuffer(length)
        : (this.#free.pop() ?? new SharedArrayBuffer(parserBatchBytes));
    const batch = { documents: [], texts: [], memory, fill: 0, bytes: 0 };
    this.#batches.push(batch);
    return batch;
  }

  /** Sends a batch to another thread, unless it was sent or all threads have enough. */
  #send(batch: Batch<T>): void {
    if (batch.sent !== undefined || batch.parsed !== undefined) return;
    if (batch.texts.length === 0) batch.parsed = [];
    else
      batch.sent = this.#options.parsers.parse(this.#contentOf(batch))?.then((parsed) => {
        batch.parsed = parsed ?? parseBatch(this.#contentOf(batch), this.#options.read);
      });
  }

  #contentOf({ memory, texts }: Batch<T>): DocumentBatch {
    return { ...this.#options.of, memory, texts };
  }
}
