/**
 * Arch Linux package versions, `[epoch:]pkgver[-pkgrel]`, as libalpm orders them (vercmp(8), alpm-package-version(7)).
 *
 * The epoch is a number. Version and release are runs of digits and runs of ASCII letters. What separates them counts by its
 * length alone (`1.0 = 1_0 < 1..0`), also before the first. At any place
 *
 *     letters that follow at once  <  the end  <  a number that follows at once
 *     <  letters, then numbers, after one separator  <  the same after two  <  …
 *
 * so `1.0rc1 < 1.0 < 1.0.a < 1.0.1`. Two things are in no line and have no key. A version without a release equals each of its
 * releases, which differ: `1.0-1 = 1.0 = 1.0-2`. And separators at the end are above all letters and below all numbers, which goes
 * round in a circle: `1.1 < 1..a < 1. < 1.1`. Both are compared in code. Pacman installs nothing without a release.
 */
import type { VersionScheme } from '../plugin/version-scheme.ts';
import { digitsEnd, isDigit } from './ascii.ts';
import type { KeyWriter } from './key-writer.ts';
import { keyedScheme } from './keyed-scheme.ts';
import { runs } from './segments.ts';

// The classes in their order: letters as themselves, a run ended by 00, then the end, numbers, and a byte for each separator.
const lettersEnd = 0x00;
const end = 0x7b;
const numbers = 0x7c;
const separator = 0xfa;

/** Arch Linux and its kin. */
export const alpm: VersionScheme = {
  ...keyedScheme({ name: 'alpm', write: writeVersion, segments: segmentsOf }),
  compare(a, b) {
    const left = parse(a);
    const right = parse(b);
    return (
      compareParts(left.epoch, right.epoch) ||
      compareParts(left.version, right.version) ||
      (left.release === undefined || right.release === undefined
        ? 0
        : compareParts(left.release, right.release))
    );
  },
};

interface Parts {
  readonly epoch: string;
  readonly version: string;
  readonly release: string | undefined;
}

function parse(text: string): Parts {
  const epochEnd = digitsEnd(text, 0);
  const start = text.charCodeAt(epochEnd) === 0x3a ? epochEnd + 1 : 0;
  const epoch = start > 1 ? text.slice(0, epochEnd) : '0';
  const hyphen = text.lastIndexOf('-');
  return hyphen === -1
    ? { epoch, version: text.slice(start), release: undefined }
    : { epoch, version: text.slice(start, hyphen), release: text.slice(hyphen + 1) };
}

/** A run of digits or letters, empty at the end of a part, and how many bytes separate it from what is before. */
interface Piece {
  readonly separators: number;
  readonly run: string;
}

const theEnd: Piece = { separators: 0, run: '' };

function piecesOf(part: string): Piece[] {
  return Array.from(part.matchAll(/([^\da-z]*)(\d+|[a-z]+|$)/gi), ([, between = '', run = '']) => ({
    separators: Buffer.byteLength(between),
    run,
  }));
}

function writeVersion(text: string, key: KeyWriter): string | undefined {
  const { epoch, version, release } = parse(text);
  if (release === undefined) return 'it has no release, and equals all releases';
  key.number(epoch, 0, epoch.length, numbers);
  return writePart(version, key) ?? writePart(release, key);
}

function writePart(part: string, key: KeyWriter): string | undefined {
  for (const { separators, run } of piecesOf(part)) {
    if (run === '') {
      if (separators > 0) return 'a separator at the end has no place in a line';
      break;
    }
    for (let left = separators; left > 0; left--) key.byte(separator);
    if (isDigit(run.charCodeAt(0))) {
      key.number(run, 0, run.length, numbers);
    } else {
      for (let index = 0; index < run.length; index++) key.byte(run.charCodeAt(index));
      key.byte(lettersEnd);
    }
  }
  key.byte(end);
  return undefined;
}

function compareParts(a: string, b: string): number {
  const left = piecesOf(a);
  const right = piecesOf(b);
  for (let index = 0; ; index++) {
    const one = left[index] ?? theEnd;
    const other = right[index] ?? theEnd;
    if (one.run === '' || other.run === '') return compareAtEnd(one, other);
    const order = one.separators - other.separators || compareRuns(one.run, other.run);
    if (order !== 0) return order;
  }
}

/** Where at least one of them is at its end. */
function compareAtEnd(one: Piece, other: Piece): number {
  if (one.run === other.run) return Math.sign(one.separators) - Math.sign(other.separators);
  if (one.run !== '') return -compareAtEnd(other, one);
  const isLetters = !isDigit(other.run.charCodeAt(0));
  return isLetters && (one.separators > 0 || other.separators === 0) ? 1 : -1;
}

function compareRuns(one: string, other: string): number {
  const isNumber = isDigit(one.charCodeAt(0));
  if (isNumber !== isDigit(other.charCodeAt(0))) return isNumber ? 1 : -1;
  if (!isNumber) return compareText(one, other);
  const [digits, otherDigits] = [one, other].map((run) => run.replace(/^0+/, '')) as [string, string];
  return digits.length - otherDigits.length || compareText(digits, otherDigits);
}

function compareText(one: string, other: string): number {
  return one === other ? 0 : one < other ? -1 : 1;
}

function segmentsOf(text: string): string[][] {
  const { epoch, version, release = '' } = parse(text);
  return [[epoch], runs(version), runs(release)];
}
