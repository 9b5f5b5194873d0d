import type { ProductStatement, StatedVersions, StatusChange } from '../../model/product-statement.ts';
import type { VersionScheme } from '../../plugin/index.ts';
import { type Cut, compareCuts, isEmptySpan, type Span, withoutSpan } from './cuts.ts';
import {
  behindLine,
  isNoVersion,
  rangesInText,
  readVersion,
  type TextRange,
  wildcardIn,
} from './version-text.ts';

/** Types of versions that have no order by their text: commits, and package URLs. */
const withoutOrder: ReadonlySet<string> = new Set(['git', 'purl']);

/** The end of a range. `isFix`: the version itself is not affected. */
interface End {
  readonly cut: Cut;
  readonly isFix: boolean;
}

/** A range of an issuer. Without `ends`, it has no end. */
interface ReadRange {
  readonly low?: Cut;
  /** The ends of release lines, in ascending order. */
  readonly ends: readonly End[];
}

/** The affected versions that an issuer states about a product. */
export interface StatedSpans {
  readonly spans: readonly Span[];
  /** Whether it also states affected versions that cannot be compared. */
  readonly isPartial: boolean;
}

/**
 * Returns the affected versions that statements of one issuer about one product state together. Undefined if they state none that can be
 * compared, and do not clear the product either.
 *
 * Follows the CVE record format 5.2, with what assigners mean where the format leaves a choice:
 *
 * - Several ranges without a lower bound are release lines, and so are several changes to `unaffected` in one range: fixed in 1.26.2 and
 *   in 1.27.1 means that 1.27.0 is affected. The line of a fix has the numbers up to the first that differs in the next fix: 1.26.
 * - A range that ends where it begins is one without a lower bound: it would be empty.
 * - `otherVersions: affected` counts only beside versions that are unaffected. PHP's assigner states it beside affected ones.
 */
export function affectedSpans(
  statements: readonly ProductStatement[],
  scheme: VersionScheme,
): StatedSpans | undefined {
  const all = statements.map((statement) => spansOfStatement(statement, scheme));
  const read = all.filter((one) => one !== undefined);
  if (read.length === 0) return undefined;
  const isPartial = read.length < all.length || read.some((one) => one.isPartial);
  return { spans: read.flatMap(({ spans }) => spans), isPartial };
}

function spansOfStatement(
  { versions, otherVersions }: ProductStatement,
  scheme: VersionScheme,
): StatedSpans | undefined {
  const comparable = versions.filter(({ versionType = '' }) => !withoutOrder.has(versionType));
  const affected = readAll(comparable, 'affected', scheme);
  const unaffected = readAll(comparable, 'unaffected', scheme);
  const others: Span[] = otherVersions === 'affected' && unaffected.spans.length > 0 ? [{}] : [];
  const stated = [...others, ...affected.spans];
  const isCleared = unaffected.spans.length > 0 && !versions.some(({ status }) => status === 'affected');
  if (stated.length === 0 && (!isCleared || otherVersions === 'affected')) return undefined;
  const spans = unaffected.spans.reduce<readonly Span[]>(
    (left, removed) => left.flatMap((span) => withoutSpan(scheme, span, removed)),
    stated,
  );
  return { spans, isPartial: affected.isPartial };
}

/** Returns the spans of all versions with a status. Ranges without a lower bound are lines of one range. */
function readAll(
  versions: readonly StatedVersions[],
  status: StatedVersions['status'],
  scheme: VersionScheme,
): StatedSpans {
  const all = versions.filter((one) => one.status === status).map((one) => rangesOf(one, scheme));
  const read = all.flat();
  const [bounded, unbounded] = [read.filter(({ low }) => low), read.filter(({ low }) => !low)];
  const ends = unbounded.flatMap((range) => range.ends);
  const isOpen = unbounded.some((range) => range.ends.length === 0);
  const lines: ReadRange[] = unbounded.length === 0 ? [] : [{ ends: isOpen ? [] : sorted(ends, scheme) }];
  return {
    spans: [...bounded, ...lines].flatMap((range) => spansOfRange(range, scheme)),
    isPartial: all.some((ranges) => ranges.length === 0),
  };
}

/** Returns the ranges of an element. Empty if its versions cannot be compared. */
function rangesOf(stated: StatedVersions, scheme: VersionScheme): readonly ReadRange[] {
  const { version, lessThan, lessThanOrEqual, changes = [] } = stated;
  if (lessThan === undefined && lessThanOrEqual === undefined && changes.length === 0)
    return (rangesInText(version, scheme) ?? []).map(readRangeOf);
  const ends = endsOf(stated, scheme);
  if (ends === undefined) return [];
  const low = version === lessThan ? undefined : lowOf(stated, scheme);
  // Without any bound, only a text such as `0` states that all versions are affected.
  if (low === undefined && ends.length === 0 && !isNoVersion(version)) return [];
  return [{ ...(low !== undefined && { low }), ends }];
}

/** Returns the ends of the release lines of a range, sorted. Undefined if one of them has no order. */
function endsOf(
  { lessThan, lessThanOrEqual, changes = [] }: StatedVersions,
  scheme: VersionScheme,
): End[] | undefined {
  const end = lessThan ?? lessThanOrEqual ?? '*';
  const last = end === '*' ? [] : endsIn(end, lessThan !== undefined, scheme);
  const fixes = fixesIn(changes, scheme);
  return last && fixes && withinLast([...fixes, ...last], last, scheme);
}

/** Returns the ends up to the last one, sorted. */
function withinLast(ends: readonly End[], [last]: readonly End[], scheme: VersionScheme): End[] {
  const within = ends.filter(({ cut }) => last === undefined || compareCuts(scheme, cut, last.cut) <= 0);
  return sorted(within, scheme);
}

function readRangeOf({ from, fromExcluded, to, toIncluded, isLine }: TextRange): ReadRange {
  const isFix = toIncluded !== true && isLine !== true;
  return {
    ...(from !== undefined && { low: { version: from, isBehind: fromExcluded === true } }),
    ends: to === undefined ? [] : [{ cut: { version: to, isBehind: toIncluded === true }, isFix }],
  };
}

/** Returns the lower bound. A text that is no version, such as `Mainline`, bounds nothing. */
function lowOf({ version, startExcluded }: StatedVersions, scheme: VersionScheme): Cut | undefined {
  if (isNoVersion(version)) return undefined;
  const first = wildcardIn(version) ?? readVersion(version, scheme);
  return first === undefined ? undefined : { version: first, isBehind: startExcluded === true };
}

/** Returns the end of a range as a list. Undefined if it has no order. */
function endsIn(text: string, isExcluded: boolean, scheme: VersionScheme): End[] | undefined {
  const line = wildcardIn(text);
  if (line !== undefined) return [{ cut: { version: behindLine(line), isBehind: false }, isFix: false }];
  const version = readVersion(text, scheme);
  return version === undefined ? undefined : [{ cut: { version, isBehind: !isExcluded }, isFix: isExcluded }];
}

/** Returns the fixes among changes. Undefined if a change makes versions affected again, or has no order: its range is then unknown. */
function fixesIn(changes: readonly StatusChange[], scheme: VersionScheme): End[] | undefined {
  const fixes = changes.map(({ at, status }) => {
    const version = readVersion(at, scheme);
    return status === 'affected' || version === undefined ? undefined : fixAt(version);
  });
  return fixes.every((fix) => fix !== undefined) ? fixes : undefined;
}

function fixAt(version: string): End {
  return { cut: { version, isBehind: false }, isFix: true };
}

function sorted(ends: readonly End[], scheme: VersionScheme): End[] {
  return ends.toSorted((a, b) => compareCuts(scheme, a.cut, b.cut));
}

/** Returns the spans of a range, one for each release line. */
function spansOfRange({ low, ends }: ReadRange, scheme: VersionScheme): Span[] {
  if (ends.length === 0) return [low === undefined ? {} : { low }];
  const spans: Span[] = [];
  let start = low;
  for (const [i, { cut, isFix }] of ends.entries()) {
    if (start === undefined || compareCuts(scheme, start, cut) < 0)
      spans.push({ ...(start && { low: start }), high: cut, ...(isFix && { fixed: cut.version }) });
    const next = ends[i + 1];
    if (next === undefined) break;
    start = highest(scheme, start, { version: behindLineOf(cut, next.cut), isBehind: false });
  }
  return spans.filter((span) => !isEmptySpan(scheme, span));
}

function highest(scheme: VersionScheme, a: Cut | undefined, b: Cut): Cut {
  return a !== undefined && compareCuts(scheme, a, b) > 0 ? a : b;
}

/** Returns the first version behind the release line of an end, seen from the next end. */
function behindLineOf({ version }: Cut, next: Cut): string {
  const [numbers, others] = [numbersOf(version), numbersOf(next.version)];
  const differs = numbers.findIndex((number, i) => number !== others[i]);
  return behindLine(numbers.slice(0, differs === -1 ? numbers.length : differs + 1).join('.'));
}

function numbersOf(version: string): string[] {
  return (/^\d+(?:\.\d+)*/.exec(version)?.[0] ?? '0').split('.');
}
