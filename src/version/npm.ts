/**
 * npm package versions as node-semver orders them: semantic versions (see `semver.ts`) written more freely.
 *
 * npm reads what is installed and what is published in its loose way, and so do we: any `v`, `=` and white space in front
 * (`= v1.2.3`), leading zeros (`01.2.3`), and a pre-release without its hyphen (`1.2.3beta`) are understood. Numbers are those of
 * JavaScript: above 2^53 - 1 one of the three makes the version invalid, while one of the pre-release is rounded. So is a
 * version of more than 256 characters invalid.
 */
import type { VersionScheme } from '../plugin/version-scheme.ts';
import { writeIdentifier, writePrerelease } from './identifiers.ts';
import type { KeyWriter } from './key-writer.ts';
import { keyedScheme } from './keyed-scheme.ts';

const form =
  /^[v=\s]*(\d+)\.(\d+)\.(\d+)(?:-?([\dA-Za-z-]+(?:\.[\dA-Za-z-]+)*))?(?:\+[\dA-Za-z-]+(?:\.[\dA-Za-z-]+)*)?\s*$/;

const charactersMax = 256;

/** Packages of npm. */
export const npm: VersionScheme = keyedScheme({ name: 'npm', write: writeVersion });

function writeVersion(version: string, key: KeyWriter): string | undefined {
  if (version.length > charactersMax) return `it has more than ${charactersMax} characters`;
  const parts = form.exec(version);
  if (parts === null) return 'it is not major.minor.patch[-pre-release][+build]';
  const [, major = '', minor = '', patch = '', prerelease] = parts;
  if (isUnsafe(major) || isUnsafe(minor) || isUnsafe(patch)) return 'one of its numbers is above 2^53 - 1';
  for (const number of [major, minor, patch]) key.number(number, 0, number.length);
  writePrerelease(prerelease, key, writeRounded);
  return undefined;
}

function isUnsafe(digits: string): boolean {
  return digits.length > 15 && !Number.isSafeInteger(Number(digits));
}

function writeRounded(identifier: string, key: KeyWriter): void {
  const isRounded = identifier.length > 15 && /^\d+$/.test(identifier);
  writeIdentifier(isRounded ? BigInt(Number(identifier)).toString() : identifier, key);
}
