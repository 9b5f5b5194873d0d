/**
 * npm package versions as node-semver orders them: semantic versions (see `semver.ts`) in a looser form.
 *
 * npm reads installed and published versions in its loose mode, and so does this scheme. It accepts any leading `v`,
 * `=` and white space (`= v1.2.3`), leading zeros (`01.2.3`), and a pre-release without its hyphen (`1.2.3beta`). As in
 * node-semver, a version is invalid if it has more than 256 characters or one of its three numbers is above 2^53 - 1.
 *
 * Numbers of a pre-release compare exactly. node-semver rounds those above 2^53, which is not an order: it treats
 * neighbours as equal, whatever follows.
 */
import type { VersionScheme } from '../plugin/version-scheme.ts';
import type { KeyWriter } from './key-writer.ts';
import { keyedScheme } from './keyed-scheme.ts';
import { writeSemver } from './semver.ts';

const form =
  /^[v=\s]*(\d+)\.(\d+)\.(\d+(?!\d)|\d+(?=\d(?!\d)))(?:-?([\dA-Za-z-]+(?:\.[\dA-Za-z-]+)*))?(?:\+[\dA-Za-z-]+(?:\.[\dA-Za-z-]+)*)?\s*$/;

const charactersMax = 256;

/** Versions of npm packages. */
export const npm: VersionScheme = keyedScheme({ name: 'npm', write: writeVersion });

function writeVersion(version: string, key: KeyWriter): string | undefined {
  if (version.length > charactersMax) return `it has more than ${charactersMax} characters`;
  const parts = form.exec(version);
  if (parts === null) return 'it is not major.minor.patch[-pre-release][+build]';
  const [, major = '', minor = '', patch = '', prerelease] = parts;
  if (isUnsafe(major) || isUnsafe(minor) || isUnsafe(patch)) return 'one of its numbers is above 2^53 - 1';
  writeSemver([major, minor, patch], prerelease, key);
  return undefined;
}

function isUnsafe(digits: string): boolean {
  return digits.length > 15 && !Number.isSafeInteger(Number(digits));
}
