import { goQuote } from './go-quote.ts';

/** A text that Go takes for no number, in Go's words. */
export class GoNumberError extends Error {
  override readonly name = 'GoNumberError';
}

/** `strconv.Atoi`: a whole number of 64 bits with or without a sign. Over 2^53 the nearest number that JavaScript has. */
export function goAtoi(text: string): number {
  if (!/^[+-]?\d+$/.test(text)) throw new GoNumberError(said(text, 'invalid syntax'));
  const value = BigInt(text.replace('+', ''));
  if (BigInt.asIntN(64, value) !== value) throw new GoNumberError(said(text, 'value out of range'));
  return Number(value);
}

function said(text: string, reason: string): string {
  return `strconv.Atoi: parsing ${goQuote(text)}: ${reason}`;
}
