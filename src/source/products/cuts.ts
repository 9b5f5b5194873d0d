import type { VersionRange, VersionScheme } from '../../plugin/index.ts';

/** A place between versions: directly before a version, or directly behind it. */
export interface Cut {
  readonly version: string;
  readonly isBehind: boolean;
}

/** The versions between two cuts. A missing cut is below or above all versions. `fixed` is the version that ends it with a fix. */
export interface Span {
  readonly low?: Cut;
  readonly high?: Cut;
  readonly fixed?: string;
}

/** Compares two cuts. Their versions must have an order. */
export function compareCuts(scheme: VersionScheme, a: Cut, b: Cut): number {
  return (scheme.compare(a.version, b.version) ?? 0) || Number(a.isBehind) - Number(b.isBehind);
}

/** Returns whether a span has no version between its cuts. */
export function isEmptySpan(scheme: VersionScheme, { low, high }: Span): boolean {
  return low !== undefined && high !== undefined && compareCuts(scheme, low, high) >= 0;
}

/** Returns what is left of a span without the versions of another. */
export function withoutSpan(scheme: VersionScheme, whole: Span, removed: Span): Span[] {
  const below: Span[] = removed.low === undefined ? [] : [endedAt(scheme, whole, removed.low)];
  const above: Span[] = removed.high === undefined ? [] : [begunAt(scheme, whole, removed.high)];
  return [...below, ...above].filter((span) => !isEmptySpan(scheme, span));
}

function endedAt(scheme: VersionScheme, span: Span, cut: Cut): Span {
  if (span.high !== undefined && compareCuts(scheme, span.high, cut) <= 0) return span;
  const { fixed, ...others } = span;
  return { ...others, high: cut, ...(!cut.isBehind && { fixed: cut.version }) };
}

function begunAt(scheme: VersionScheme, span: Span, cut: Cut): Span {
  return span.low !== undefined && compareCuts(scheme, span.low, cut) >= 0 ? span : { ...span, low: cut };
}

/** Returns the range of versions of a span. */
export function rangeOfSpan({ low, high }: Span): VersionRange {
  return {
    ...(low !== undefined && { from: low.version, ...(low.isBehind && { fromExcluded: true }) }),
    ...(high !== undefined && { to: high.version, ...(high.isBehind && { toIncluded: true }) }),
  };
}
