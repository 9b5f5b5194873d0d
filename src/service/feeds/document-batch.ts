import { ClairError, type SerializedError, serializeError } from '../../core/errors.ts';
import type { DocumentText } from '../../plugin/advisory-source.ts';

/** The feed that documents belong to. */
export interface DocumentFeed {
  /** Name of its source. */
  readonly source: string;
  readonly feed: string;
  /** URL of its file, for messages. */
  readonly url: string;
}

/** Texts of documents in memory that threads share, so that each can read them. */
export interface DocumentBatch extends DocumentFeed {
  readonly memory: SharedArrayBuffer;
  /** The documents, with the places of their texts in bytes. */
  readonly texts: readonly {
    readonly context: string;
    readonly start: number;
    readonly length: number;
  }[];
}

/** The result of one document: its records, and the error after them if it is malformed. */
export interface ParsedDocument {
  readonly records: readonly unknown[];
  readonly error?: SerializedError;
}

/** Parses documents on other threads. */
export interface DocumentParsers {
  /** Parses a batch. Returns undefined if all threads have enough. Resolves with undefined if its thread ends, and never rejects. */
  parse(batch: DocumentBatch): Promise<readonly ParsedDocument[] | undefined> | undefined;
}

/** Reads one document. Throws if it is malformed. */
export type ReadText = (document: DocumentText) => unknown;

/** Parses the documents of a batch in order. */
export function parseBatch({ memory, texts }: DocumentBatch, read: ReadText): ParsedDocument[] {
  return texts.map(({ context, start, length }) =>
    parseText({ context, bytes: Buffer.from(memory, start, length) }, read),
  );
}

function parseText(document: DocumentText, read: ReadText): ParsedDocument {
  const records: unknown[] = [];
  try {
    const result = read(document);
    if (isIterable(result)) for (const record of result) records.push(record);
    else records.push(result);
    return { records };
  } catch (error) {
    return { records, error: serializeError(error) };
  }
}

/** Whether a document has several records. A document of ratings has one. */
function isIterable(result: unknown): result is Iterable<unknown> {
  return typeof result === 'object' && result !== null && Symbol.iterator in result;
}

/** Yields the records of a document, then throws its error if it has one. `T` is what its reader returns. */
export function* recordsIn<T>({ records, error }: ParsedDocument): Generator<T> {
  // They are of the reader of the same feed, on this thread or on another one.
  yield* records as readonly T[];
  if (error === undefined) return;
  const { code, limit, message } = error;
  throw code === undefined ? new Error(message) : new ClairError(code, message, { limit });
}
