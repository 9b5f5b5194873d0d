import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { limits } from '../../core/limits.ts';
import { RevisionCache } from '../../kit/revision-cache.ts';
import { replicaReads } from '../../store/replica-reads.ts';

const gzipAsync = promisify(gzip);

/** The content of a response, and its compressed form once a client has asked for that. */
export class EncodedDocument {
  readonly plain: Buffer;
  #gzipped: Promise<Buffer> | undefined;

  constructor(content: string | Buffer) {
    this.plain = typeof content === 'string' ? Buffer.from(content) : content;
  }

  async gzipped(): Promise<Buffer> {
    this.#gzipped ??= gzipAsync(this.plain);
    return await this.#gzipped;
  }
}

/** Documents in memory, each for a state of what it was made from. */
export type DocumentCache = RevisionCache<EncodedDocument>;

/** Memory for the key of a document and its objects, in bytes. */
const entryBytes = 1024;

/** Returns an empty cache. A document counts twice, because its compressed form is kept, too. */
export function documentCache(): DocumentCache {
  return new RevisionCache(limits.keptDocumentBytes, ({ plain }) => 2 * plain.length + entryBytes);
}

/** A document that may be kept. */
interface RenderedDocument {
  /** Identifies the document and everything that it is made from, except what `state` names. */
  readonly key: string;
  /** Reads the state of what else it is made from. */
  readonly state: () => Promise<string>;
  /** Returns undefined if there is no document in this state. */
  readonly render: () => Promise<string | undefined>;
}

/** Returns a document from the cache if its state still holds, and else renders it. It is kept unless its state changes meanwhile. */
export async function keptDocument(
  cache: DocumentCache,
  { key, state, render }: RenderedDocument,
): Promise<EncodedDocument | undefined> {
  const known = cache.get(key, await state());
  if (known !== undefined) return known;
  // A replica may be behind the primary server. A document from one must not be kept for a state of the other.
  return await replicaReads.run(false, async () => {
    const before = await state();
    const text = await render();
    if (text === undefined) return undefined;
    const document = new EncodedDocument(text);
    if ((await state()) === before) cache.set(key, before, document);
    return document;
  });
}
