import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RangeSearch } from './range-search.ts';
import { StreamSearch } from './stream-search.ts';

/** Texts of two letters, so that sequences repeat, overlap and cross pieces. */
const letters = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 60 });
const needles = fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 4 });

/** Returns the positions of a sequence that is whole within a range. */
function placesIn(text: string, needle: string, [start, end]: readonly [number, number]): number[] {
  return Array.from(text, (_, at) => at).filter(
    (at) => at >= start && at + needle.length <= end && text.startsWith(needle, at),
  );
}

/** Cuts a text before each of these positions. */
function* piecesOf(text: string, cuts: readonly number[]): Generator<[Buffer, number]> {
  const ends = [...new Set([...cuts.map((cut) => cut % (text.length + 1)), text.length])].sort(
    (a, b) => a - b,
  );
  let start = 0;
  for (const end of ends) {
    yield [Buffer.from(text.slice(start, end)), start];
    start = end;
  }
}

test('finds every place of a sequence in a range, however the text is cut', () => {
  fc.assert(
    fc.property(
      letters,
      needles,
      fc.tuple(fc.nat(60), fc.nat(60)),
      fc.array(fc.nat()),
      (text, needle, [a, b], cuts) => {
        const [start, end] = [Math.min(a, b), Math.max(a, b)];
        const search = new StreamSearch(Buffer.from(needle), { start, end });
        const first = new RangeSearch(Buffer.from(needle), start, end);
        const found: number[] = [];
        for (const [piece, position] of piecesOf(text, cuts)) {
          found.push(...search.push(piece, position));
          first.push(piece, position);
        }
        const wanted = placesIn(text, needle, [start, Math.min(end, text.length)]);
        assert.deepEqual(found, wanted);
        assert.equal(first.isFound, wanted.length > 0);
      },
    ),
  );
});
