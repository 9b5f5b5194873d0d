/**
 * Python versions, `[epoch!]release[pre][post][dev][+local]`, as PEP 440 and its library `packaging` order them.
 *
 * The epoch is a number. The release is numbers, and its trailing zeros are ignored (`1 = 1.0`). Then these parts, each
 * compared only if all earlier parts are equal:
 *
 *     pre      a development release of the release itself  <  alpha  <  beta  <  candidate  <  none
 *     post     none  <  number
 *     dev      number  <  none
 *     local    none  <  text  <  number, segment by segment
 *
 * so `1.dev1 < 1a1.dev1 < 1a1 < 1a1.post1 < 1rc1 < 1 < 1+local < 1.post1.dev1 < 1.post1`. All forms that
 * PEP 440 normalises are accepted: `v1.0-Alpha_1` is `1.0a1`, `1.0-1` and `1.0.rev1` are `1.0.post1`.
 */
import { isKey, type Unkeyable, type VersionKey, type VersionScheme } from '../plugin/version-scheme.ts';
import { digitsEnd } from './ascii.ts';
import { writeDottedNumbers } from './dotted-numbers.ts';
import type { KeyWriter } from './key-writer.ts';
import { keyedScheme } from './keyed-scheme.ts';

const form =
  /^\s*v?(?:(\d+)!)?(\d+(?:\.\d+)*)(?:[-_.]?(alpha|a|beta|b|preview|pre|c|rc)[-_.]?(\d*))?(?:-(\d+)|[-_.]?(?:post|rev|r)[-_.]?(\d*))?(?:[-_.]?dev[-_.]?(\d*))?(?:\+([a-z\d]+(?:[-_.][a-z\d]+)*))?\s*$/i;

// Class bytes of pre, post, dev and local in order. All are below every number and every text.
const developmentOfRelease = 0x01;
const preClasses: Readonly<Record<string, number>> = {
  a: 0x02,
  alpha: 0x02,
  b: 0x03,
  beta: 0x03,
  c: 0x04,
  rc: 0x04,
  pre: 0x04,
  preview: 0x04,
};
const noPre = 0x05;
const noPost = 0x01;
const withPost = 0x02;
const withDev = 0x01;
const noDev = 0x02;
const localEnd = 0x01;

/** Above the first byte of every local segment. */
const afterLocals = 0xff;

const scheme = keyedScheme({ name: 'pep440', write: writeVersion });

/** Versions of PyPI packages. */
export const pep440: VersionScheme = { ...scheme, after: keyAfterBound };

/** PEP 440, "Local version segments" of specifiers: a bound without a local part includes all local versions of its version. */
function keyAfterBound(version: string): VersionKey | Unkeyable {
  const key = scheme.key(version);
  if (!isKey(key)) return key;
  const after = new Uint8Array(key.length + 1);
  after.set(key);
  if (!version.includes('+')) after[key.length - 1] = afterLocals;
  return after as VersionKey;
}

function writeVersion(version: string, key: KeyWriter): string | undefined {
  const parts = form.exec(version);
  if (parts === null) return 'PEP 440 does not allow it';
  const [, epoch = '', release = '', preWord, pre = '', implicitPost, post, dev, local] = parts;
  const postNumber = implicitPost ?? post;
  writeNumber(epoch, key);
  writeDottedNumbers(release, 0, release.length, key);
  if (preWord !== undefined) writePre(preWord, pre, key);
  else key.byte(dev !== undefined && postNumber === undefined ? developmentOfRelease : noPre);
  writeNumbered([noPost, withPost], postNumber, key);
  writeNumbered([noDev, withDev], dev, key);
  writeLocal(local, key);
  return undefined;
}

function writePre(word: string, digits: string, key: KeyWriter): void {
  key.byte(preClasses[word.toLowerCase()] ?? noPre);
  writeNumber(digits, key);
}

/** Writes the class that states whether there is a number, and the number. */
function writeNumbered(
  [none, some]: readonly [number, number],
  digits: string | undefined,
  key: KeyWriter,
): void {
  if (digits === undefined) {
    key.byte(none);
  } else {
    key.byte(some);
    writeNumber(digits, key);
  }
}

/** Writes a number. No digits are zero: `1.0a` is `1.0a0`. */
function writeNumber(digits: string, key: KeyWriter): void {
  key.number(digits, 0, digits.length);
}

function writeLocal(local: string | undefined, key: KeyWriter): void {
  for (const segment of local?.toLowerCase().split(/[-_.]/) ?? []) {
    if (digitsEnd(segment, 0) === segment.length) writeNumber(segment, key);
    else key.string(segment);
  }
  key.byte(localEnd);
}
