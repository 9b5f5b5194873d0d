import { digitsEnd } from './ascii.ts';
import type { KeyWriter } from './key-writer.ts';

// A list of identifiers in the order of SemVer 2.0.0, item 11. Class bytes in order: the end of the list, numbers, then
// letters, digits and hyphens as themselves, a text ended by 00. `released` marks a missing list and is above any list.
const end = 0x01;
const number = 0x03;
const released = 0x7f;

/** Class byte below that of a number, free for a scheme with negative numbers. */
export const belowZero = 0x02;

/** Writes one identifier. */
export type IdentifierWriter = (identifier: string, key: KeyWriter) => void;

/** Writes a pre-release, `alpha.1`. Undefined is the release itself, which is above its pre-releases. */
export function writePrerelease(
  prerelease: string | undefined,
  key: KeyWriter,
  write: IdentifierWriter = writeIdentifier,
): void {
  if (prerelease === undefined) key.byte(released);
  else writeIdentifiers(prerelease, key, write);
}

/** Writes identifiers separated by dots. Undefined is an empty list, which is below any other. */
export function writeIdentifiers(
  identifiers: string | undefined,
  key: KeyWriter,
  write: IdentifierWriter = writeIdentifier,
): void {
  for (const identifier of identifiers?.split('.') ?? []) write(identifier, key);
  key.byte(end);
}

/** Writes an identifier of digits only as a number of any size, and every other as ASCII text. */
export function writeIdentifier(identifier: string, key: KeyWriter): void {
  if (digitsEnd(identifier, 0) === identifier.length) writeNumericIdentifier(identifier, key);
  else key.string(identifier);
}

/** Writes an identifier of digits as a number. */
export function writeNumericIdentifier(digits: string, key: KeyWriter): void {
  key.byte(number);
  key.number(digits, 0, digits.length);
}
