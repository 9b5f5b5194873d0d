import type { VersionRange, VersionScheme } from '../../plugin/index.ts';

/** A place in the order of versions: directly before or after all versions that equal this one. */
interface Cut {
  readonly version: string;
  readonly side: 'before' | 'after';
}

/** The versions between two places. An absent one is the end of all versions. */
export interface VersionInterval {
  readonly from?: Cut | undefined;
  readonly to?: Cut | undefined;
}

/**
 * Returns the versions of a range of a GLSA, by its operator and version. The operators that begin with `r` compare the revisions of one
 * version only. Undefined for an unknown operator. GLSA 2.0 DTD, `range`.
 */
export function intervalOf(operator: string, version: string): VersionInterval | undefined {
  const revisions = operator.startsWith('r') ? revisionsOf(version) : {};
  const before: Cut = { version, side: 'before' };
  const after: Cut = { version, side: 'after' };
  switch (operator.replace(/^r/, '')) {
    case 'lt':
      return { from: revisions.from, to: before };
    case 'le':
      return { from: revisions.from, to: after };
    case 'eq':
      return { from: before, to: after };
    case 'ge':
      return { from: before, to: revisions.to };
    case 'gt':
      return { from: after, to: revisions.to };
    default:
      return undefined;
  }
}

/** Returns all revisions of a version. The lowest version above them is that with the suffix `_p`. */
function revisionsOf(version: string): VersionInterval {
  const base = version.replace(/-r\d+$/, '');
  return { from: { version: base, side: 'before' }, to: { version: `${base}_p`, side: 'before' } };
}

/** Returns what is left of intervals without another one. */
export function without(
  intervals: readonly VersionInterval[],
  removed: VersionInterval,
  scheme: VersionScheme,
): VersionInterval[] {
  return intervals.flatMap(({ from, to }) => {
    const below = { from, to: lower(to, removed.from, scheme) };
    const above = { from: higher(from, removed.to, scheme), to };
    return [
      ...(removed.from !== undefined && !isEmpty(below, scheme) ? [below] : []),
      ...(removed.to !== undefined && !isEmpty(above, scheme) ? [above] : []),
    ];
  });
}

/** Returns the range of the same versions. */
export function rangeOfInterval({ from, to }: VersionInterval): VersionRange {
  return {
    ...(from !== undefined && { from: from.version, ...(from.side === 'after' && { fromExcluded: true }) }),
    ...(to !== undefined && { to: to.version, ...(to.side === 'after' && { toIncluded: true }) }),
  };
}

/** Returns the lower of two ends. */
function lower(a: Cut | undefined, b: Cut | undefined, scheme: VersionScheme): Cut | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return compareCuts(a, b, scheme) <= 0 ? a : b;
}

/** Returns the higher of two starts. */
function higher(a: Cut | undefined, b: Cut | undefined, scheme: VersionScheme): Cut | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return compareCuts(a, b, scheme) >= 0 ? a : b;
}

function isEmpty({ from, to }: VersionInterval, scheme: VersionScheme): boolean {
  return from !== undefined && to !== undefined && compareCuts(from, to, scheme) >= 0;
}

function compareCuts(a: Cut, b: Cut, scheme: VersionScheme): number {
  return (
    (scheme.compare(a.version, b.version) ?? 0) || Number(a.side === 'after') - Number(b.side === 'after')
  );
}
