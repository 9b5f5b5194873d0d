import type { VersionRange } from '../model/version-range.ts';
import { isKey, type VersionScheme } from '../plugin/version-scheme.ts';
import { isInRange, keyRange } from './key-range.ts';

/** One event of an OSV range; it has exactly one of these members. OSV schema 1.7, `affected[].ranges[].events`. */
export interface OsvEvent {
  readonly introduced?: string;
  readonly fixed?: string;
  readonly last_affected?: string;
  readonly limit?: string;
}

/** The versions one `affected` entry of an OSV record speaks of. */
export interface OsvAffected {
  readonly ranges?: readonly { readonly type: string; readonly events: readonly OsvEvent[] }[];
  readonly versions?: readonly string[];
}

/**
 * The versions an OSV entry calls affected, as ranges that together hold exactly those. Follows the evaluation of OSV schema
 * 1.7: a version is affected when `versions` lists it or a range holds it; `GIT` ranges speak of commits and are left out.
 * A listed version that a range holds already gives no range of its own.
 */
export function osvRanges(scheme: VersionScheme, affected: OsvAffected): readonly VersionRange[] {
  const ranges = (affected.ranges ?? [])
    .filter(({ type }) => type !== 'GIT')
    .flatMap(({ events }) => rangesOfEvents(scheme, events));
  const holders = ranges.map((range) => holder(scheme, range));
  const listed = [...new Set(affected.versions ?? [])]
    .filter((version) => !holders.some((holds) => holds(version)))
    .map((version): VersionRange => ({ from: version, to: version, toIncluded: true }));
  return [...ranges, ...listed];
}

/** A test for a range that makes the keys of its bounds once: a list may name thousands of versions. */
function holder(scheme: VersionScheme, range: VersionRange): (version: string) => boolean {
  const keys = keyRange(scheme, range);
  return (version) => {
    const key = scheme.key(version);
    if (!isKey(key) || !('lo' in keys)) return isInRange(scheme, range, version) === true;
    return Buffer.compare(keys.lo, key) <= 0 && Buffer.compare(key, keys.hi) < 0;
  };
}

/** A change of state on the way up through the versions; without `at` it comes before all of them. */
interface Turn {
  readonly kind: 'introduced' | 'fixed' | 'last_affected';
  readonly at?: string;
}

function rangesOfEvents(scheme: VersionScheme, events: readonly OsvEvent[]): readonly VersionRange[] {
  const turns = inOrder(scheme, events.flatMap(turnsOf));
  // The schema asks for an `introduced`. Without one nothing would ever be affected; what ends must have begun somewhere.
  let open: VersionRange | undefined = turns.some(({ kind }) => kind === 'introduced') ? undefined : {};
  const ranges: VersionRange[] = [];
  for (const { kind, at } of turns) {
    if (kind === 'introduced') {
      open ??= at === undefined ? {} : { from: at };
    } else if (open !== undefined && at !== undefined) {
      ranges.push(kind === 'fixed' ? { ...open, to: at } : { ...open, to: at, toIncluded: true });
      open = undefined;
    }
  }
  if (open !== undefined && turns.length > 0) ranges.push(open);
  const limit = highestLimit(scheme, events);
  return ranges.flatMap((range) => below(scheme, range, limit)).filter((range) => !isEmpty(scheme, range));
}

function turnsOf(event: OsvEvent): readonly Turn[] {
  if (event.introduced === '0') return [{ kind: 'introduced' }];
  if (event.introduced !== undefined) return [{ kind: 'introduced', at: event.introduced }];
  if (event.fixed !== undefined) return [{ kind: 'fixed', at: event.fixed }];
  if (event.last_affected !== undefined) return [{ kind: 'last_affected', at: event.last_affected }];
  return [];
}

/**
 * Rising by version, as written where versions are equal. Where one has no order nothing can be sorted: they stay as written,
 * and the bound that cannot be read makes its range undecidable later instead of wrong now.
 */
function inOrder(scheme: VersionScheme, turns: readonly Turn[]): readonly Turn[] {
  const versions = turns.flatMap(({ at }) => (at === undefined ? [] : [at]));
  if (versions.some((version) => scheme.compare(version, version) === undefined)) return turns;
  return turns.toSorted((a, b) => {
    if (a.at === undefined || b.at === undefined)
      return Number(a.at !== undefined) - Number(b.at !== undefined);
    return scheme.compare(a.at, b.at) ?? 0;
  });
}

/** The highest `limit`; undefined when there is none, when it is `*`, or when it cannot be told which is highest. */
function highestLimit(scheme: VersionScheme, events: readonly OsvEvent[]): string | undefined {
  const limits = events.flatMap(({ limit }) => (limit === undefined ? [] : [limit]));
  if (limits.includes('*')) return undefined;
  return limits.find((limit) => limits.every((other) => (scheme.compare(limit, other) ?? -1) >= 0));
}

/** What a limit leaves of a range. A limit that cannot be compared with the range takes nothing away. */
function below(
  scheme: VersionScheme,
  range: VersionRange,
  limit: string | undefined,
): readonly VersionRange[] {
  if (limit === undefined) return [range];
  const start = range.from === undefined ? -1 : scheme.compare(range.from, limit);
  if (start !== undefined && start >= 0) return [];
  const over = range.to === undefined ? 1 : scheme.compare(range.to, limit);
  if (over === undefined || over < 0) return [range];
  return [range.from === undefined ? { to: limit } : { from: range.from, to: limit }];
}

/** `introduced` and `fixed` in one version: nothing in between. */
function isEmpty(scheme: VersionScheme, { from, to, toIncluded }: VersionRange): boolean {
  return from !== undefined && to !== undefined && !toIncluded && scheme.compare(from, to) === 0;
}
