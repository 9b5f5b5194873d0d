import { limits } from '../core/limits.ts';
import { percentDecode } from '../kit/untrusted-text.ts';
import { type Comparator, comparatorRanges, type VersionRange } from '../model/version-range.ts';
import type { VersionScheme } from '../plugin/version-scheme.ts';
import { isInRange } from './key-range.ts';

const form = /^vers:([a-z][a-z\d.-]*)\/(.+)$/;
const constraint = /^(<=|>=|<|>|=|!=)?([^<>=!*]+)$/;

/**
 * Returns the versions in a VERS range, `vers:npm/>=1.2.0|<1.4.0|2.0.0`. The constraints may be in any order. Undefined if it is invalid or
 * its version scheme is unknown.
 */
export function parseVers(
  text: string,
  schemeOf: (type: string) => VersionScheme | undefined,
): readonly VersionRange[] | undefined {
  const [, type = '', list = ''] = form.exec(text.replaceAll(/\s/g, '')) ?? [];
  const scheme = schemeOf(type);
  if (scheme === undefined) return undefined;
  if (list === '*') return [{}];
  const parts = list.split('|', limits.versConstraints + 1);
  if (parts.length > limits.versConstraints) return undefined;
  const comparators = parts.map((part) => parseConstraint(scheme, part));
  if (!comparators.every((comparator) => comparator !== undefined)) return undefined;
  const rising = comparators.toSorted((a, b) => scheme.compare(a.version, b.version) ?? 0);
  return isClear(scheme, rising) ? rangesOf(scheme, rising) : undefined;
}

function parseConstraint(scheme: VersionScheme, text: string): Comparator | undefined {
  const [, operator = '=', quoted] = constraint.exec(text) ?? [];
  const version = quoted === undefined ? undefined : percentDecode(quoted);
  if (version === undefined || scheme.compare(version, version) === undefined) return undefined;
  return { operator, version };
}

/** Different constraints on one version are ambiguous. The specification allows each version once. */
function isClear(scheme: VersionScheme, rising: readonly Comparator[]): boolean {
  return rising.slice(1).every(({ operator, version }, i) => {
    const before = rising[i];
    return operator === before?.operator || scheme.compare(version, before?.version ?? '') !== 0;
  });
}

function rangesOf(scheme: VersionScheme, rising: readonly Comparator[]): readonly VersionRange[] {
  const excluded = rising.filter(({ operator }) => operator === '!=');
  const exact = rising.filter(({ operator }) => operator === '=');
  const bounds = rising.filter(({ operator }) => operator !== '=' && operator !== '!=');
  const spans = excluded.length === rising.length ? [{}] : spansOf(bounds);
  return [
    ...spans.flatMap((span) => without(scheme, span, excluded)),
    ...exact.flatMap((one) => comparatorRanges(one) ?? []),
  ];
}

/** Pairs ascending bounds. The first of consecutive lower bounds counts, and the last of consecutive upper bounds. */
function spansOf(bounds: readonly Comparator[]): readonly VersionRange[] {
  const spans: VersionRange[] = [];
  let open: VersionRange | undefined = {};
  for (const [index, { operator, version }] of bounds.entries()) {
    if (operator.startsWith('>')) {
      if (index === 0 || open === undefined) open = comparatorRanges({ operator, version })?.[0];
    } else if (!bounds[index + 1]?.operator.startsWith('<')) {
      spans.push({ ...open, ...comparatorRanges({ operator, version })?.[0] });
      open = undefined;
    }
  }
  if (open !== undefined && bounds.length > 0) spans.push(open);
  return spans;
}

/** The rest of a span without some ascending versions. */
function without(
  scheme: VersionScheme,
  span: VersionRange,
  rising: readonly Comparator[],
): readonly VersionRange[] {
  const remaining: VersionRange[] = [];
  let rest = span;
  for (const { version } of rising) {
    if (isInRange(scheme, rest, version) !== true) continue;
    const { to: _, toIncluded: _included, ...below } = rest;
    const { from: _from, fromExcluded: _excluded, ...above } = rest;
    remaining.push({ ...below, to: version });
    rest = { from: version, fromExcluded: true, ...above };
  }
  return [...remaining, rest];
}
