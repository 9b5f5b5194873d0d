import { type Comparator, comparatorRanges, type VersionRange } from '../../model/version-range.ts';
import { gem } from '../gem.ts';
import { readComparators } from './comparators.ts';

/**
 * Returns the versions that RubyGems requirements allow (Gem::Requirement): `~> 1.4.2, != 1.4.5`. Advisories also write
 * alternatives with `||`. Returns undefined if the text is invalid.
 */
export function readGemRequirement(text: string): readonly VersionRange[] | undefined {
  return readComparators(gem, text, readComparator);
}

/** Reads a comparator. `~> 1.4.2` is from 1.4.2 up to 1.5 and, as in RubyGems, excludes pre-releases of 1.5. */
function readComparator(comparator: Comparator): readonly VersionRange[] | undefined {
  if (comparator.operator !== '~>') return comparatorRanges(comparator);
  const numbers = /^\d+(?:\.\d+)*/.exec(comparator.version)?.[0].split('.');
  if (numbers === undefined) return undefined;
  if (numbers.length > 1) numbers.pop();
  const last = BigInt(numbers.pop() ?? '0') + 1n;
  // No real pre-release is below this one: text is in ASCII order.
  return [{ from: comparator.version, to: [...numbers, last, 'A'].join('.') }];
}
