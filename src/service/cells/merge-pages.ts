import { compareText } from '../../model/order.ts';

/** An entry of a list of one cell. */
export interface PlacedEntry<Place> {
  /** Its place in the order of the list. */
  readonly place: Place;
  /** As the cell returned it. */
  readonly document: object;
}

/** A page of the list of one cell, in the order of the list. */
export interface CellPage<Place> {
  readonly cell: string;
  readonly entries: readonly PlacedEntry<Place>[];
  /** Where the next page begins: behind this place. Absent on the last page. */
  readonly next?: Place;
}

/** How far the list of a cell was read: behind a place, or to its end. */
export type CellPosition<Place> = { readonly after: Place } | 'end';

/** An entry of a list over all cells. */
export interface MergedEntry<Place> extends PlacedEntry<Place> {
  readonly cell: string;
}

/** A page over several cells, and how far each of them was read. Cells without progress are absent. */
export interface MergedPage<Place> {
  readonly entries: readonly MergedEntry<Place>[];
  readonly positions: ReadonlyMap<string, CellPosition<Place>>;
}

/**
 * Merges pages of the same list of several cells: by place, and for equal places by the name of the cell. The page ends early where a cell
 * has more entries than its page, because the order of what follows is unknown.
 */
export function mergePages<Place>(
  pages: readonly CellPage<Place>[],
  limit: number,
  compare: (a: Place, b: Place) => number,
): MergedPage<Place> {
  const readers = pages.map((page) => ({ page, taken: 0 }));
  const entries: MergedEntry<Place>[] = [];
  while (entries.length < limit) {
    if (readers.some(({ page, taken }) => taken === page.entries.length && page.next !== undefined)) break;
    const [first] = readers
      .flatMap((reader) => {
        const entry = reader.page.entries[reader.taken];
        return entry === undefined ? [] : [{ reader, entry }];
      })
      .sort(
        (a, b) =>
          compare(a.entry.place, b.entry.place) || compareText(a.reader.page.cell, b.reader.page.cell),
      );
    if (first === undefined) break;
    first.reader.taken++;
    entries.push({ ...first.entry, cell: first.reader.page.cell });
  }
  const positions = new Map<string, CellPosition<Place>>();
  for (const { page, taken } of readers) {
    const position = positionIn(page, taken);
    if (position !== undefined) positions.set(page.cell, position);
  }
  return { entries, positions };
}

function positionIn<Place>(
  { entries, next }: CellPage<Place>,
  taken: number,
): CellPosition<Place> | undefined {
  if (taken === entries.length) return next === undefined ? 'end' : { after: next };
  const last = entries[taken - 1];
  return last === undefined ? undefined : { after: last.place };
}
