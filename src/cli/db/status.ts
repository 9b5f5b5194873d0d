import { redact } from '../../kit/redact.ts';
import { compareText } from '../../model/order.ts';
import type { FeedState } from '../../store/store.ts';
import { columns } from '../columns.ts';
import { defaultDatabase } from '../database.ts';
import { writeLines } from '../output.ts';
import { type DatabaseOptions, openRoom } from '../room.ts';

/** `clair db status`: what lies in the database and how old it is. */
export async function showStatus(options: DatabaseOptions): Promise<number> {
  await using room = await openRoom({ ...options, offline: true });
  const { bytes, rows, feeds } = await room.store.statistics();
  const states = feeds.toSorted((a, b) => compareText(a.source, b.source) || compareText(a.feed, b.feed));
  const loaded = states.filter(({ presence }) => presence === 'loaded');
  const counts = Object.entries(rows).map(([table, count]) => `${table} ${count}`);
  const lines = [
    `database  ${redact(options.db ?? defaultDatabase())}`,
    `size      ${(bytes / 1e6).toFixed(1)} MB`,
    `rows      ${counts.join(', ')}`,
    '',
    ...(loaded.length === 0
      ? ['no advisories yet: scan an image, or run clair db update']
      : statusLines(loaded)),
    ...states.flatMap(remarksOf),
  ];
  writeLines(lines);
  return 0;
}

function statusLines(states: readonly FeedState[]): string[] {
  const heading = ['SOURCE', 'FEED', 'RECORDS', 'NEWEST ADVISORY', 'FETCHED', 'CHECKED', 'FROM'];
  const rows = states.map((state) => [
    state.source,
    state.feed,
    String(state.records),
    minute(state.newestAdvisory),
    minute(state.fetchedAt),
    minute(state.checkedAt),
    state.origin,
  ]);
  return columns([heading, ...rows]);
}

/** So many skipped records are told by name; the count tells of the rest. */
const skippedShown = 10;

/** What does not fit into the table: what went wrong with a feed, and what of it is not as usual. */
function remarksOf({ source, feed, lastFailure, skipped, kept }: FeedState): string[] {
  const shown = skipped.sample.slice(0, skippedShown);
  const more = skipped.count - shown.length;
  const lines = [
    ...(lastFailure === null ? [] : [`last try failed at ${minute(lastFailure.at)}: ${lastFailure.message}`]),
    ...(kept.length === 0
      ? []
      : [`no longer speaks of ${kept.join(', ')}; what it last said stays in force`]),
    ...(skipped.count === 0 ? [] : [`${skipped.count} records could not be understood:`]),
    ...shown.map(({ key, reason }) => `  ${key}: ${reason}`),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ];
  return lines.length === 0 ? [] : ['', `${source} ${feed}`, ...lines.map((line) => `  ${line}`)];
}

function minute(time: string | null): string {
  return time === null ? '-' : `${time.slice(0, 16).replace('T', ' ')}Z`;
}
