/**
 * Go module versions as golang.org/x/mod/semver orders them: semantic versions (see `semver.ts`) with a leading `v`.
 * The `v` is optional here, since advisories omit it. `v1` and `v1.2` are short for `v1.0.0` and `v1.2.0`.
 *
 * Pseudo-versions (`v0.0.0-20240101120000-abcdef123456`) are pre-releases that sort chronologically. `+incompatible` is
 * a build, which is ignored.
 */
import type { VersionScheme } from '../plugin/version-scheme.ts';
import type { KeyWriter } from './key-writer.ts';
import { keyedScheme } from './keyed-scheme.ts';
import { writeSemver } from './semver.ts';

const form =
  /^v?(0|[1-9]\d*)(?:\.(0|[1-9]\d*)(?:\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[A-Za-z-][\dA-Za-z-]*)(?:\.(?:0|[1-9]\d*|\d*[A-Za-z-][\dA-Za-z-]*))*))?(?:\+[\dA-Za-z-]+(?:\.[\dA-Za-z-]+)*)?)?)?$/;

/** Versions of Go modules, the standard library and the toolchain. */
export const go: VersionScheme = keyedScheme({ name: 'go', write: writeVersion });

function writeVersion(version: string, key: KeyWriter): string | undefined {
  const parts = form.exec(version);
  if (parts === null) return 'it is not v[major[.minor[.patch[-pre-release][+build]]]]';
  const [, major = '', minor = '', patch = '', prerelease] = parts;
  writeSemver([major, minor, patch], prerelease, key);
  return undefined;
}
