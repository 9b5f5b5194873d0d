import { createHash } from 'node:crypto';
import { limits } from '../../../core/limits.ts';
import type { LayerRange } from '../../partial/range-plan.ts';
import { bytesBetween, type StoredBytes } from '../../partial/stored-layer.ts';
import { ExtractMissError } from '../extract-programs.ts';
import type { LayerPart } from './checkpoint-format.ts';
import { inflatePart } from './inflate-part.ts';

/** The bytes of an archive from parts of its layer that were fetched. */
export class StoredParts {
  readonly #parts: readonly LayerPart[];
  readonly #stored: readonly StoredBytes[];
  /** The part that was inflated last: gaps are read in order, and most are smaller than a part. */
  #inflated: { readonly part: LayerPart; readonly bytes: Buffer } | undefined;

  constructor(parts: readonly LayerPart[], stored: readonly StoredBytes[]) {
    this.#parts = parts;
    this.#stored = stored;
  }

  /** Yields the bytes of a range of the archive. Throws `ExtractMissError` if they were not fetched, or are not those of the layer. */
  *read(range: LayerRange): Generator<Buffer> {
    let at = range.offset;
    for (const part of partsOf(range, this.#parts)) {
      const bytes = this.#inflate(part).subarray(at - part.tarOffset, range.end - part.tarOffset);
      at += bytes.length;
      yield bytes;
    }
    if (at < range.end) throw new ExtractMissError('the extract lacks a file that is wanted now');
  }

  #inflate(part: LayerPart): Buffer {
    if (this.#inflated?.part !== part)
      this.#inflated = { part, bytes: inflatePart(part, this.#storedOf(part)) };
    return this.#inflated.bytes;
  }

  #storedOf(part: LayerPart): Buffer {
    const bytes = bytesBetween(part, this.#stored);
    if (bytes === undefined) throw new ExtractMissError('a part of the layer was not fetched');
    if (!createHash('sha256').update(bytes).digest().equals(part.sha256))
      throw new ExtractMissError('the registry sent other bytes than the layer has');
    return bytes;
  }
}

/** Returns the ranges of stored bytes that have these ranges of the archive. Undefined if a part is too large, or if there are none. */
export function storedRanges(
  needed: readonly LayerRange[],
  parts: readonly LayerPart[],
): readonly LayerRange[] | undefined {
  const found = new Set(needed.flatMap((range) => partsOf(range, parts)));
  const ranges = Array.from(found, ({ offset, end }) => ({ offset, end }));
  const isUsable = [...found].every(
    ({ tarOffset, tarEnd }) => tarEnd - tarOffset <= limits.checkpointPartBytes,
  );
  return isUsable && ranges.length > 0 ? ranges : undefined;
}

/** Returns the parts that a range of the archive is in, in order. */
function partsOf({ offset, end }: LayerRange, parts: readonly LayerPart[]): readonly LayerPart[] {
  // Parts are in order: finds the first one that ends behind the start of the range.
  let [low, high] = [0, parts.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((parts[middle]?.tarEnd ?? 0) <= offset) low = middle + 1;
    else high = middle;
  }
  const found: LayerPart[] = [];
  for (let part = parts[low]; part !== undefined && part.tarOffset < end; part = parts[++low])
    found.push(part);
  return found;
}
