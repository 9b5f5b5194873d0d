import type { VersionRange } from '../model/version-range.ts';
import {
  everyKey,
  isKey,
  type KeyRange,
  keyAfter,
  type Unkeyable,
  type VersionKey,
  type VersionScheme,
} from '../plugin/version-scheme.ts';

/** Why a range contains no version: its bounds meet or are reversed. */
export interface EmptyRange {
  readonly empty: string;
}

/**
 * Converts a range in the vendor's spelling to the half-open range of keys that a store can search. Without `from` it begins at the empty
 * key, without `to` it ends at FF. The scheme decides how far a bound extends beyond its own key (`keyAfter`).
 */
export function keyRange(scheme: VersionScheme, range: VersionRange): KeyRange | EmptyRange | Unkeyable {
  const lo = lowerBound(scheme, range);
  if ('unkeyable' in lo) return lo;
  const hi = upperBound(scheme, range);
  if ('unkeyable' in hi) return hi;
  if (Buffer.compare(lo, hi) >= 0) return { empty: `no ${scheme.name} version is ${describeRange(range)}` };
  return { lo, hi };
}

/**
 * Returns whether a version is in a range, by keys if there are any, else by comparing like the native tool. Undefined if neither can
 * decide. A range of exactly one version can always decide, by its spelling.
 */
export function isInRange(scheme: VersionScheme, range: VersionRange, version: string): boolean | undefined {
  const key = scheme.key(version);
  const above = range.from === undefined || isAboveFrom(scheme, range, version, key);
  const below = range.to === undefined || isBelowTo(scheme, range, version, key);
  if (above === false || below === false) return false;
  if (above === true && below === true) return true;
  return isExact(range) ? range.from === version : undefined;
}

/** Formats a range in mathematical notation: `≥ 1.2 and < 1.4`. */
export function describeRange(range: VersionRange): string {
  const from = range.from === undefined ? [] : [`${range.fromExcluded ? '>' : '≥'} ${range.from}`];
  const to = range.to === undefined ? [] : [`${range.toIncluded ? '≤' : '<'} ${range.to}`];
  return [...from, ...to].join(' and ') || 'any version';
}

function lowerBound(scheme: VersionScheme, { from, fromExcluded }: VersionRange): Uint8Array | Unkeyable {
  if (from === undefined) return everyKey.lo;
  return fromExcluded ? keyAfter(scheme, from) : scheme.key(from);
}

function upperBound(scheme: VersionScheme, { to, toIncluded }: VersionRange): Uint8Array | Unkeyable {
  if (to === undefined) return everyKey.hi;
  return toIncluded ? keyAfter(scheme, to) : scheme.key(to);
}

function isAboveFrom(
  scheme: VersionScheme,
  range: VersionRange,
  version: string,
  key: VersionKey | Unkeyable,
): boolean | undefined {
  const lo = lowerBound(scheme, range);
  if (isKey(key) && lo instanceof Uint8Array) return Buffer.compare(lo, key) <= 0;
  const order = scheme.compare(version, range.from ?? '');
  return order === undefined ? undefined : range.fromExcluded ? order > 0 : order >= 0;
}

function isBelowTo(
  scheme: VersionScheme,
  range: VersionRange,
  version: string,
  key: VersionKey | Unkeyable,
): boolean | undefined {
  const hi = upperBound(scheme, range);
  if (isKey(key) && hi instanceof Uint8Array) return Buffer.compare(key, hi) < 0;
  const order = scheme.compare(version, range.to ?? '');
  return order === undefined ? undefined : range.toIncluded ? order <= 0 : order < 0;
}

function isExact({ from, fromExcluded, to, toIncluded }: VersionRange): boolean {
  return from !== undefined && from === to && !fromExcluded && toIncluded === true;
}
