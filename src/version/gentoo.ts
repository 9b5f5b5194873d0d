/**
 * Versions of Gentoo's packages, as the Package Manager Specification orders them (PMS, section 3.3).
 *
 * Numbers with a dot between them, then a letter, suffixes and a revision: `1.2.10b_rc1_p2-r3`. The first numbers compare as numbers. So do
 * the others, unless one of the two begins with a zero: they then compare as text, without zeros at their end. More numbers are above
 * fewer. After the numbers
 *
 *     no letter  <  a letter          _alpha  <  _beta  <  _pre  <  _rc  <  no suffix  <  _p
 *
 * A suffix without a number has the number 0. So has a missing revision.
 */
import type { VersionScheme } from '../plugin/version-scheme.ts';
import type { KeyWriter } from './key-writer.ts';
import { keyedScheme } from './keyed-scheme.ts';

const form = /^(\d+)((?:\.\d+)*)([a-z]?)((?:_(?:alpha|beta|pre|rc|p)\d*)*)(?:-r(\d+))?$/;

// Class bytes in order: the end of the numbers, and a number that begins with a zero, which is a text ended by 00. Others begin with 80.
const endOfNumbers = 0x01;
const fraction = 0x02;
/** The class of a missing letter, which is below all letters. */
const noLetter = 0x01;
/** Classes of suffixes. */
const classes: Readonly<Record<string, number>> = { alpha: 1, beta: 2, pre: 3, rc: 4, p: 6 };
const noSuffix = 5;

/** Versions of Gentoo's packages. */
export const gentoo: VersionScheme = keyedScheme({ name: 'gentoo', write: writeVersion });

function writeVersion(version: string, key: KeyWriter): string | undefined {
  const parts = form.exec(version);
  if (parts === null) return 'PMS does not allow it';
  const [, first = '', others = '', letter = '', suffixes = '', revision = ''] = parts;
  key.number(first, 0, first.length);
  for (const number of others.split('.').slice(1)) writeNumber(number, key);
  key.byte(endOfNumbers);
  key.byte(letter === '' ? noLetter : letter.charCodeAt(0));
  for (const suffix of suffixes.split('_').slice(1)) writeSuffix(suffix, key);
  key.byte(noSuffix);
  key.number(revision, 0, revision.length);
  return undefined;
}

function writeNumber(number: string, key: KeyWriter): void {
  if (!number.startsWith('0')) {
    key.number(number, 0, number.length);
    return;
  }
  let end = number.length;
  while (end > 0 && number.charCodeAt(end - 1) === zero) end--;
  key.byte(fraction);
  key.string(number, 0, end);
}

const zero = 0x30;

function writeSuffix(suffix: string, key: KeyWriter): void {
  const [, word = '', digits = ''] = /^([a-z]+)(\d*)$/.exec(suffix) ?? [];
  key.byte(classes[word] ?? noSuffix);
  key.number(digits, 0, digits.length);
}
