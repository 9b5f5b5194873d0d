// Predicates for UTF-16 code units. All are false for NaN, the code past the end of a string.

/** 0–9. */
export function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** a–z. */
export function isLowerCase(code: number): boolean {
  return code >= 0x61 && code <= 0x7a;
}

/** A–Z. */
export function isUpperCase(code: number): boolean {
  return code >= 0x41 && code <= 0x5a;
}

/** a–z and A–Z. */
export function isLetter(code: number): boolean {
  return isLowerCase(code) || isUpperCase(code);
}

/** Returns the end of the run of digits at `from`; `from` if there is no digit. */
export function digitsEnd(text: string, from: number, to: number = text.length): number {
  let index = from;
  while (index < to && isDigit(text.charCodeAt(index))) index++;
  return index;
}
