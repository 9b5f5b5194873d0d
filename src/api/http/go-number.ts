import { goQuote } from './go-quote.ts';

/** A text that Go takes for no number, in Go's words. */
export class GoNumberError extends Error {
  override readonly name = 'GoNumberError';
}

/** `strconv.Atoi`: a whole number of 64 bits with or without a sign. Over 2^53 the nearest number that JavaScript has. */
export function goAtoi(text: string): number {
  return parseInteger('Atoi', text, 64);
}

/** `strconv.ParseInt` to base 0: a whole number of 32 bits as in Go's source, such as `10`, `0x1f`, `0b1`, `017` and `1_000`. */
export function goParseInt32(text: string): number {
  return parseInteger('ParseInt', text, 32);
}

const decimal = /^\d+$/;

/** Digits of any base as Go's source has them. */
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
