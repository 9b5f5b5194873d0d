/**
 * Debian package versions, `[epoch:]upstream[-revision]`, as dpkg orders them (deb-version(7)).
 *
 * The epoch is a number. Upstream and revision are each read as text, number, text, number… and at any position
 *
 *     ~  <  the end, which equals the number 0  <  greater numbers  <  letters  <  bytes beyond ASCII  <  other characters
 *
 * so `1.0~rc1 < 1.0 < 1.0a < 1.0+b`, and `1.0`, `0:1.0`, `1.00` and `1.0-0` are one version. dpkg warns about
 * invalid characters but orders them; this scheme does, too.
 */
import type { VersionScheme } from '../plugin/version-scheme.ts';
import { digitsEnd, isDigit, isLowerCase, isUpperCase } from './ascii.ts';
import type { KeyWriter } from './key-writer.ts';
import { keyedScheme } from './keyed-scheme.ts';
import { debianSegments } from './segments.ts';

// Class bytes in order: each is one byte or begins with one. Numbers take 02…7F; the end is the number 0.
const tilde = 0x01;
const end = 0x02;
const numbers = 0x02;
const upperCase = 0x80;
const lowerCase = 0x9a;
const beyondAscii = 0xb4;
const control = 0xb5;
const punctuation = 0xb6;

const epochMax = 2 ** 31 - 1;

const white = /[ \t\n]/;
const notAscii = /[\u0080-\uffff]/;

/** Versions of Debian, Ubuntu and their derivatives. */
export const dpkg: VersionScheme = keyedScheme({
  name: 'dpkg',
  write: writeVersion,
  segments: debianSegments,
});

function writeVersion(text: string, key: KeyWriter): string | undefined {
  const version = bytesOf(trimDpkgWhitespace(text));
  const colon = version.indexOf(':');
  const upstream = colon + 1;
  const hyphen = version.lastIndexOf('-');
  const hasRevision = hyphen >= upstream;
  const upstreamEnd = hasRevision ? hyphen : version.length;
  const revision = hasRevision ? hyphen + 1 : version.length;
  if (upstreamEnd === upstream) return 'there is no upstream version';
  if (hasRevision && revision === version.length) return 'nothing follows the last "-"';
  if (white.test(version)) return 'there is white space in it';
  const invalid = writeEpoch(version, colon, key);
  if (invalid !== undefined) return invalid;
  writePart(version, upstream, upstreamEnd, key);
  writePart(version, revision, version.length, key);
  return undefined;
}

/** Writes the epoch. dpkg reads it as C reads a long: more kinds of white space may precede it, and a sign. */
function writeEpoch(version: string, colon: number, key: KeyWriter): string | undefined {
  if (colon < 0) {
    key.byte(numbers);
    return undefined;
  }
  const sign = nonDpkgWhitespaceEnd(version);
  const digits = version[sign] === '+' || version[sign] === '-' ? sign + 1 : sign;
  if (colon === digits) return 'the epoch is empty';
  if (digitsEnd(version, digits) !== colon) return 'the epoch is not a number';
  const epoch = Number(version.slice(digits, colon));
  if (epoch > 0 && version[sign] === '-') return 'the epoch is negative';
  if (epoch > epochMax) return 'the epoch is too large';
  key.number(version, digits, colon, numbers);
  return undefined;
}

/**
 * Writes text and number alternately, at least once, both possibly empty: at the end of one version, the other may
 * still have a zero.
 */
function writePart(version: string, from: number, to: number, key: KeyWriter): void {
  let index = from;
  do {
    while (index < to) {
      const code = version.charCodeAt(index);
      if (isDigit(code)) break;
      writeCharacter(code, key);
      index++;
    }
    const digits = index;
    index = digitsEnd(version, index, to);
    key.number(version, digits, index, numbers);
  } while (index < to);
  key.byte(end);
}

function writeCharacter(code: number, key: KeyWriter): void {
  if (code === 0x7e) {
    key.byte(tilde);
  } else if (isLowerCase(code)) {
    key.byte(lowerCase + code - 0x61);
  } else if (isUpperCase(code)) {
    key.byte(upperCase + code - 0x41);
  } else if (code >= 0x21 && code <= 0x7f) {
    key.byte(punctuation + punctuationRank(code));
  } else {
    key.byte(code < 0x21 ? control : beyondAscii);
    key.byte(code);
  }
}

/**
 * Returns the rank of a character from `!` to DEL among those that are not digits or letters. Those after `~` move up,
 * too.
 */
function punctuationRank(code: number): number {
  if (code < 0x30) return code - 0x21;
  if (code < 0x41) return code - 0x21 - 10;
  return code < 0x61 ? code - 0x21 - 36 : code - 0x21 - 62;
}

/** Returns whether a code is space, tab or newline, which dpkg allows around a version. */
function isDpkgWhitespace(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0a;
}

/**
 * Returns the end of leading vertical tabs, form feeds and carriage returns, which are white space to C but not to
 * dpkg.
 */
function nonDpkgWhitespaceEnd(version: string): number {
  let index = 0;
  while (version.charCodeAt(index) >= 0x0b && version.charCodeAt(index) <= 0x0d) index++;
  return index;
}

function trimDpkgWhitespace(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && isDpkgWhitespace(text.charCodeAt(from))) from++;
  while (from < to && isDpkgWhitespace(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
}

/** Returns a version as dpkg sees it: each UTF-8 byte of a non-ASCII character becomes one character. */
function bytesOf(version: string): string {
  return notAscii.test(version) ? Buffer.from(version, 'utf8').toString('latin1') : version;
}
