import { dayMs } from '../../core/duration.ts';
import { redact } from '../../kit/redact.ts';
import { isTooOld } from '../../match/content-age.ts';
import { compareText } from '../../model/order.ts';
import type { FeedState } from '../../store/feed-state.ts';
import { alignColumns } from '../align-columns.ts';
import { type DatabaseOptions, openCommandContext } from '../command-context.ts';
import { defaultDatabase } from '../database.ts';
import type { PublishedOptions } from '../open-places.ts';
import { writeLines } from '../output.ts';
import { latestContentDate, latestDate } from './update-lines.ts';

/** Options of `clair db status`. */
export interface StatusOptions extends DatabaseOptions {
  readonly verbose?: boolean;
}

/** Runs `clair db status`: prints the content of the database and its age. */
export async function showStatus(options: StatusOptions): Promise<number> {
  const { from: _, ...ownOptions } = options;
  await using context = await openCommandContext({ ...ownOptions, offline: true });
  const { bytes, rows, feeds } = await context.store.statistics();
  const states = feeds.toSorted((a, b) => compareText(a.source, b.source) || compareText(a.feed, b.feed));
  const loaded = states.filter(({ presence }) => presence === 'loaded');
  const counts = Object.entries(rows).map(([table, count]) => `${table} ${count}`);
  const published = options.from === undefined ? [] : await publishedStatus(options);
  const lines = [
    `database  ${redact(options.db ?? defaultDatabase())}`,
    `size      ${(bytes / 1e6).toFixed(1)} MB`,
    `rows      ${counts.join(', ')}`,
    '',
    ...(loaded.length === 0
      ? ['no advisories yet: scan an image, or run clair db update']
      : options.verbose
        ? feedLines(loaded)
        : sourceLines(loaded, new Date())),
    ...states.flatMap(remarksOf),
    ...published,
  ];
  writeLines(lines);
  return 0;
}

async function publishedStatus(options: PublishedOptions): Promise<string[]> {
  const { publishedLines } = await import('./published.ts');
  return await publishedLines(options);
}

/** Renders one line per source, with the latest content and the oldest check of its feeds. */
function sourceLines(states: readonly FeedState[], now: Date): string[] {
  const heading = ['SOURCE', 'FEEDS', 'RECORDS', 'CONTENT OF', 'AGE', 'CHECKED', 'FROM'];
  const bySource = Map.groupBy(states, ({ source }) => source);
  const rows = [...bySource].map(([source, feeds]) => {
    const [possible, content] = [latestDate(source, feeds), latestContentDate(source, feeds)];
    const shown = possible !== null && isTooOld({ source, date: possible }, now) ? possible : content;
    return [
      source,
      String(feeds.length),
      String(feeds.reduce((sum, { records }) => sum + records, 0)),
      shown?.slice(0, 10) ?? '-',
      ageOf(source, shown, now),
      toMinute(feeds.map(({ checkedAt }) => checkedAt).sort(compareText)[0] ?? null),
      [...new Set(feeds.map(({ origin }) => origin))].join(', '),
    ];
  });
  return alignColumns([heading, ...rows]);
}

/** Returns `5 days`, with `old` if the age exceeds the maximum of the source. */
function ageOf(source: string, content: string | null, now: Date): string {
  if (content === null) return 'unknown';
  const days = Math.max(0, Math.floor((now.getTime() - Date.parse(content)) / dayMs));
  const age = days === 1 ? '1 day' : `${days} days`;
  return isTooOld({ source, date: content }, now) ? `${age}, old` : age;
}

function feedLines(states: readonly FeedState[]): string[] {
  const heading = ['SOURCE', 'FEED', 'RECORDS', 'CONTENT OF', 'BY', 'FETCHED', 'CHECKED', 'FROM'];
  const rows = states.map((state) => [
    state.source,
    state.feed,
    String(state.records),
    toMinute(state.contentDate),
    state.contentEvidence ?? '-',
    toMinute(state.fetchedAt),
    toMinute(state.checkedAt),
    state.origin,
  ]);
  return alignColumns([heading, ...rows]);
}

/** Maximum number of skipped records that are listed; the rest is counted. */
const skippedShown = 10;

/** Returns the remarks on a feed below the table: its last failure, retained namespaces and skipped records. */
function remarksOf({ source, feed, lastFailure, skipped, kept }: FeedState): string[] {
  const shown = skipped.sample.slice(0, skippedShown);
  const more = skipped.count - shown.length;
  const lines = [
    ...(lastFailure === null
      ? []
      : [`last try failed at ${toMinute(lastFailure.at)}: ${lastFailure.message}`]),
    ...(kept.length === 0 ? [] : [`no longer covers ${kept.join(', ')}; its last records are kept`]),
    ...(skipped.count === 0 ? [] : [`${skipped.count} records could not be understood:`]),
    ...shown.map(({ key, reason }) => `  ${key}: ${reason}`),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ];
  return lines.length === 0 ? [] : ['', `${source} ${feed}`, ...lines.map((line) => `  ${line}`)];
}

function toMinute(time: string | null): string {
  return time === null ? '-' : `${time.slice(0, 16).replace('T', ' ')}Z`;
}
