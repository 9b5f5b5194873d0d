import { isInRange } from '../../src/match/key-range.ts';
import type { VersionRange } from '../../src/model/version-range.ts';
import { isKey, type VersionScheme } from '../../src/plugin/version-scheme.ts';
import type { Answer, Pair } from './oracle/oracle.ts';

/** What is wrong with our answer for a pair. */
export interface Mismatch {
  readonly pair: Pair;
  readonly tool: Answer;
  readonly ours: Answer;
}

/** Our answer for a pair, in as many words as the tool's; its keys must give the same. */
export function judge(scheme: VersionScheme, pair: Pair, tool: Answer): Mismatch | undefined {
  const [a, b] = pair;
  let ours = sign(scheme.compare(a, b));
  const byKeys = orderOfKeys(scheme, pair);
  if (byKeys !== undefined && byKeys !== ours) ours += ` but ${byKeys} by keys`;
  else if (tool.length > 1) ours += withinBounds(scheme, pair);
  return ours === tool ? undefined : { pair, tool, ours };
}

/** Undefined when one of them has no key. */
function orderOfKeys(scheme: VersionScheme, [a, b]: Pair): Answer | undefined {
  const left = scheme.key(a);
  const right = scheme.key(b);
  return isKey(left) && isKey(right) ? sign(Buffer.compare(left, right)) : undefined;
}

/** Whether `a` is < ≤ = ≥ > the bound `b`, a digit each, as the matching decides it. */
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
