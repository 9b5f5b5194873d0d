import type { FeedOutcome } from '../../service/feeds/update-feeds.ts';
import type { FeedState } from '../../store/feed-state.ts';
import { differenceText, feedColumn } from './feed-text.ts';

/** The outcomes of the feeds of one source, and their total duration. */
export interface SourceOutcomes {
  readonly source: string;
  readonly outcomes: readonly FeedOutcome[];
  readonly ms: number;
  /** Latest content date of its feeds, ISO 8601. */
  readonly contentDate: string | null;
}

type Failed = Extract<FeedOutcome, { outcome: 'failed' }>;

const headings = ['ADDED', 'CHANGED', 'REMOVED'] as const;

/** Renders the heading of the rows of `sourceRow`. */
export function headingRow(sources: readonly string[]): string {
  return row(sources, {
    source: 'SOURCE',
    feeds: 'FEEDS',
    counts: headings,
    content: 'CONTENT OF',
    time: 'TIME',
    result: 'RESULT',
  });
}

/** Renders one source as a line; no line if no feed of it exists or was tried. */
export function sourceRow(
  sources: readonly string[],
  { source, outcomes, ms, contentDate }: SourceOutcomes,
): string[] {
  const shown = outcomes.filter((one) => !isAbsent(one) && !isNotTried(one));
  if (shown.length === 0) return [];
  const { added, changed, removed } = totalsOf(outcomes);
  return [
    row(sources, {
      source,
      feeds: String(shown.length),
      counts: [added, changed, removed].map((count) => (count === 0 ? '' : String(count))),
      content: contentDate?.slice(0, 10) ?? '-',
      time: `${(ms / 1000).toFixed(1)} s`,
      result: resultOf(shown),
    }),
  ];
}

interface Cells {
  readonly source: string;
  readonly feeds: string;
  readonly counts: readonly string[];
  readonly content: string;
  readonly time: string;
  readonly result: string;
}

/** Renders columns of fixed width, because each row is printed as soon as its source is done. */
function row(sources: readonly string[], { source, feeds, counts, content, time, result }: Cells): string {
  const width = Math.max(...sources.map((name) => name.length), 'SOURCE'.length);
  const numbers = counts.map((count, i) => count.padStart(headings[i] === 'ADDED' ? 8 : 7));
  return [source.padEnd(width), feeds.padStart(5), ...numbers, content.padEnd(10), time.padStart(7), result]
    .join('  ')
    .trimEnd();
}

/** Returns whether a feed does not exist, such as that of a future year, or is superseded by another source. */
function isAbsent({ outcome }: FeedOutcome): boolean {
  return outcome === 'absent' || outcome === 'superseded';
}

function isNotTried(outcome: FeedOutcome): boolean {
  return outcome.outcome === 'failed' && outcome.error.code === 'feed-not-tried';
}

function resultOf(outcomes: readonly FeedOutcome[]): string {
  for (const word of ['failed', 'busy'] as const) {
    const count = outcomes.filter(({ outcome }) => outcome === word).length;
    if (count > 0) return count === outcomes.length ? word : `${count} of ${outcomes.length} ${word}`;
  }
  const updated = outcomes.filter(({ outcome }) => outcome === 'updated').length;
  if (updated === 0) return 'unchanged';
  return updated === outcomes.length ? 'updated' : `${updated} updated`;
}

function totalsOf(outcomes: readonly FeedOutcome[]): { added: number; changed: number; removed: number } {
  const differences = outcomes.flatMap((one) => (one.outcome === 'updated' ? [one.difference] : []));
  const sum = (of: (typeof headings)[number]): number =>
    differences.reduce(
      (total, difference) => total + difference[of.toLowerCase() as Lowercase<typeof of>],
      0,
    );
  return { added: sum('ADDED'), changed: sum('CHANGED'), removed: sum('REMOVED') };
}

/** Maximum number of failures that are listed; the rest is counted. */
const failuresShown = 10;

/** Renders each distinct failure once, and the number of skipped records. The summary counts feeds that were not tried. */
export function failureLines(outcomes: readonly FeedOutcome[]): string[] {
  const failed = outcomes.filter((one): one is Failed => one.outcome === 'failed' && !isNotTried(one));
  const byMessage = Map.groupBy(failed, ({ error }) => error.message);
  const lines = [...byMessage].map(([message, feeds]) => `${nameOf(feeds)} failed: ${message}`);
  const more = lines.length - failuresShown;
  return [
    ...lines.slice(0, failuresShown),
    ...(more > 0 ? [`and ${more} more failures (--verbose shows all)`] : []),
    ...skippedLines(outcomes),
  ];
}

/** Returns `alpine v3.19/main`, or the number of feeds and their sources. */
function nameOf(feeds: readonly Failed[]): string {
  const [first] = feeds;
  if (feeds.length === 1 && first !== undefined) return `${first.source.name} ${first.feed}`;
  const sources = [...new Set(feeds.map(({ source }) => source.name))];
  return sources.length <= 3
    ? `${sources.join(', ')} (${feeds.length} feeds)`
    : `${feeds.length} feeds of ${sources.length} sources`;
}

function skippedLines(outcomes: readonly FeedOutcome[]): string[] {
  const skipped = outcomes.reduce(
    (sum, one) => sum + (one.outcome === 'updated' ? one.difference.skipped : 0),
    0,
  );
  return skipped === 0 ? [] : [`${skipped} records were not understood (clair db status names them)`];
}

/** Returns whether feeds were requested and none of them exists, as in a directory that is not a mirror. */
export function areAllFeedsAbsent(outcomes: readonly FeedOutcome[]): boolean {
  return outcomes.length > 0 && outcomes.every(({ outcome }) => outcome === 'absent');
}

const allAbsentHint =
  'Check the mirror: it has each file at HOST/PATH of the URL of the vendor, as clair db mirror writes it.';

/** Renders the counts of an update, and a hint if hosts were unreachable. */
export function summaryLines(outcomes: readonly FeedOutcome[], ms: number): string[] {
  const count = (of: (one: FeedOutcome) => boolean): number => outcomes.filter(of).length;
  const notTried = count(isNotTried);
  const feeds = [
    [count(({ outcome }) => outcome === 'updated'), 'updated'],
    [count(({ outcome }) => outcome === 'unchanged' || outcome === 'current'), 'unchanged'],
    [count(({ outcome }) => outcome === 'failed') - notTried, 'failed'],
    [notTried, 'not tried'],
    [count(({ outcome }) => outcome === 'busy'), 'busy in another process'],
  ] as const;
  const shown = feeds.flatMap(([number, word]) => (number === 0 ? [] : [`${number} ${word}`]));
  const summary = shown.length === 0 ? 'no feed is there' : `feeds: ${shown.join(', ')}`;
  return [
    `${summary}; ${(ms / 1000).toFixed(1)} s`,
    ...(areAllFeedsAbsent(outcomes) ? [allAbsentHint] : []),
    ...(notTried > 0 ? ['Check the network, or name a mirror with --mirror.'] : []),
  ];
}

/** Renders the outcome of one feed as a line, for `--verbose`. */
export function feedLine(outcome: FeedOutcome): string {
  const name = feedColumn(outcome.source.name, outcome.feed);
  switch (outcome.outcome) {
    case 'updated': {
      const { skipped } = outcome.difference;
      const rest = skipped > 0 ? `, ${skipped} not understood (clair db status names them)` : '';
      return `${name} updated: ${differenceText(outcome.difference)}${rest}`;
    }
    case 'failed':
      return `${name} ${outcome.error.code === 'feed-not-tried' ? 'not tried' : 'failed'}: ${outcome.error.message}`;
    case 'busy':
      return `${name} is being updated by another process`;
    case 'absent':
      return `${name} does not exist there`;
    case 'superseded':
      return `${name} is not needed: its preferred source is available`;
    case 'unchanged':
    case 'current':
      return `${name} is up to date`;
  }
}

/**
 * Returns the latest content date of the loaded feeds of a source, ISO 8601; null without a date. The time of a file in a mirror directory
 * does not count, because the file may be newer than its content.
 */
export function latestContentDate(source: string, states: readonly FeedState[]): string | null {
  return latestDate(
    source,
    states.filter(({ contentEvidence }) => contentEvidence !== 'file'),
  );
}

/** Returns the latest date that the content of a source can have, as times of files count too. ISO 8601; null without a date. */
export function latestDate(source: string, states: readonly FeedState[]): string | null {
  const dates = states.flatMap((state) =>
    state.source === source && state.presence === 'loaded' && state.contentDate !== null
      ? [state.contentDate]
      : [],
  );
  return dates.sort().at(-1) ?? null;
}
