import type { CveNumber } from '../../model/cve.ts';
import type { ScoreBatch } from '../../model/score-batch.ts';

const [comma, hyphen, point, zero, carriageReturn] = [0x2c, 0x2d, 0x2e, 0x30, 0x0d];
const prefix = Buffer.from('CVE-');
/**
 * Integers of up to 15 digits and powers of ten up to 10^15 are exact as floating-point numbers. Their quotient is therefore the value
 * that `Number` returns.
 */
const exactDigits = 15;

/**
 * Reads the line between two offsets into the next row of a batch, without allocating strings: a feed has hundreds of thousands of
 * lines. Returns false if the line does not have the usual form `CVE-2023-4911,0.5,0.97`; the caller then parses it the slow way.
 */
export function readScoreLine(
  bytes: Uint8Array,
  { from, to }: { readonly from: number; readonly to: number },
  batch: ScoreBatch & { count: number },
): boolean {
  const end = bytes[to - 1] === carriageReturn ? to - 1 : to;
  const line = new Digits(bytes, from, end);
  const cve = line.cve();
  if (cve === undefined || !line.passes(comma)) return false;
  const score = line.fraction();
  const percentile = line.passes(comma) ? line.fraction() : 0;
  if (line.at !== end || !isFraction(score) || !isFraction(percentile)) return false;
  const row = batch.count++;
  batch.years[row] = cve.year;
  batch.numbers[row] = cve.number;
  batch.scores[row] = score;
  batch.percentiles[row] = percentile;
  return true;
}

function isFraction(value: number): boolean {
  return value >= 0 && value <= 1;
}

/** A cursor that reads consecutive decimal numbers. A read returns -1 if there is no number. */
class Digits {
  at: number;
  readonly #bytes: Uint8Array;
  readonly #end: number;

  constructor(bytes: Uint8Array, at: number, end: number) {
    this.#bytes = bytes;
    this.at = at;
    this.#end = end;
  }

  passes(byte: number): boolean {
    if (this.at >= this.#end || this.#bytes[this.at] !== byte) return false;
    this.at++;
    return true;
  }

  cve(): CveNumber | undefined {
    if (!prefix.every((byte) => this.passes(byte))) return undefined;
    const year = this.#whole(4, 4);
    if (year < 0 || !this.passes(hyphen)) return undefined;
    const isPadded = this.#bytes[this.at] === zero;
    const number = this.#whole(4, isPadded ? 4 : 9);
    return number < 0 ? undefined : { year, number };
  }

  /** Reads an integer of `least` to `most` digits. */
  #whole(least: number, most: number): number {
    const start = this.at;
    const value = this.#digits(0);
    const count = this.at - start;
    return count < least || count > most ? -1 : value;
  }

  /** Reads a number with or without a decimal point. */
  fraction(): number {
    const start = this.at;
    const whole = this.#digits(0);
    if (this.at === start) return -1;
    if (!this.passes(point)) return whole;
    const behindPoint = this.at;
    const all = this.#digits(whole);
    const decimals = this.at - behindPoint;
    return decimals === 0 || this.at - start > exactDigits ? -1 : all / 10 ** decimals;
  }

  #digits(before: number): number {
    let value = before;
    for (; this.at < this.#end; this.at++) {
      const digit = (this.#bytes[this.at] ?? 0) - zero;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    return value;
  }
}
