/**
 * Arch Linux package versions, `[epoch:]version[-release]`, as libalpm orders them (vercmp(8), alpm-pkgver(7)).
 *
 * The epoch is a number. Version and release are runs of digits and runs of ASCII letters, each with the separators
 * before it. Only the number of separators counts: `1.0 = 1_0 < 1..0`. Letters without a separator are a pre-release.
 * At any position
 *
 *     letters  <  the end  <  numbers  <  a separator and letters  <  a separator and numbers  <  two separators…
 *
 * so `1.0rc < 1.0 < 1.0.a < 1.0.1 < 1.0..1`. If only one version has a release, it is ignored: `1.0-1 = 1.0 = 1.0-2`.
 *
 * This is not a total order. A version without a release equals several different versions, and trailing separators
 * give cycles: `1.0. < 1.0.1 < 1.0..a < 1.0.`. Such versions have no key and are compared by code.
 */
import { compareText } from '../model/order.ts';
import type { VersionScheme } from '../plugin/version-scheme.ts';
import { isDigit } from './ascii.ts';
import type { KeyWriter } from './key-writer.ts';
import { keyedScheme } from './keyed-scheme.ts';
import { runs, type Segments } from './segments.ts';

// Class bytes in order. Numbers take 03…80; a run of letters ends with 00.
const letters = 0x01;
const lettersEnd = 0x00;
const end = 0x02;
const numberBase = 0x03;
const separator = 0x81;

/** A run of digits without leading zeros, or a run of letters. */
interface Run {
  /** Number of separators before the run. */
  readonly separators: number;
  readonly isNumber: boolean;
  readonly text: string;
}

interface Part {
  readonly runs: readonly Run[];
  /** Number of separators after the last run. */
  readonly trailing: number;
}

interface Parted<T> {
  readonly epoch: string;
  readonly version: T;
  readonly release?: T;
}

/** Versions of Arch Linux and its derivatives. */
export const alpm: VersionScheme = {
  ...keyedScheme({ name: 'alpm', write: writeVersion, segments: segmentsOf }),
  compare: compareVersions,
};

function writeVersion(text: string, key: KeyWriter): string | undefined {
  const { epoch, version, release } = parted(text);
  if (release === undefined) return 'without a release it has no total order';
  key.number(epoch, 0, epoch.length);
  return writePart(partOf(version), key) ?? writePart(partOf(release), key);
}

function writePart(part: Part, key: KeyWriter): string | undefined {
  if (part.trailing > 0) return 'a trailing separator has no total order';
  for (const { separators, isNumber, text } of part.runs) {
    for (let left = separators; left > 0; left--) key.byte(separator);
    if (isNumber) {
      key.number(text, 0, text.length, numberBase);
    } else {
      key.byte(letters);
      for (let index = 0; index < text.length; index++) key.byte(text.charCodeAt(index));
      key.byte(lettersEnd);
    }
  }
  key.byte(end);
  return undefined;
}

function compareVersions(a: string, b: string): number {
  const left = parted(a);
  const right = parted(b);
  const order =
    compareNumbers(withoutZeros(left.epoch), withoutZeros(right.epoch)) ||
    compareParts(partOf(left.version), partOf(right.version));
  if (order !== 0 || left.release === undefined || right.release === undefined) return order;
  return compareParts(partOf(left.release), partOf(right.release));
}

function compareParts(left: Part, right: Part): number {
  for (const [index, a] of left.runs.entries()) {
    const b = right.runs[index];
    const order = b === undefined ? 0 : compareRuns(a, b);
    if (order !== 0) return order;
  }
  return compareEnds(left, right);
}

/** Compares parts whose runs are equal as far as both have one. */
function compareEnds(left: Part, right: Part): number {
  const onlyLeft = left.runs[right.runs.length];
  if (onlyLeft !== undefined) return isAboveEnd(onlyLeft, right) ? 1 : -1;
  const onlyRight = right.runs[left.runs.length];
  if (onlyRight !== undefined) return isAboveEnd(onlyRight, left) ? -1 : 1;
  return Math.sign(left.trailing) - Math.sign(right.trailing);
}

/**
 * Returns whether a run is above the end of a part. If that part has trailing separators, those before the run do not
 * matter.
 */
function isAboveEnd({ isNumber, separators }: Run, { trailing }: Part): boolean {
  return isNumber || (trailing === 0 && separators > 0);
}

function compareRuns(a: Run, b: Run): number {
  if (a.separators !== b.separators) return a.separators - b.separators;
  if (a.isNumber !== b.isNumber) return a.isNumber ? 1 : -1;
  return a.isNumber ? compareNumbers(a.text, b.text) : compareText(a.text, b.text);
}

function compareNumbers(a: string, b: string): number {
  return a.length - b.length || compareText(a, b);
}

/** Splits a version: a colon after digits only ends the epoch; the last hyphen begins the release. */
function parted(text: string): Parted<string> {
  const epoch = /^([0-9]*):/.exec(text)?.[1];
  const from = epoch === undefined ? 0 : epoch.length + 1;
  const hyphen = text.lastIndexOf('-');
  return hyphen < from
    ? { epoch: epoch ?? '', version: text.slice(from) }
    : { epoch: epoch ?? '', version: text.slice(from, hyphen), release: text.slice(hyphen + 1) };
}

function partOf(text: string): Part {
  const found: Run[] = [];
  let trailing = 0;
  for (const [, between = '', run = ''] of text.matchAll(/([^0-9A-Za-z]*)([0-9]+|[A-Za-z]+|$)/gy)) {
    const separators = bytesOf(between);
    const isNumber = isDigit(run.charCodeAt(0));
    if (run !== '') found.push({ separators, isNumber, text: withoutZeros(run) });
    else if (separators > 0) trailing = separators;
  }
  return { runs: found, trailing };
}

/** Returns the length in bytes: libalpm treats each byte of a non-ASCII character as a separator. */
function bytesOf(separators: string): number {
  return Buffer.byteLength(separators, 'utf8');
}

function withoutZeros(digits: string): string {
  return digits.replace(/^0+/, '');
}

function segmentsOf(text: string): Segments {
  const { epoch, version, release = '' } = parted(text);
  return [[epoch === '' ? '0' : epoch], runs(version), runs(release)];
}
