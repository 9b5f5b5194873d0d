/**
 * Alpine package versions as apk-tools 3 orders them (apk-package(5)):
 *
 *     number{.number}…{letter}{_suffix{number}}…{~hash}{-r number}
 *
 * Two versions are compared piece by piece. The first pieces of different kinds have the order
 *
 *     _alpha < _beta < _pre < _rc  <  invalid text  <  the end  <  -r  <  ~hash  <  the number of a suffix
 *     <  _cvs < _svn < _git < _hg < _p  <  a letter  <  .0… (with a leading zero, as text)  <  .number
 *
 * so `1.0_rc1 < 1.0 < 1.0-r1 < 1.0_p1 < 1.0a < 1.0.1`. apk also orders invalid versions: the valid
 * beginning counts, and the invalid text is just below the end. Vendors publish such versions, so they have keys here.
 * If apk-tools 3 calls two of them equal, the order of apk-tools 2 decides. Numbers wrap at 2^64.
 */
import type { VersionScheme } from '../plugin/version-scheme.ts';
import { digitsEnd, isDigit, isLowerCase } from './ascii.ts';
import type { KeyWriter } from './key-writer.ts';
import { keyedScheme } from './keyed-scheme.ts';
import { alpineSegments } from './segments.ts';

// Class bytes in order. A letter is its own byte; a component without a leading zero is a number token from 80 up.
const invalid = 0x05;
const end = 0x06;
const revision = 0x07;
const hash = 0x08;
const suffixNumber = 0x09;
const zeroText = 0x7b;

/** Versions of Alpine, Wolfi and their derivatives. */
export const apk: VersionScheme = keyedScheme({ name: 'apk', write: writeVersion, segments: alpineSegments });

/** Writes the valid beginning of a version, then the end or, if more text follows, the invalid mark. */
function writeVersion(version: string, key: KeyWriter): undefined {
  let index = digitsEnd(version, 0);
  if (index > 0) {
    writeNumber(version, 0, index, key);
    index = writeComponents(version, index, key);
    index = writeLetter(version, index, key);
    index = writeLetterNumber(version, index, key);
    index = writeSuffixes(version, index, key);
    index = writeHash(version, index, key);
    index = writeRevision(version, index, key);
  }
  if (index > 0 && index === version.length) key.byte(end);
  else writeRest(version, index, key);
}

/**
 * Writes the invalid rest. apk-tools 3 has one place for all of it; within it, the text up to a `-` decides, as in
 * apk-tools 2.
 */
function writeRest(version: string, from: number, key: KeyWriter): void {
  key.byte(invalid);
  let index = from;
  while (index < version.length && version.charCodeAt(index) !== 0x2d) {
    const to = digitsEnd(version, index);
    if (to > index) key.number(version, index, to);
    else key.byte(version.charCodeAt(index) & 0x7f);
    index = Math.max(to, index + 1);
  }
  key.byte(0);
}

// Each of these writes its piece of the version at `from`, if present, and returns its end.

function writeComponents(version: string, from: number, key: KeyWriter): number {
  let index = from;
  while (version.charCodeAt(index) === 0x2e) {
    const to = digitsEnd(version, index + 1);
    if (to === index + 1) break;
    if (version.charCodeAt(index + 1) === 0x30) {
      key.byte(zeroText);
      key.string(version, index + 1, to);
    } else {
      writeNumber(version, index + 1, to, key);
    }
    index = to;
  }
  return index;
}

function writeLetter(version: string, from: number, key: KeyWriter): number {
  const code = version.charCodeAt(from);
  if (!isLowerCase(code)) return from;
  key.byte(code);
  return from + 1;
}

/**
 * Writes the number after a letter. `1.9.5p2` is valid in apk-tools 2, which Alpine used up to 3.22, and invalid in
 * apk-tools 3, where all versions that begin with `1.9.5p` are equal. Vendors publish fixes with such versions, so they
 * get the place of invalid text and their own order there.
 */
function writeLetterNumber(version: string, from: number, key: KeyWriter): number {
  const to = digitsEnd(version, from);
  if (to === from) return from;
  key.byte(invalid);
  writeNumber(version, from, to, key);
  return to;
}

function writeSuffixes(version: string, from: number, key: KeyWriter): number {
  let index = from;
  while (version.charCodeAt(index) === 0x5f) {
    let to = index + 1;
    while (isLowerCase(version.charCodeAt(to))) to++;
    const suffix = suffixClass(version.slice(index + 1, to));
    if (suffix === invalid) break;
    key.byte(suffix);
    index = digitsEnd(version, to);
    if (index > to) {
      key.byte(suffixNumber);
      writeNumber(version, to, index, key);
    }
  }
  return index;
}

function writeHash(version: string, from: number, key: KeyWriter): number {
  if (version.charCodeAt(from) !== 0x7e) return from;
  let to = from + 1;
  while (isHexDigit(version.charCodeAt(to))) to++;
  if (to === from + 1) return from;
  key.byte(hash);
  key.string(version, from + 1, to);
  return to;
}

function writeRevision(version: string, from: number, key: KeyWriter): number {
  if (!version.startsWith('-r', from)) return from;
  const to = digitsEnd(version, from + 2);
  // Before a further `-`, apk-tools 2 reads a revision without digits as 0. Elsewhere it is invalid.
  if (to === from + 2 && version.charCodeAt(to) !== 0x2d) return from;
  key.byte(revision);
  writeNumber(version, from + 2, to, key);
  return to;
}

/** Returns the class byte of a suffix. */
function suffixClass(suffix: string): number {
  switch (suffix) {
    case 'alpha':
      return 0x01;
    case 'beta':
      return 0x02;
    case 'pre':
      return 0x03;
    case 'rc':
      return 0x04;
    case 'cvs':
      return 0x0a;
    case 'svn':
      return 0x0b;
    case 'git':
      return 0x0c;
    case 'hg':
      return 0x0d;
    case 'p':
      return 0x0e;
    default:
      return invalid;
  }
}

/** Writes digits as apk reads them, into 64 bits. Nineteen digits always fit. */
function writeNumber(version: string, from: number, to: number, key: KeyWriter): void {
  if (to - from <= 19) {
    key.number(version, from, to);
  } else {
    const wrapped = wrappedNumber(version.slice(from, to)).toString();
    key.number(wrapped, 0, wrapped.length);
  }
}

/** Parses digits modulo 2^64. Reads in chunks, since `BigInt` takes seconds for a million digits. */
function wrappedNumber(digits: string): bigint {
  let value = 0n;
  for (let from = 0; from < digits.length; from += 18) {
    const piece = digits.slice(from, from + 18);
    value = BigInt.asUintN(64, value * 10n ** BigInt(piece.length) + BigInt(piece));
  }
  return value;
}

function isHexDigit(code: number): boolean {
  return isDigit(code) || (code >= 0x61 && code <= 0x66);
}
