import { ClairError } from '../../core/errors.ts';
import { type CveNumber, cveId, cveNumberOf } from '../../model/cve.ts';
import type { Enrichment } from '../../model/enrichment.ts';
import type { FeedEnrichment } from '../enrichment-store.ts';
import type { FeedName } from '../feed-state.ts';

/**
 * EPSS scores are stored in packs of a hundred consecutive CVE numbers of a year. As rows they took 38 MB and seconds of work
 * each day. A row of a pack has the number of a CVE, its score and its percentile. Rows are sorted by number.
 */
const rowBytes = 20;
const [scoreAt, percentileAt] = [4, 12];
const numbersPerBlock = 100;
/** More than the number of blocks in a year. */
const blocksPerYear = 100_000_000;

/** Returns the number of the block of a CVE. Blocks rise with year and number. */
export function blockOf({ year, number }: CveNumber): number {
  return year * blocksPerYear + Math.floor(number / numbersPerBlock);
}

/** Returns the year of the CVEs of a block. */
export function yearOf(block: number): number {
  return Math.floor(block / blocksPerYear);
}

/** Scores of one block. */
export class ScorePack {
  readonly bytes: Buffer;

  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get count(): number {
    return this.bytes.length / rowBytes;
  }

  numberAt(row: number): number {
    return this.bytes.readUInt32LE(row * rowBytes);
  }

  epssAt(row: number): NonNullable<Enrichment['epss']> {
    const at = row * rowBytes;
    return {
      score: this.bytes.readDoubleLE(at + scoreAt),
      percentile: this.bytes.readDoubleLE(at + percentileAt),
    };
  }

  /** Returns the first row whose number is this one or higher. */
  rowFrom(number: number): number {
    let row = 0;
    while (row < this.count && this.numberAt(row) < number) row++;
    return row;
  }

  has(number: number): boolean {
    return this.find(number) !== undefined;
  }

  find(number: number): Enrichment['epss'] {
    const row = this.rowFrom(number);
    return row < this.count && this.numberAt(row) === number ? this.epssAt(row) : undefined;
  }
}

/** Collects scores by block. */
export class ScorePackBuilder {
  readonly #feed: FeedName;
  readonly #blocks = new Map<number, { bytes: Buffer; length: number }>();

  constructor(feed: FeedName) {
    this.#feed = feed;
  }

  add(cve: CveNumber, score: number, percentile: number): void {
    const into = this.#blockFor(blockOf(cve));
    if (into.length === into.bytes.length) into.bytes = Buffer.concat([into.bytes], into.length * 2);
    into.bytes.writeUInt32LE(cve.number, into.length);
    into.bytes.writeDoubleLE(score, into.length + scoreAt);
    into.bytes.writeDoubleLE(percentile, into.length + percentileAt);
    into.length += rowBytes;
  }

  /** Returns the packs by block. Throws `feed-corrupt` for a duplicate id. */
  packs(): Map<number, ScorePack> {
    return new Map(
      [...this.#blocks].map(([block, { bytes, length }]) => [
        block,
        this.#ordered(block, new ScorePack(bytes.subarray(0, length))),
      ]),
    );
  }

  #blockFor(block: number): { bytes: Buffer; length: number } {
    const known = this.#blocks.get(block);
    if (known !== undefined) return known;
    const empty = { bytes: Buffer.allocUnsafe(numbersPerBlock * rowBytes), length: 0 };
    this.#blocks.set(block, empty);
    return empty;
  }

  #ordered(block: number, pack: ScorePack): ScorePack {
    const numbers = Array.from({ length: pack.count }, (_, row) => pack.numberAt(row));
    if (numbers.every((number, row) => row === 0 || number > (numbers[row - 1] ?? 0))) return pack;
    const rows = [...numbers.keys()].sort((a, b) => (numbers[a] ?? 0) - (numbers[b] ?? 0));
    const ordered = Buffer.allocUnsafe(pack.bytes.length);
    for (const [to, from] of rows.entries()) {
      const number = numbers[from] ?? 0;
      if (to > 0 && number === numbers[rows[to - 1] ?? 0]) throw this.#twice({ year: yearOf(block), number });
      pack.bytes.copy(ordered, to * rowBytes, from * rowBytes, (from + 1) * rowBytes);
    }
    return new ScorePack(ordered);
  }

  #twice(cve: CveNumber): ClairError {
    const { source, feed } = this.#feed;
    return new ClairError(
      'feed-corrupt',
      `${source} ${feed}: ${cveId(cve)} occurs twice; the current content stays`,
    );
  }
}

/** Returns whether an enrichment has nothing but a score, so that it can be packed. */
export function isScoreAlone(content: Omit<Enrichment, 'id'>): boolean {
  return content.epss !== undefined && Object.keys(content).length === 1;
}

/** The scores of a feed in one block. */
export interface FeedScorePack extends FeedName {
  readonly block: number;
  readonly pack: ScorePack;
}

/** Packs the scores of CVEs among enrichments, by feed and rising block. Returns the other enrichments as they are. */
export function packedScores(ratings: readonly FeedEnrichment[]): {
  readonly packs: readonly FeedScorePack[];
  readonly others: readonly FeedEnrichment[];
} {
  const others: FeedEnrichment[] = [];
  const builders = new Map<string, { readonly of: FeedName; readonly builder: ScorePackBuilder }>();
  for (const rating of ratings) {
    const { id, source, feed, ...content } = rating;
    const cve = isScoreAlone(content) ? cveNumberOf(id) : undefined;
    if (cve === undefined || content.epss === undefined) {
      others.push(rating);
      continue;
    }
    const name = JSON.stringify([source, feed]);
    const known = builders.get(name) ?? {
      of: { source, feed },
      builder: new ScorePackBuilder({ source, feed }),
    };
    builders.set(name, known);
    known.builder.add(cve, content.epss.score, content.epss.percentile);
  }
  const packs = [...builders.values()].flatMap(({ of, builder }) =>
    [...builder.packs()].map(([block, pack]) => ({ ...of, block, pack })).sort((a, b) => a.block - b.block),
  );
  return { packs, others };
}

/** Result of merging new scores into old ones, with the number of differences. */
export interface MergedScores {
  readonly pack: ScorePack;
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
  readonly unchanged: number;
}

/** Merges the new scores of a block into the old. Of the old that are not among the new, keeps those for which `stays` is true. */
export function mergeScores(
  before: ScorePack,
  incoming: ScorePack,
  stays: (number: number) => boolean,
): MergedScores {
  if (before.bytes.equals(incoming.bytes))
    return { pack: before, added: 0, changed: 0, removed: 0, unchanged: before.count };
  if (before.count === 0)
    return { pack: incoming, added: incoming.count, changed: 0, removed: 0, unchanged: 0 };
  const merged = Buffer.allocUnsafe(before.bytes.length + incoming.bytes.length);
  const counts = { added: 0, changed: 0, removed: 0, unchanged: 0 };
  let [old, next, length] = [0, 0, 0];
  const take = ({ bytes }: ScorePack, row: number): void => {
    length += bytes.copy(merged, length, row * rowBytes, (row + 1) * rowBytes);
  };
  while (old < before.count || next < incoming.count) {
    const way = order(before, old, incoming, next);
    if (way < 0) {
      if (stays(before.numberAt(old))) take(before, old);
      else counts.removed++;
      old++;
      continue;
    }
    take(incoming, next);
    if (way > 0) counts.added++;
    else counts[isSame(before, old++, incoming, next) ? 'unchanged' : 'changed']++;
    next++;
  }
  return { pack: new ScorePack(merged.subarray(0, length)), ...counts };
}

/** Compares two rows by number; a row past the end sorts last. */
function order(a: ScorePack, rowA: number, b: ScorePack, rowB: number): number {
  if (rowA >= a.count) return 1;
  if (rowB >= b.count) return -1;
  return a.numberAt(rowA) - b.numberAt(rowB);
}

function isSame(a: ScorePack, rowA: number, b: ScorePack, rowB: number): boolean {
  const [fromA, fromB] = [rowA * rowBytes, rowB * rowBytes];
  return a.bytes.compare(b.bytes, fromB, fromB + rowBytes, fromA, fromA + rowBytes) === 0;
}
