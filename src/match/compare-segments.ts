import type { SegmentPair, VersionComparison, VersionOrder } from '../model/explanation.ts';
import type { VersionScheme } from '../plugin/version-scheme.ts';

/** Compares two versions piece by piece. The scheme determines the order, and the pieces show the reason. */
export function compareSegments(scheme: VersionScheme, installed: string, bound: string): VersionComparison {
  const order = orderOf(scheme.compare(installed, bound));
  return {
    versionScheme: scheme.name,
    installed,
    bound,
    order,
    parts: order === '!' ? [] : pairParts(scheme, [installed, bound], order),
  };
}

/** An order as a sign. */
function orderOf(order: number | undefined): VersionOrder {
  if (order === undefined) return '!';
  return order < 0 ? '<' : order > 0 ? '>' : '=';
}

function pairParts(
  scheme: VersionScheme,
  versions: readonly [string, string],
  order: VersionOrder,
): SegmentPair[][] {
  const [left = [], right = []] = versions.map((version) => scheme.segments?.(version) ?? [[version]]);
  const parts = (isSame: Same): SegmentPair[][] => pairWith(left, right, { order, isSame });
  const found = parts(isSameOrNothing);
  // Most schemes treat nothing as zero. If that leaves nothing to decide, this scheme does not.
  return isDecided(found, order) ? found : parts(isSame);
}

/** Returns whether two pieces are equal. */
type Same = (a: string, b: string) => boolean;

interface Pairing {
  readonly order: VersionOrder;
  readonly isSame: Same;
}

/** Pairs up to the first that decides. */
function pairWith(left: Parts, right: Parts, { order, isSame }: Pairing): SegmentPair[][] {
  const parts: SegmentPair[][] = [];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const pairs = pairPieces(left[i] ?? [], right[i] ?? [], { order, isSame });
    if (pairs.length > 0) parts.push(pairs);
    if (pairs.at(-1)?.order === order && order !== '=') break;
  }
  return parts;
}

type Parts = readonly (readonly string[])[];

function pairPieces(
  left: readonly string[],
  right: readonly string[],
  { order, isSame }: Pairing,
): SegmentPair[] {
  const pairs: SegmentPair[] = [];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const [installed, bound] = [left[i] ?? '', right[i] ?? ''];
    const isEqual = order === '=' || isSame(installed, bound);
    pairs.push({ installed, bound, order: isEqual ? '=' : order });
    if (!isEqual) break;
  }
  return pairs;
}

function isDecided(parts: readonly SegmentPair[][], order: VersionOrder): boolean {
  return parts.at(-1)?.at(-1)?.order === order;
}

/** Numbers are equal whatever their leading zeros. */
function isSame(a: string, b: string): boolean {
  return a === b || (isNumber(a) && isNumber(b) && significant(a) === significant(b));
}

function isSameOrNothing(a: string, b: string): boolean {
  return isSame(a, b) || (a === '' && isZero(b)) || (b === '' && isZero(a));
}

function isNumber(piece: string): boolean {
  return /^\d+$/.test(piece);
}

function isZero(piece: string): boolean {
  return /^0+$/.test(piece);
}

function significant(digits: string): string {
  return digits.replace(/^0+/, '');
}
