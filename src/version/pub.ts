/**
 * Dart package versions as pub_semver orders them: semantic versions (see `semver.ts`) whose build also counts.
 *
 * After the three numbers and the pre-release, the identifiers of the build compare like those of the pre-release; no
 * build is below any build. So `1.0.0-pre < 1.0.0-pre+build < 1.0.0 < 1.0.0+1 < 1.0.0+a`. Leading zeros are ignored. An
 * identifier is a number if it is a 64-bit integer, which may be negative (`-5`); longer digits are text, as in Dart.
 *
 * pub accepts three numbers of 63 bits each. The same rule orders more and larger numbers here; trailing zeros are
 * ignored.
 */
import type { VersionScheme } from '../plugin/version-scheme.ts';
import { writeDottedNumbers } from './dotted-numbers.ts';
import { belowZero, writeIdentifiers, writeNumericIdentifier, writePrerelease } from './identifiers.ts';
import type { KeyWriter } from './key-writer.ts';
import { keyedScheme } from './keyed-scheme.ts';

const form =
  /^v?(\d+\.\d+\.\d+(?:\.\d+)*)(?:-([\dA-Za-z-]+(?:\.[\dA-Za-z-]+)*))?(?:\+([\dA-Za-z-]+(?:\.[\dA-Za-z-]+)*))?$/;

const integer = /^-?\d+$/;
const integerMax = 2n ** 63n - 1n;

/** Versions of pub.dev packages. */
export const pub: VersionScheme = keyedScheme({ name: 'pub', write: writeVersion });

function writeVersion(version: string, key: KeyWriter): string | undefined {
  const parts = form.exec(version);
  if (parts === null) return 'it is not major.minor.patch[-pre-release][+build]';
  const [, numbers = '', prerelease, build] = parts;
  writeDottedNumbers(numbers, 0, numbers.length, key);
  writePrerelease(prerelease, key, writeIdentifier);
  writeIdentifiers(build, key, writeIdentifier);
  return undefined;
}

function writeIdentifier(identifier: string, key: KeyWriter): void {
  if (!integer.test(identifier)) {
    key.string(identifier);
  } else if (identifier.length < 19 && !identifier.startsWith('-')) {
    writeNumericIdentifier(identifier, key);
  } else {
    writeInteger(identifier, key);
  }
}

/** Writes the rare identifiers that are negative, or that may not fit into 64 bits. */
function writeInteger(identifier: string, key: KeyWriter): void {
  // `BigInt` takes seconds for a million digits, and 30 digits without leading zeros never fit.
  const digits = identifier.replace(/^-?0*/, '').slice(0, 30);
  const value = identifier.startsWith('-') ? -BigInt(digits) : BigInt(digits);
  if (value > integerMax || value < -integerMax - 1n) {
    key.string(identifier);
  } else if (value >= 0n) {
    writeNumericIdentifier(value.toString(), key);
  } else {
    key.byte(belowZero);
    const rank = value + integerMax + 1n;
    for (let shift = 56n; shift >= 0n; shift -= 8n) key.byte(Number((rank >> shift) & 0xffn));
  }
}
