/**
 * Versions of programs that no package manager installs, such as OpenSSL, Python, PHP, PostgreSQL and OpenSSH. Each project has an order of
 * its own. They agree where their forms overlap, so one order has all of them:
 *
 *     numbers  <  numbers with a letter: OpenSSL's 1.0.2 < 1.0.2a < 1.0.2z < 1.0.2za
 *     dev  <  alpha = a  <  beta = b  <  pre = preview  <  rc  <  the release  <  p (a patch: 8.5.0p1, 9.9.7-P1)  <  s (9.18.1-S1)
 *
 * Numbers compare as numbers, and zeros at their end are ignored: `16` is `16.0`. Words compare without regard to case. A word without a
 * number has the number 0. A letter without a number is a letter of OpenSSL, so `1.1.1a` is after `1.1.1`, and `3.13.0a1` before `3.13.0`.
 * The sources are the release notes of these projects, OpenSSL's README of 1.1.1, and PEP 440 for Python.
 */
import type { VersionScheme } from '../plugin/version-scheme.ts';
import { writeDottedNumbers } from './dotted-numbers.ts';
import type { KeyWriter } from './key-writer.ts';
import { keyedScheme } from './keyed-scheme.ts';

const form =
  /^(\d+(?:\.\d+)*)([a-y]|z[a-z]?)?(?:[-._~]?(dev|alpha|beta|preview|pre|rc)[-._]?(\d*)|[-._~]?([ab])(\d+)|-?([ps])(\d+))?$/i;

/** The class of a missing letter, which is below all letters. */
const noLetter = 0x01;
/** Classes of the words behind a version, in their order. */
const classes: Readonly<Record<string, number>> = {
  dev: 1,
  alpha: 2,
  a: 2,
  beta: 3,
  b: 3,
  pre: 4,
  preview: 4,
  rc: 5,
  p: 7,
  s: 8,
};
const released = 6;

/** Versions of programs that no package manager installs. */
export const program: VersionScheme = keyedScheme({ name: 'program', write: writeVersion });

function writeVersion(version: string, key: KeyWriter): string | undefined {
  const parts = form.exec(version);
  if (parts === null) return 'it is not numbers with a letter, a pre-release or a patch behind them';
  const [, numbers = '', letter = '', word, wordDigits, letterWord, letterDigits, patch, patchDigits] = parts;
  writeDottedNumbers(numbers, 0, numbers.length, key);
  if (letter === '') key.byte(noLetter);
  else key.string(letter.toLowerCase());
  const suffix = word ?? letterWord ?? patch;
  key.byte(suffix === undefined ? released : (classes[suffix.toLowerCase()] ?? released));
  const digits = wordDigits ?? letterDigits ?? patchDigits;
  if (digits !== undefined) key.number(digits, 0, digits.length);
  return undefined;
}
