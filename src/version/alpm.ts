/**
 * Arch Linux package versions, `[epoch:]version[-release]`, as libalpm orders them (vercmp(8), alpm-pkgver(7)).
 *
 * The epoch is a number. Version and release are runs of digits and runs of ASCII letters, each with the separators before it,
 * of which only the number counts: `1.0 = 1_0 < 1..0`. Letters without a separator are a pre-release. At any place
 *
 *     letters  <  the end  <  numbers  <  a separator and letters  <  a separator and numbers  <  two separators…
 *
 * so `1.0rc < 1.0 < 1.0.a < 1.0.1 < 1.0..1`. Where only one version has a release, it is not looked at: `1.0-1 = 1.0 = 1.0-2`.
 *
 * This is no order of all texts. Versions without a release equal several that differ, and separators that nothing follows go
 * round in a circle: `1.0. < 1.0.1 < 1.0..a < 1.0.`. Versions of these kinds have no key and are compared in code.
 */
import { compareText } from '../model/order.ts';
import type { VersionScheme } from '../plugin/version-scheme.ts';
import { isDigit } from './ascii.ts';
import type { KeyWriter } from './key-writer.ts';
import { keyedScheme } from './keyed-scheme.ts';
import { runs, type Segments } from './segments.ts';

// The classes in their order; numbers take 03…80, and a run of letters is ended by 00.
const letters = 0x01;
const lettersEnd = 0x00;
const end = 0x02;
const numberBase = 0x03;
const separator = 0x81;

/** A run of digits, without leading zeros, or of letters. */
interface Run {
  /** How many separators stand before it. */
  readonly separators: number;
  readonly isNumber: boolean;
  readonly text: string;
}

interface Part {
  readonly runs: readonly Run[];
  /** Separators that no run follows. */
  readonly trailing: number;
}

interface Parted<T> {
  readonly epoch: string;
  readonly version: T;
  readonly release?: T;
}

/** Arch Linux and its kin. */
export const alpm: VersionScheme = {
  ...keyedScheme({ name: 'alpm', write: writeVersion, segments: segmentsOf }),
  compare: compareVersions,
};

function writeVersion(text: string, key: KeyWriter): string | undefined {
  const { epoch, version, release } = parted(text);
  if (release === undefined) return 'without a release it has no place in a line';
  key.number(epoch, 0, epoch.length);
  return writePart(partOf(version), key) ?? writePart(partOf(release), key);
}

function writePart(part: Part, key: KeyWriter): string | undefined {
  if (part.trailing > 0) return 'a separator that nothing follows has no place in a line';
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

/** Orders parts whose runs are the same as far as both have such. */
function compareEnds(left: Part, right: Part): number {
  const onlyLeft = left.runs[right.runs.length];
  if (onlyLeft !== undefined) return isAboveEnd(onlyLeft, right) ? 1 : -1;
  const onlyRight = right.runs[left.runs.length];
  if (onlyRight !== undefined) return isAboveEnd(onlyRight, left) ? -1 : 1;
  return Math.sign(left.trailing) - Math.sign(right.trailing);
}

/** Whether a run comes after the end of a part. Where that has separators at its end, those before the run say nothing. */
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

/** A colon ends the epoch where nothing but digits stands before it; the last hyphen begins the release. */
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

/** libalpm knows bytes and no characters: each byte of one beyond ASCII is a separator. */
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
