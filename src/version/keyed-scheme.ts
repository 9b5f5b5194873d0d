import { limits } from '../core/limits.ts';
import { quoteUntrusted } from '../kit/untrusted-text.ts';
import type { Unkeyable, VersionKey, VersionScheme } from '../plugin/version-scheme.ts';
import { KeyWriter } from './key-writer.ts';
import { plainSegments, type Segments } from './segments.ts';

/** A scheme that orders every valid version by bytes. */
export interface KeyedScheme {
  readonly name: string;
  /** Writes the key of a version. Returns the reason if the version is invalid. */
  readonly write: (version: string, key: KeyWriter) => string | undefined;
  /** Writes the end of a key that is after its version and all that a bound of its form includes. Absent if that is a 00. */
  readonly writeAfter?: (version: string, key: KeyWriter) => void;
  /** Splits a version into the pieces that are compared; by default runs of digits and letters. */
  readonly segments?: (version: string) => Segments;
}

/**
 * Returns a version scheme from a function that writes versions as bytes. Versions compare as their keys do. Versions
 * whose key would be longer than `limits.versionKeyBytes` have no key, and still compare so.
 */
export function keyedScheme({
  name,
  write,
  writeAfter,
  segments = plainSegments,
}: KeyedScheme): VersionScheme {
  const left = new KeyWriter();
  const right = new KeyWriter();

  function take(version: string, invalid: string | undefined): VersionKey | Unkeyable {
    if (invalid !== undefined) return { unkeyable: `${name} version ${quoteUntrusted(version)}: ${invalid}` };
    if (left.length > limits.versionKeyBytes)
      return { unkeyable: `${name} version ${quoteUntrusted(version)}: its key would be too long` };
    return left.take();
  }

  return {
    name,
    key(version) {
      left.start();
      return take(version, write(version, left));
    },
    compare(a, b) {
      left.start();
      right.start();
      return write(a, left) === undefined && write(b, right) === undefined ? left.compare(right) : undefined;
    },
    ...(writeAfter !== undefined && {
      after(version: string) {
        left.start();
        const invalid = write(version, left);
        writeAfter(version, left);
        return take(version, invalid);
      },
    }),
    segments,
  };
}

/**
 * Versions of the keys of each version scheme. Raise the version of a scheme whenever the same version of a package may get another key.
 * A database that was published with another version is then compared in code.
 */
export const keyVersions: Readonly<Record<string, number>> = {
  alpm: 1,
  apk: 1,
  bitnami: 1,
  composer: 1,
  cran: 1,
  dpkg: 1,
  gem: 1,
  gentoo: 1,
  go: 1,
  maven: 1,
  npm: 1,
  nuget: 1,
  pep440: 1,
  program: 1,
  pub: 1,
  rpm: 1,
  semver: 1,
};
