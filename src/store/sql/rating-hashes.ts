import { Ordinals } from '../../kit/ordinals.ts';

/** Characters of the longest hash: of the data, and behind it of the document that it was read from. */
const hashCharsMax = 44;
/** Ids for which memory is added at once. */
const chunkRows = 4096;

/** The length of a hash is stored before it. These stand for ids without a hash. */
const [absent, named] = [0, 255];
const rowBytes = 1 + hashCharsMax;

/**
 * The hashes of the ratings of a feed by id, while they are compared with a new version of the feed. A feed has hundreds of thousands, so
 * they are outside the heap: about 60 bytes for each id.
 */
export class RatingHashes {
  readonly #ordinals = new Ordinals();
  readonly #chunks: Buffer[] = [];
  #size = 0;

  /** Number of ids that are stored or named. */
  get size(): number {
    return this.#size;
  }

  /** Adds the hash of a stored rating. A hash of an impossible length is kept as one that equals none. */
  add(id: string, hash: string): void {
    const { chunk, at } = this.#placeOf(id);
    if (chunk[at] === absent) this.#size++;
    const text = hash.length > hashCharsMax || hash.length === 0 ? '?' : hash;
    chunk[at] = text.length;
    chunk.write(text, at + 1, 'latin1');
  }

  /** Returns the hash of an id; null if the id was named, and undefined if it is unknown. */
  find(id: string): string | null | undefined {
    const ordinal = this.#ordinals.find(id);
    return ordinal === undefined ? undefined : this.#hashOf(ordinal);
  }

  /** Notes that the new version of the feed has the id. Its hash is forgotten. */
  name(id: string): void {
    const { chunk, at } = this.#placeOf(id);
    if (chunk[at] === absent) this.#size++;
    chunk[at] = named;
  }

  delete(id: string): void {
    const ordinal = this.#ordinals.find(id);
    if (ordinal === undefined || this.#hashOf(ordinal) === undefined) return;
    const { chunk, at } = this.#placeOf(id);
    chunk[at] = absent;
    this.#size--;
  }

  /** Yields the ids that are stored and were not named. */
  *unnamed(): Generator<string> {
    for (const [id, ordinal] of this.#ordinals.entries())
      if (typeof this.#hashOf(ordinal) === 'string') yield id;
  }

  #hashOf(ordinal: number): string | null | undefined {
    const chunk = this.#chunks[Math.floor(ordinal / chunkRows)];
    const at = (ordinal % chunkRows) * rowBytes;
    const length = chunk?.[at] ?? absent;
    if (length === absent) return undefined;
    return length === named ? null : chunk?.toString('latin1', at + 1, at + 1 + length);
  }

  /** Returns where the hash of an id is, or will be. */
  #placeOf(id: string): { readonly chunk: Buffer; readonly at: number } {
    const ordinal = this.#ordinals.of(id);
    const index = Math.floor(ordinal / chunkRows);
    const chunk = this.#chunks[index] ?? Buffer.alloc(chunkRows * rowBytes);
    this.#chunks[index] = chunk;
    return { chunk, at: (ordinal % chunkRows) * rowBytes };
  }
}
