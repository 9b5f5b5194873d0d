/**
 * Versions of Ruby gems as RubyGems orders them (Gem::Version).
 *
 * A version is a list of segments, numbers and texts, split at dots and between digits and letters. A `-` means
 * `.pre.`. At any position
 *
 *     text, in ASCII order  <  the end, which equals any number of zeros  <  numbers above zero
 *
 * so `1.a < 1.b < 1.0.rc1 < 1 = 1.0.0 < 1.0.1`: a text makes a pre-release. Two runs of zeros are removed first: those at
 * the end, and those before the first text, so that `1.0.0.rc1 = 1.rc1`. More remaining zeros make a following text
 * higher (`1.a < 1.0.a`) and a following number lower.
 */
import type { VersionScheme } from '../plugin/version-scheme.ts';
import { isLetter } from './ascii.ts';
import type { KeyWriter } from './key-writer.ts';
import { keyedScheme } from './keyed-scheme.ts';

const form = /^[ \t\r\n\f\v]*(\d+(?:\.[\dA-Za-z]+)*(?:-[\dA-Za-z-]+(?:\.[\dA-Za-z-]+)*)?)[ \t\r\n\f\v]*$/;
const blank = /^[ \t\r\n\f\v]*$/;

// Class bytes in order. A run of zeros is one token, written with what ends it: a text, the end, or a greater number.
const textAfterZeros = 0x10;
const textZerosMax = 31;
const manyZerosThenText = 0x30;
const end = 0x60;
const manyZerosThenNumber = 0x67;
const numberAfterZeros = 0x80;
const numberZerosMax = 24;

/** Versions of RubyGems packages. */
export const gem: VersionScheme = keyedScheme({ name: 'gem', write: writeVersion });

function writeVersion(text: string, key: KeyWriter): string | undefined {
  const version = blank.test(text) ? '0' : form.exec(text)?.[1];
  if (version === undefined) return 'RubyGems calls it malformed';
  let zeros = 0;
  for (const segment of canonicalSegments(version)) {
    if (isZero(segment)) {
      zeros++;
    } else {
      if (isLetter(segment.charCodeAt(0))) writeText(zeros, segment, key);
      else writeNumber(zeros, segment, key);
      zeros = 0;
    }
  }
  key.byte(end);
  return undefined;
}

const segments = /\d+|[A-Za-z]+/g;

function canonicalSegments(version: string): readonly string[] {
  return withoutZerosBeforeText(version.replaceAll('-', '.pre.')).match(segments) ?? [];
}

/** Removes the first run of zeros and dots between a dot, or the beginning, and a text. */
function withoutZerosBeforeText(version: string): string {
  let from = -1;
  for (let index = 0; index < version.length; index++) {
    const code = version.charCodeAt(index);
    if (isZeroOrDot(code)) {
      if (from < 0 && (index === 0 || version[index - 1] === '.')) from = index;
    } else {
      if (from >= 0 && isLetter(code)) return version.slice(0, from) + version.slice(index);
      from = -1;
    }
  }
  return version;
}

function isZeroOrDot(code: number): boolean {
  return code === 0x30 || code === 0x2e;
}

function isZero(segment: string): boolean {
  return segment.startsWith('0') && Number(segment) === 0;
}

/** Writes a text. More zeros before it make it higher. */
function writeText(zeros: number, text: string, key: KeyWriter): void {
  let rest = zeros;
  for (; rest > textZerosMax; rest -= textZerosMax + 1) key.byte(manyZerosThenText);
  key.byte(textAfterZeros + rest);
  key.string(text);
}

/**
 * Writes a number. More zeros before it make it lower; without zeros, the number token itself is above all of these.
 */
function writeNumber(zeros: number, number: string, key: KeyWriter): void {
  let rest = zeros;
  for (; rest > numberZerosMax; rest -= numberZerosMax) key.byte(manyZerosThenNumber);
  if (rest > 0) key.byte(numberAfterZeros - rest);
  key.number(number, 0, number.length);
}
