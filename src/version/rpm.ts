/**
 * RPM package versions, `[epoch:]version[-release]`, as rpm orders them (rpm-version(7)).
 *
 * The epoch is a number. Version and release are runs of digits and runs of ASCII letters. Separators other than `~` and
 * `^` are ignored (`1.0 = 1_0 = 1..0`). At any position
 *
 *     ~  <  the end  <  ^  <  letters  <  numbers
 *
 * so `1.0~rc1 < 1.0 < 1.0^git1 < 1.0a < 1.0.1`. A version without a release is below the same version with
 * any release. As an upper bound it includes all releases: `≤ 1.0` includes `1.0-7`.
 */
import type { VersionScheme } from '../plugin/version-scheme.ts';
import { digitsEnd, isDigit, isLetter } from './ascii.ts';
import type { KeyWriter } from './key-writer.ts';
import { keyedScheme } from './keyed-scheme.ts';
import { rpmSegments } from './segments.ts';

// Class bytes in order: then letters as themselves, a run ended by 00, and numbers from 80 up.
const tilde = 0x01;
const end = 0x02;
const caret = 0x03;
const lettersEnd = 0x00;

/** Above everything that may follow the end of a version: each of its releases. */
const afterReleases = 0xff;

/** Versions of Red Hat, Fedora, SUSE and their derivatives. */
export const rpm: VersionScheme = keyedScheme({
  name: 'rpm',
  write: writeVersion,
  writeAfter,
  segments: rpmSegments,
});

function writeVersion(evr: string, key: KeyWriter): string | undefined {
  if (evr === '') return 'it is empty';
  const epochEnd = digitsEnd(evr, 0, evr.length);
  const version = evr.charCodeAt(epochEnd) === 0x3a ? epochEnd + 1 : 0;
  key.number(evr, 0, version === 0 ? 0 : epochEnd);
  const hyphen = evr.lastIndexOf('-');
  if (hyphen < version) {
    writePart(evr, version, evr.length, key);
  } else {
    writePart(evr, version, hyphen, key);
    writePart(evr, hyphen + 1, evr.length, key);
  }
  return undefined;
}

/** Writes the end of a bound. No epoch contains a `-`, so a `-` means that there is a release. */
function writeAfter(evr: string, key: KeyWriter): void {
  key.byte(evr.includes('-') ? 0 : afterReleases);
}

function writePart(evr: string, from: number, to: number, key: KeyWriter): void {
  let index = from;
  while (index < to) {
    const code = evr.charCodeAt(index);
    if (isDigit(code)) {
      const digits = index;
      index = digitsEnd(evr, index, to);
      key.number(evr, digits, index);
    } else if (isLetter(code)) {
      index = writeLetters(evr, index, to, key);
    } else {
      if (code === 0x7e) key.byte(tilde);
      else if (code === 0x5e) key.byte(caret);
      index++;
    }
  }
  key.byte(end);
}

function writeLetters(evr: string, from: number, to: number, key: KeyWriter): number {
  let index = from;
  while (index < to) {
    const code = evr.charCodeAt(index);
    if (!isLetter(code)) break;
    key.byte(code);
    index++;
  }
  key.byte(lettersEnd);
  return index;
}
