import { isKey, type VersionRange, type VersionScheme } from '../../plugin/index.ts';
import { keyAfter } from '../../plugin/version-scheme.ts';

/** An event of an OSV range (OSV schema 1.7, `affected[].ranges[].events`). It has exactly one of these members. */
export interface OsvEvent {
  readonly introduced?: string | undefined;
  readonly fixed?: string | undefined;
  readonly last_affected?: string | undefined;
  readonly limit?: string | undefined;
}

/** The versions in an `affected` entry of an OSV record. */
export interface OsvAffected {
  readonly ranges?: readonly OsvRange[] | null | undefined;
  readonly versions?: readonly string[] | null | undefined;
}

/** A range of an OSV record. */
export interface OsvRange {
  readonly type: string;
  readonly events: readonly OsvEvent[];
}

/** Affected versions, and the version that ends them with a fix. */
export interface AffectedRange {
  readonly range: VersionRange;
  readonly fixed?: string;
}

/**
 * Returns the versions that an OSV entry calls affected, as ranges that together cover exactly these.
 *
 * Follows the evaluation of OSV schema 1.7: a version is affected if `versions` lists it or a range includes it. `GIT`
 * ranges name commits and are ignored. A listed version inside a range gives no range of its own.
 *
 * Without a scheme, uses events as written, and lists only if there is no range. This is for vendors who write their
 * events in order and list no version outside their ranges.
 */
export function osvRanges(affected: OsvAffected, scheme?: VersionScheme): readonly AffectedRange[] {
  const ranges = (affected.ranges ?? [])
    .filter(({ type }) => type !== 'GIT')
    .flatMap(({ events }) => rangesOfEvents(scheme, events));
  const listed = [...new Set(affected.versions ?? [])].map((version) => ({
    range: { from: version, to: version, toIncluded: true } as const,
  }));
  if (scheme === undefined) return ranges.length > 0 ? ranges : listed;
  const holders = ranges.map(({ range }) => holder(scheme, range));
  return [...ranges, ...listed.filter(({ range }) => !holders.some((holds) => holds(range.from)))];
}

/**
 * Returns a test for one range that creates the keys of the bounds only once: a list may have thousands of versions.
 * Without keys it includes no version, so that listed versions remain.
 */
function holder(scheme: VersionScheme, { from, to, toIncluded }: VersionRange): (version: string) => boolean {
  const lo = from === undefined ? undefined : scheme.key(from);
  const hi = to === undefined ? undefined : toIncluded ? keyAfter(scheme, to) : scheme.key(to);
  return (version) => {
    const key = scheme.key(version);
    if (!isKey(key)) return false;
    const isFrom = lo === undefined || (isKey(lo) && Buffer.compare(lo, key) <= 0);
    return isFrom && (hi === undefined || (isKey(hi) && Buffer.compare(key, hi) < 0));
  };
}

/** A change of state in ascending version order. A change without `at` is before all versions. */
interface StateChange {
  readonly kind: 'introduced' | 'fixed' | 'last_affected';
  readonly at?: string;
}

function rangesOfEvents(
  scheme: VersionScheme | undefined,
  events: readonly OsvEvent[],
): readonly AffectedRange[] {
  const ranges = rangesBetween(inOrder(scheme, events.flatMap(stateChangesOf)));
  const limit = scheme && highestLimit(scheme, events);
  const capped = scheme ? ranges.flatMap((range) => below(scheme, range, limit)) : ranges;
  return capped.filter(({ range }) => !isEmpty(scheme, range));
}

function rangesBetween(turns: readonly StateChange[]): readonly AffectedRange[] {
  // The schema requires an `introduced` event. Without one, the range starts at the beginning.
  let open: VersionRange | undefined = turns.some(({ kind }) => kind === 'introduced') ? undefined : {};
  const ranges: AffectedRange[] = [];
  for (const { kind, at } of turns) {
    if (kind === 'introduced') {
      open ??= at === undefined ? {} : { from: at };
    } else if (open !== undefined && at !== undefined) {
      ranges.push(endedRange(open, kind, at));
      open = undefined;
    }
  }
  return open !== undefined && turns.length > 0 ? [...ranges, { range: open }] : ranges;
}

function endedRange(open: VersionRange, kind: StateChange['kind'], at: string): AffectedRange {
  if (kind === 'fixed') return { range: { ...open, to: at }, fixed: at };
  return { range: { ...open, to: at, toIncluded: true } };
}

function stateChangesOf(event: OsvEvent): readonly StateChange[] {
  if (event.introduced === '0') return [{ kind: 'introduced' }];
  if (event.introduced !== undefined) return [{ kind: 'introduced', at: event.introduced }];
  if (event.fixed !== undefined) return [{ kind: 'fixed', at: event.fixed }];
  if (event.last_affected !== undefined) return [{ kind: 'last_affected', at: event.last_affected }];
  return [];
}

/**
 * Sorts changes by version, and keeps equal versions in order. If a version has no order, all changes remain as
 * written: the unreadable bound later makes its range undecidable instead of wrong.
 */
function inOrder(scheme: VersionScheme | undefined, turns: readonly StateChange[]): readonly StateChange[] {
  const versions = turns.flatMap(({ at }) => (at === undefined ? [] : [at]));
  if (scheme === undefined) return turns;
  if (versions.some((version) => scheme.compare(version, version) === undefined)) return turns;
  return turns.toSorted((a, b) => {
    if (a.at === undefined || b.at === undefined)
      return Number(a.at !== undefined) - Number(b.at !== undefined);
    return scheme.compare(a.at, b.at) ?? 0;
  });
}

/** Returns the highest `limit`; undefined without a limit, with the limit `*`, or if the limits have no order. */
function highestLimit(scheme: VersionScheme, events: readonly OsvEvent[]): string | undefined {
  const limits = events.flatMap(({ limit }) => (limit === undefined ? [] : [limit]));
  if (limits.includes('*')) return undefined;
  return limits.find((limit) => limits.every((other) => (scheme.compare(limit, other) ?? -1) >= 0));
}

/** Returns the part of a range below a limit. A limit without an order removes nothing. */
function below(
  scheme: VersionScheme,
  whole: AffectedRange,
  limit: string | undefined,
): readonly AffectedRange[] {
  const { range } = whole;
  if (limit === undefined) return [whole];
  const start = range.from === undefined ? -1 : scheme.compare(range.from, limit);
  if (start !== undefined && start >= 0) return [];
  const over = range.to === undefined ? 1 : scheme.compare(range.to, limit);
  if (over === undefined || over < 0) return [whole];
  return [{ range: range.from === undefined ? { to: limit } : { from: range.from, to: limit } }];
}

/** Returns whether `introduced` and `fixed` are one version. */
function isEmpty(scheme: VersionScheme | undefined, { from, to, toIncluded }: VersionRange): boolean {
  if (from === undefined || to === undefined || toIncluded) return false;
  return scheme === undefined ? from === to : scheme.compare(from, to) === 0;
}
