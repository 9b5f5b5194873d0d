/**
 * Versions of R packages, as R's `package_version` orders them: numbers with a dot or a hyphen between each two. Both separators are equal.
 * The first difference decides, and `1.2` is lower than `1.2.0`. "Writing R Extensions", section 1.1.1.
 */
import type { VersionScheme } from '../plugin/version-scheme.ts';
import { digitsEnd } from './ascii.ts';
import type { KeyWriter } from './key-writer.ts';
import { keyedScheme } from './keyed-scheme.ts';

const form = /^\d+(?:[.-]\d+)*$/;

/** Versions of packages of CRAN and Bioconductor. */
export const cran: VersionScheme = keyedScheme({ name: 'cran', write: writeVersion });

function writeVersion(version: string, key: KeyWriter): string | undefined {
  if (!form.test(version)) return 'it is not numbers with a dot or a hyphen between them';
  for (let at = 0; at < version.length; ) {
    const end = digitsEnd(version, at, version.length);
    key.number(version, at, end);
    at = end + 1;
  }
  return undefined;
}
