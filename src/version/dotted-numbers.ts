import { digitsEnd } from './ascii.ts';
import { type KeyWriter, numberBase } from './key-writer.ts';

/**
 * Writes `text[from…to)`, numbers with one character between each two, without trailing zeros: `1.2` and `1.2.0` become
 * equal. The next byte that the scheme writes must be below every number, since a longer version has a number above
 * zero there.
 */
export function writeDottedNumbers(text: string, from: number, to: number, key: KeyWriter): void {
  let zeros = 0;
  let index = from;
  while (index < to) {
    const end = digitsEnd(text, index, to);
    if (isZero(text, index, end)) {
      zeros++;
    } else {
      for (; zeros > 0; zeros--) key.byte(numberBase);
      key.number(text, index, end);
    }
    index = end + 1;
  }
}

function isZero(text: string, from: number, to: number): boolean {
  for (let index = from; index < to; index++) {
    if (text.charCodeAt(index) !== 0x30) return false;
  }
  return true;
}
