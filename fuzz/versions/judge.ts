import { isInRange } from '../../src/match/key-range.ts';
import type { VersionRange } from '../../src/model/version-range.ts';
import { isKey, type VersionScheme } from '../../src/plugin/version-scheme.ts';
import type { Answer, Pair } from './oracle/oracle.ts';

/** A pair for which our answer differs. */
export interface Mismatch {
  readonly pair: Pair;
  readonly tool: Answer;
  readonly ours: Answer;
}

/** Compares our answer for a pair with the tool's. The order of the keys must agree, too. */
export function judge(scheme: VersionScheme, pair: Pair, tool: Answer): Mismatch | undefined {
  const [a, b] = pair;
  let ours = sign(scheme.compare(a, b));
  const byKeys = orderOfKeys(scheme, pair);
  if (byKeys !== undefined && byKeys !== ours) ours += ` but ${byKeys} by keys`;
  else if (tool.length > 1) ours += withinBounds(scheme, pair);
  return ours === tool ? undefined : { pair, tool, ours };
}

/** Returns undefined if one of the versions has no key. */
function orderOfKeys(scheme: VersionScheme, [a, b]: Pair): Answer | undefined {
  const left = scheme.key(a);
  const right = scheme.key(b);
  return isKey(left) && isKey(right) ? sign(Buffer.compare(left, right)) : undefined;
}

/** Returns a digit for each of `a` < ≤ = ≥ > the bound `b`, as the matching decides. */
function withinBounds(scheme: VersionScheme, [version, bound]: Pair): Answer {
  const ranges: readonly VersionRange[] = [
    { to: bound },
    { to: bound, toIncluded: true },
    { from: bound, to: bound, toIncluded: true },
    { from: bound },
    { from: bound, fromExcluded: true },
  ];
  return ranges.map((range) => (isInRange(scheme, range, version) === true ? '1' : '0')).join('');
}

function sign(order: number | undefined): Answer {
  if (order === undefined) return '!';
  return order < 0 ? '<' : order > 0 ? '>' : '=';
}
