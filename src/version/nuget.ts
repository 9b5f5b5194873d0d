/**
 * NuGet package versions as NuGet.Versioning orders them: semantic versions (see `semver.ts`) with up to four numbers.
 *
 * Omitted numbers are zero and leading zeros are ignored: `1 = 1.0 = 1.00.0.0`. Identifiers of the pre-release are
 * numbers if they are 32-bit integers, which may be negative (`-5`); longer digits are text. Text compares
 * case-insensitively. The build is ignored.
 *
 * NuGet accepts at most four numbers of 31 bits each. Advisories sometimes have more or larger numbers, which the same
 * rule orders here.
 */
import type { VersionScheme } from '../plugin/version-scheme.ts';
import { writeDottedNumbers } from './dotted-numbers.ts';
import { belowZero, writeNumericIdentifier, writePrerelease } from './identifiers.ts';
import type { KeyWriter } from './key-writer.ts';
import { keyedScheme } from './keyed-scheme.ts';

const form =
  /^\s*(\d+(?:\.\d+)*)(?:-((?:0|[1-9]\d*|\d*[A-Za-z-][\dA-Za-z-]*)(?:\.(?:0|[1-9]\d*|\d*[A-Za-z-][\dA-Za-z-]*))*))?(?:\+[\dA-Za-z-]+(?:\.[\dA-Za-z-]+)*)?\s*$/;

const integer = /^-?\d{1,10}$/;

/** Versions of NuGet packages. */
export const nuget: VersionScheme = keyedScheme({ name: 'nuget', write: writeVersion });

function writeVersion(version: string, key: KeyWriter): string | undefined {
  const parts = form.exec(version);
  if (parts === null) return 'it is not major[.minor[.patch[.revision]]][-pre-release][+build]';
  const [, numbers = '', prerelease] = parts;
  writeDottedNumbers(numbers, 0, numbers.length, key);
  writePrerelease(prerelease, key, writeIdentifier);
  return undefined;
}

function writeIdentifier(identifier: string, key: KeyWriter): void {
  const value = integer.test(identifier) ? Number(identifier) : Number.NaN;
  if (value !== (value | 0)) {
    key.string(identifier.toUpperCase());
  } else if (value >= 0) {
    writeNumericIdentifier(value.toString(), key);
  } else {
    key.byte(belowZero);
    for (const shift of [24, 16, 8, 0]) key.byte((value + 2 ** 31) >>> shift);
  }
}
