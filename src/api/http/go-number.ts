import { goQuote } from './go-quote.ts';

/** A text that Go takes for no number, in Go's words. */
export class GoNumberError extends Error {
  override readonly name = 'GoNumberError';
}

/** `strconv.Atoi`: a whole number of 64 bits with or without a sign. Over 2^53 the nearest number that JavaScript has. */
export function goAtoi(text: string): number {
  return parsed('Atoi', text, 64);
}

/** `strconv.ParseInt` to base 10: a whole number of 32 bits. */
export function goParseInt32(text: string): number {
  return parsed('ParseInt', text, 32);
}

function parsed(name: string, text: string, bits: number): number {
  const refuse = (reason: string): never => {
    throw new GoNumberError(`strconv.${name}: parsing ${goQuote(text)}: ${reason}`);
  };
  if (!/^[+-]?\d+$/.test(text)) refuse('invalid syntax');
  const value = BigInt(text.replace('+', ''));
  if (BigInt.asIntN(bits, value) !== value) refuse('value out of range');
  return Number(value);
}
