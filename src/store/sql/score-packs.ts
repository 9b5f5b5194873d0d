import { ClairError } from '../../kit/errors.ts';
import { type CveNumber, cveId } from '../../model/cve.ts';
import type { Enrichment } from '../../model/enrichment.ts';
import type { FeedName } from '../store.ts';

/**
 * EPSS scores are kept packed, a year at a time: as rows they were 44 MB and seconds of work each day. A row has the number of a CVE,
 * its score and its percentile; rows lie in the order of the ids as texts.
 */
const rowBytes = 20;
const [scoreAt, percentileAt] = [4, 12];

/** Scores of one year. */
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

  /** The first row whose number comes not before this one. */
  rowFrom(number: number): number {
    const wanted = placeOf(number);
    let [from, to] = [0, this.count];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (placeOf(this.numberAt(middle)) < wanted) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  has(number: number): boolean {
    return this.find(number) !== undefined;
  }

  find(number: number): Enrichment['epss'] {
    const row = this.rowFrom(number);
    return row < this.count && this.numberAt(row) === number ? this.epssAt(row) : undefined;
  }
}

/** Where an id comes among those of its year as texts, `CVE-2024-10000` before `CVE-2024-1001`: by its digits, the shorter of equals first. */
function placeOf(number: number): number {
  const digits = number < 10_000 ? 4 : number < 100_000 ? 5 : String(number).length;
  return number * 10 ** (10 - digits) * 16 + digits;
}

/** Scores that come in, by their years. */
export class IncomingScores {
  readonly #feed: FeedName;
  readonly #years = new Map<number, { bytes: Buffer; length: number }>();

  constructor(feed: FeedName) {
    this.#feed = feed;
  }

  get isEmpty(): boolean {
    return this.#years.size === 0;
  }

  add({ year, number }: CveNumber, score: number, percentile: number): void {
    const into = this.#years.get(year) ?? { bytes: Buffer.allocUnsafe(1024 * rowBytes), length: 0 };
    this.#years.set(year, into);
    if (into.length === into.bytes.length) into.bytes = Buffer.concat([into.bytes], into.length * 2);
    into.bytes.writeUInt32LE(number, into.length);
    into.bytes.writeDoubleLE(score, into.length + scoreAt);
    into.bytes.writeDoubleLE(percentile, into.length + percentileAt);
    into.length += rowBytes;
  }

  /** The packs, by year. Throws `feed-corrupt` for an id that comes twice. */
  packs(): Map<number, ScorePack> {
    return new Map(
      [...this.#years].map(([year, { bytes, length }]) => [
        year,
        this.#ordered(year, new ScorePack(bytes.subarray(0, length))),
      ]),
    );
  }

  #ordered(year: number, pack: ScorePack): ScorePack {
    if (isOrdered(pack)) return pack;
    const places = Float64Array.from({ length: pack.count }, (_, row) => placeOf(pack.numberAt(row)));
    const rows = Uint32Array.from(places.keys()).sort((a, b) => (places[a] ?? 0) - (places[b] ?? 0));
    const ordered = Buffer.allocUnsafe(pack.bytes.length);
    for (const [to, from] of rows.entries()) {
      if (to > 0 && places[from] === places[rows[to - 1] ?? 0]) throw this.#twice(year, pack.numberAt(from));
      pack.bytes.copy(ordered, to * rowBytes, from * rowBytes, (from + 1) * rowBytes);
    }
    return new ScorePack(ordered);
  }

  #twice(year: number, number: number): ClairError {
    const { source, feed } = this.#feed;
    const id = cveId({ year, number });
    return new ClairError('feed-corrupt', `${source} ${feed}: ${id} comes twice; the old content stays`);
  }
}

/** Whether the ids rise, none coming twice. */
function isOrdered(pack: ScorePack): boolean {
  let before = -1;
  for (let row = 0; row < pack.count; row++) {
    const place = placeOf(pack.numberAt(row));
    if (place <= before) return false;
    before = place;
  }
  return true;
}

/** What laying new scores over old ones gives, and how that differs from the old. */
export interface LaidScores {
  readonly pack: ScorePack;
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
  readonly unchanged: number;
}

/** Lays the new scores of a year over the old. Of the old that are not among the new, those stay that `stays` says. */
export function layScores(
  before: ScorePack,
  incoming: ScorePack,
  stays: (number: number) => boolean,
): LaidScores {
  if (before.bytes.equals(incoming.bytes))
    return { pack: before, added: 0, changed: 0, removed: 0, unchanged: before.count };
  if (before.count === 0)
    return { pack: incoming, added: incoming.count, changed: 0, removed: 0, unchanged: 0 };
  const laid = Buffer.allocUnsafe(before.bytes.length + incoming.bytes.length);
  const counts = { added: 0, changed: 0, removed: 0, unchanged: 0 };
  let [old, next, length] = [0, 0, 0];
  const take = ({ bytes }: ScorePack, row: number): void => {
    length += bytes.copy(laid, length, row * rowBytes, (row + 1) * rowBytes);
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
  return { pack: new ScorePack(laid.subarray(0, length)), ...counts };
}

/** Which of two rows comes first; a row behind the end comes last. */
function order(a: ScorePack, rowA: number, b: ScorePack, rowB: number): number {
  if (rowA >= a.count) return 1;
  if (rowB >= b.count) return -1;
  return placeOf(a.numberAt(rowA)) - placeOf(b.numberAt(rowB));
}

function isSame(a: ScorePack, rowA: number, b: ScorePack, rowB: number): boolean {
  const [fromA, fromB] = [rowA * rowBytes, rowB * rowBytes];
  return a.bytes.compare(b.bytes, fromB, fromB + rowBytes, fromA, fromA + rowBytes) === 0;
}
