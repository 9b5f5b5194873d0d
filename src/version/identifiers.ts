import { digitsEnd } from './ascii.ts';
import type { KeyWriter } from './key-writer.ts';

// A list of identifiers as SemVer 2.0.0, item 11, orders it. The classes in their order: the end of the list, numbers, then
// letters, digits and hyphens as themselves, a text ended by 00. `released` stands for no list and is above any.
const end = 0x01;
const number = 0x03;
const released = 0x7f;

/** Class byte below that of a number, free for a scheme that knows numbers below zero. */
export const belowZero = 0x02;

/** Writes one identifier. */
export type IdentifierWriter = (identifier: string, key: KeyWriter) => void;

/** Writes a pre-release, `alpha.1`; undefined is the release itself, which is above its pre-releases. */
export function writePrerelease(
  prerelease: string | undefined,
  key: KeyWriter,
  write: IdentifierWriter = writeIdentifier,
): void {
  if (prerelease === undefined) key.byte(released);
  else writeIdentifiers(prerelease, key, write);
}

/** Writes identifiers that are separated by dots; undefined is none at all, which is below any. */
export function writeIdentifiers(
  identifiers: string | undefined,
  key: KeyWriter,
  write: IdentifierWriter = writeIdentifier,
): void {
  for (const identifier of identifiers?.split('.') ?? []) write(identifier, key);
  key.byte(end);
}

/** Writes an identifier of digits alone as a number of any size, every other as ASCII text. */
export function writeIdentifier(identifier: string, key: KeyWriter): void {
  if (digitsEnd(identifier, 0) === identifier.length) writeNumericIdentifier(identifier, key);
  else key.string(identifier);
}

/** Writes an identifier of digits as a number. */
export function writeNumericIdentifier(digits: string, key: KeyWriter): void {
  key.byte(number);
  key.number(digits, 0, digits.length);
}
