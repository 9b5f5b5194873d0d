import type { VersionRange } from '../../model/version-range.ts';
import { maven } from '../maven.ts';
import { readBrackets } from './brackets.ts';
import { readComparators } from './comparators.ts';

/**
 * Returns the versions that a Maven range allows, `[1.0,2.0),[3.1]`, or comparators as advisories write them. A single
 * version, which Maven only recommends, is exactly that version. Returns undefined if the text is invalid.
 */
export function readMavenRange(text: string): readonly VersionRange[] | undefined {
  return /^\s*[[(]/.test(text) ? readBrackets(maven, text) : readComparators(maven, text);
}
