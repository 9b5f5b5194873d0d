import { goQuote } from './go-quote.ts';

/** An error with the message of Go's `strconv` for an invalid number. */
export class GoNumberError extends Error {
  override readonly name = 'GoNumberError';
}

/** Parses like `strconv.Atoi`: a 64-bit integer, optionally signed. Beyond 2^53, rounds to the nearest double. Throws `GoNumberError`. */
export function goAtoi(text: string): number {
  return parseInteger('Atoi', text, 64);
}

/** Parses like `strconv.ParseInt` with base 0 and 32 bits: `10`, `0x1f`, `0b1`, `017` and `1_000`. Throws `GoNumberError`. */
export function goParseInt32(text: string): number {
  return parseInteger('ParseInt', text, 32);
}

const decimal = /^\d+$/;

/** Integer literals of Go, of any base. */
const literal = /^(?:0|[1-9](?:_?\d)*|0[xX](?:_?[\da-fA-F])+|0[bB](?:_?[01])+|0[oO]?(?:_?[0-7])+)$/;

function parseInteger(name: 'Atoi' | 'ParseInt', text: string, bits: number): number {
  const refuse = (reason: string): never => {
    throw new GoNumberError(`strconv.${name}: parsing ${goQuote(text)}: ${reason}`);
  };
  const digits = text.replace(/^[+-]/, '');
  if (!(name === 'Atoi' ? decimal : literal).test(digits)) refuse('invalid syntax');
  const size = BigInt(name === 'Atoi' ? digits : digits.replaceAll('_', '').replace(/^0(?=\d)/, '0o'));
  const value = text.startsWith('-') ? -size : size;
  if (BigInt.asIntN(bits, value) !== value) refuse('value out of range');
  return Number(value);
}
