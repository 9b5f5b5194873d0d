import { hash } from 'node:crypto';
import type { DocumentText } from '../../plugin/advisory-source.ts';
import type { RatingDocument, RatingRecord } from '../../plugin/enricher.ts';
import type { SkippedRecord } from '../../plugin/index.ts';
import type { DigestedRating } from '../../store/enrichment-store.ts';
import { type ParsedDocument, recordsIn } from './document-batch.ts';
import { type ReadAheadOptions, readAhead } from './read-ahead.ts';

/** Computes digests of documents. It reuses its memory. */
export class DocumentDigests {
  #input = Buffer.allocUnsafe(64 * 1024);

  /** Returns SHA-256 of the length of the context, the context, and the text. */
  of({ context, bytes }: DocumentText): Buffer {
    const contextBytes = Buffer.byteLength(context);
    const start = 4 + contextBytes;
    const length = start + bytes.length;
    if (length > this.#input.length) this.#input = Buffer.allocUnsafe(length * 2);
    this.#input.writeUInt32LE(contextBytes);
    this.#input.write(context, 4);
    this.#input.set(bytes, start);
    // As text, and then into pooled memory. A buffer of its own takes twice the time of the hash, and makes work for the collector.
    return Buffer.from(hash('sha256', this.#input.subarray(0, length), 'binary'), 'latin1');
  }
}

/** Adds digests to the documents of a feed of ratings. `reader` has the versions of what reads them. */
export async function* digestedRatings(
  documents: AsyncIterable<RatingDocument>,
  reader: string,
): AsyncGenerator<DigestedRating> {
  for await (const { kind, id, digest, read } of digested(documents, reader))
    yield { kind, id, digest, read };
}

/** Yields the same documents, some of which other threads have read. */
export async function* digestedRatingsAhead(
  documents: AsyncIterable<RatingDocument>,
  reader: string,
  options: ReadAheadOptions<Pick<DigestedRating, 'id' | 'digest'>>,
): AsyncGenerator<DigestedRating> {
  // A second document of an id is read, so that the update can refuse it.
  const ahead = new Set<string>();
  const isKnown = (document: DigestedRating): boolean => {
    const isFirst = !ahead.has(document.id);
    ahead.add(document.id);
    return isFirst && options.isKnown(document);
  };
  for await (const { document, parsed } of readAhead(digested(documents, reader), { ...options, isKnown })) {
    const { kind, id, digest, read } = document;
    ahead.delete(id);
    yield { kind, id, digest, read: parsed === undefined ? read : () => ratingIn(parsed) };
  }
}

interface DigestedRatingText extends RatingDocument {
  readonly digest: Uint8Array;
}

async function* digested(
  documents: AsyncIterable<RatingDocument>,
  reader: string,
): AsyncGenerator<DigestedRatingText> {
  const digests = new DocumentDigests();
  for await (const document of documents) {
    const { context, bytes } = document;
    yield { ...document, digest: digests.of({ context: `${reader} ${context}`, bytes }) };
  }
}

function ratingIn(parsed: ParsedDocument): RatingRecord | SkippedRecord {
  const [record] = recordsIn<RatingRecord | SkippedRecord>(parsed);
  if (record === undefined) throw new Error('a document without a rating');
  return record;
}
