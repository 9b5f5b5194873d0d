import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type CellPage, type CellPosition, mergePages } from './merge-pages.ts';

/** A list of a cell: rising numbers. */
type Lists = ReadonlyMap<string, readonly number[]>;

const byNumber = (a: number, b: number): number => a - b;

/** Returns a page of the list of a cell. It may be shorter than the limit, as lists with suppressed entries are. */
function pageOf(
  cell: string,
  list: readonly number[],
  { position, size }: { readonly position: CellPosition<number> | undefined; readonly size: number },
): CellPage<number> {
  const after = position === undefined || position === 'end' ? -1 : position.after;
  const rest = list.filter((number) => number > after);
  const shown = rest.slice(0, size);
  // A short page continues behind entries that it leaves out.
  const next = rest.length > size ? (rest[size - 1] ?? rest[0]) : undefined;
  return {
    cell,
    entries: shown.map((place) => ({ place, document: { number: place } })),
    ...(next !== undefined && { next }),
  };
}

const lists: fc.Arbitrary<Lists> = fc
  .array(fc.uniqueArray(fc.nat(60)), { minLength: 1, maxLength: 5 })
  .map((all) => new Map(all.map((list, i) => [`cell-${i}`, list.toSorted(byNumber)])));

const limit = fc.integer({ min: 1, max: 7 });

/** Returns all entries in the order of all cells, as `number cell`. */
function sorted(all: Lists): string[] {
  return Array.from(all, ([cell, list]) => list.map((number) => ({ number, cell })))
    .flat()
    .sort((a, b) => a.number - b.number || (a.cell < b.cell ? -1 : 1))
    .map(({ number, cell }) => `${number} ${cell}`);
}

/** Reads all pages. `answers` decides which cells answer a request. Ends when each cell was read to its end. */
function readAll(
  all: Lists,
  {
    limit: most,
    sizeOf,
    answers,
  }: {
    readonly limit: number;
    readonly sizeOf: (round: number) => number;
    readonly answers: (cell: string, round: number) => boolean;
  },
): string[] {
  const positions = new Map<string, CellPosition<number>>();
  const found: string[] = [];
  for (let round = 0; ; round++) {
    const open = [...all].filter(([cell]) => positions.get(cell) !== 'end');
    if (open.length === 0) return found;
    assert.ok(round < 10_000, 'the pages make no progress');
    const pages = open
      .filter(([cell]) => answers(cell, round))
      .map(([cell, list]) => pageOf(cell, list, { position: positions.get(cell), size: sizeOf(round) }));
    const merged = mergePages(pages, most, byNumber);
    assert.ok(merged.entries.length <= most);
    found.push(...merged.entries.map(({ place, cell }) => `${place} ${cell}`));
    for (const [cell, position] of merged.positions) positions.set(cell, position);
  }
}

test('gives the entries of all cells in one order, each once, whatever the sizes of the pages', () => {
  fc.assert(
    fc.property(lists, limit, fc.array(limit, { minLength: 1 }), (all, most, sizes) => {
      const sizeOf = (round: number): number => sizes[round % sizes.length] ?? 1;
      assert.deepEqual(readAll(all, { limit: most, sizeOf, answers: () => true }), sorted(all));
    }),
  );
});

test('gives each entry once if cells do not answer some of the requests', () => {
  fc.assert(
    fc.property(
      lists,
      limit,
      fc.array(fc.boolean(), { minLength: 7, maxLength: 7 }),
      (all, most, pattern) => {
        fc.pre(pattern.includes(true));
        const cells = [...all.keys()];
        const answers = (cell: string, round: number): boolean =>
          pattern[(round + cells.indexOf(cell)) % pattern.length] === true;
        const found = readAll(all, { limit: most, sizeOf: () => most, answers });
        assert.deepEqual(found.toSorted(), sorted(all).toSorted());
      },
    ),
  );
});

test('ends a page where the order of what follows is unknown, and continues there', () => {
  const entry = (place: number) => ({ place, document: {} });
  const merged = mergePages(
    [
      { cell: 'a', entries: [entry(1)], next: 4 },
      { cell: 'b', entries: [entry(2), entry(9)] },
      { cell: 'c', entries: [] },
    ],
    10,
    byNumber,
  );
  assert.deepEqual(
    merged.entries.map(({ place, cell }) => [place, cell]),
    [[1, 'a']],
  );
  assert.deepEqual(
    [...merged.positions],
    [
      ['a', { after: 4 }],
      ['c', 'end'],
    ],
  );
});
