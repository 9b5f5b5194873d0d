import { hash } from 'node:crypto';
import type { RatingDocument } from '../../plugin/enricher.ts';
import type { DigestedRating } from '../../store/enrichment-store.ts';

/** The text of a document, and everything else that its records depend on. */
interface DigestedText {
  readonly context: string;
  readonly bytes: Uint8Array;
}

/** Computes digests of documents. It reuses its memory. */
export class DocumentDigests {
  #input = Buffer.allocUnsafe(64 * 1024);

  /** Returns SHA-256 of the length of the context, the context, and the text. */
  of({ context, bytes }: DigestedText): Buffer {
    const contextBytes = Buffer.byteLength(context);
    const start = 4 + contextBytes;
    const length = start + bytes.length;
    if (length > this.#input.length) this.#input = Buffer.allocUnsafe(length * 2);
    this.#input.writeUInt32LE(contextBytes);
    this.#input.write(context, 4);
    this.#input.set(bytes, start);
    return hash('sha256', this.#input.subarray(0, length), 'buffer');
  }
}

/** Adds digests to the documents of a feed of ratings. `reader` has the versions of what reads them. */
export async function* digestedRatings(
  documents: AsyncIterable<RatingDocument>,
  reader: string,
): AsyncGenerator<DigestedRating> {
  const digests = new DocumentDigests();
  for await (const { kind, id, context, bytes, read } of documents)
    yield { kind, id, digest: digests.of({ context: `${reader} ${context}`, bytes }), read };
}
