/**
 * Semantic versions, `major.minor.patch[-pre-release][+build]`, as SemVer 2.0.0 orders them (item 11).
 *
 * Three numbers, then the pre-release: identifiers separated by dots, each compared with the one at its position:
 *
 *     no more identifiers  <  numbers  <  text, in ASCII order          and no pre-release at all  >  every pre-release
 *
 * so `1.0.0-alpha < 1.0.0-alpha.1 < 1.0.0-alpha.beta < 1.0.0-rc.1 < 1.0.0`. The build is ignored. Numbers may
 * have any size but no leading zeros. A leading `v` is not part of the version; SemVer's FAQ allows it as a prefix.
 */
import type { VersionScheme } from '../plugin/version-scheme.ts';
import { writePrerelease } from './identifiers.ts';
import type { KeyWriter } from './key-writer.ts';
import { keyedScheme } from './keyed-scheme.ts';

const form =
  /^v?(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[A-Za-z-][\dA-Za-z-]*)(?:\.(?:0|[1-9]\d*|\d*[A-Za-z-][\dA-Za-z-]*))*))?(?:\+[\dA-Za-z-]+(?:\.[\dA-Za-z-]+)*)?$/;

/** Versions of Rust crates and of Hex and Swift packages. */
export const semver: VersionScheme = keyedScheme({ name: 'semver', write: writeVersion });

function writeVersion(version: string, key: KeyWriter): string | undefined {
  const parts = form.exec(version);
  if (parts === null) return 'it is not major.minor.patch[-pre-release][+build]';
  const [, major = '', minor = '', patch = '', prerelease] = parts;
  writeSemver([major, minor, patch], prerelease, key);
  return undefined;
}

/** Writes three numbers and the pre-release, if there is one. */
export function writeSemver(
  numbers: readonly [major: string, minor: string, patch: string],
  prerelease: string | undefined,
  key: KeyWriter,
): void {
  for (const number of numbers) key.number(number, 0, number.length);
  writePrerelease(prerelease, key);
}
