import type { VersionRange } from '../../model/version-range.ts';
import { maven } from '../maven.ts';
import { readBrackets } from './brackets.ts';
import { readComparators } from './comparators.ts';

/**
 * The versions a Maven range allows, `[1.0,2.0),[3.1]`, or comparators as advisories write them. A version by itself, which
 * Maven only recommends, is that version. Undefined when it cannot be read.
 */
export function readMavenRange(text: string): readonly VersionRange[] | undefined {
  return /^\s*[[(]/.test(text) ? readBrackets(maven, text) : readComparators(maven, text);
}
