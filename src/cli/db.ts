import { ClairError } from '../kit/errors.ts';
import { compareText } from '../model/order.ts';
import { retention } from '../service/retention.ts';
import { type FeedOfSource, type FeedOutcome, updateFeeds } from '../service/update-feeds.ts';
import type { FeedState } from '../store/store.ts';
import { chosen } from './chosen.ts';
import { writeResult } from './output.ts';
import { type DatabaseOptions, defaultDatabase, openRoom, type Room } from './room.ts';

/** Options of `clair db update`. */
export interface UpdateOptions extends DatabaseOptions {
  readonly acceptShrunk?: boolean;
}

/**
 * `clair db update`: brings every feed of the named sources and enrichers, or of all, up to date, and throws away what is past its time.
 * Answers 3 when a feed failed.
 */
export async function updateDatabase(names: readonly string[], options: UpdateOptions): Promise<number> {
  await using room = await openRoom(options);
  const feeds = feedsOf(names, room);
  if (room.updating === undefined)
    throw new ClairError('usage', 'an update needs the network or a mirror: leave --offline out');
  const { acceptShrunk = false } = options;
  const outcomes = await updateFeeds(feeds, { ...room.updating, youngerThanMs: 0, acceptShrunk });
  await room.store.collect(retention);
  room.progress.clear();
  writeResult(
    outcomes.map((outcome) => `${lineOf(outcome)}\n`),
    undefined,
  );
  return outcomes.some(({ outcome }) => outcome === 'failed' || outcome === 'busy') ? 3 : 0;
}

function feedsOf(names: readonly string[], { extensions }: Room): FeedOfSource[] {
  const all: readonly FeedOfSource['source'][] = [...extensions.sources, ...extensions.enrichers];
  return named(names, all).flatMap((source) => source.feeds.map((feed) => ({ source, feed })));
}

/** The sources and enrichers of these names, or all of them; throws `usage` for a name that none has. */
export function named<T extends { readonly name: string }>(
  names: readonly string[],
  all: readonly T[],
): readonly T[] {
  return chosen(
    names,
    all,
    (unknown, known) => new ClairError('usage', `there is no source ${unknown}; there are ${known}`),
  );
}

function lineOf(outcome: FeedOutcome): string {
  const name = `${outcome.source.name} ${outcome.feed}`.padEnd(26);
  switch (outcome.outcome) {
    case 'updated': {
      const { added, changed, removed, unchanged, kept, skipped } = outcome.difference;
      const rest = [
        ...(kept > 0 ? [`, ${kept} kept for a release that is no longer in the feed`] : []),
        ...(skipped > 0 ? [`, ${skipped} not understood (clair db status names them)`] : []),
      ];
      return `${name} updated: ${added} new, ${changed} changed, ${removed} gone, ${unchanged} as before${rest.join('')}`;
    }
    case 'failed':
      return `${name} failed: ${outcome.error.message}`;
    case 'busy':
      return `${name} is being updated by another process`;
    case 'absent':
      return `${name} does not exist there`;
    case 'superseded':
      return `${name} is not needed: the source it stands in for is there`;
    case 'unchanged':
    case 'current':
      return `${name} is up to date`;
  }
}

/** `clair db status`: what lies in the database and how old it is. */
export async function showStatus(options: DatabaseOptions): Promise<number> {
  await using room = await openRoom({ ...options, offline: true });
  const { bytes, rows, feeds } = await room.store.statistics();
  const states = feeds.toSorted((a, b) => compareText(a.source, b.source) || compareText(a.feed, b.feed));
  const loaded = states.filter(({ presence }) => presence === 'loaded');
  const counts = Object.entries(rows).map(([table, count]) => `${table} ${count}`);
  const lines = [
    `database  ${options.db ?? defaultDatabase()}`,
    `size      ${(bytes / 1e6).toFixed(1)} MB`,
    `rows      ${counts.join(', ')}`,
    '',
    ...(loaded.length === 0
      ? ['no advisories yet: scan an image, or run clair db update']
      : statusLines(loaded)),
    ...states.flatMap(remarksOf),
  ];
  writeResult(
    lines.map((line) => `${line}\n`),
    undefined,
  );
  return 0;
}

function statusLines(states: readonly FeedState[]): string[] {
  const heading = ['SOURCE', 'FEED', 'RECORDS', 'NEWEST ADVISORY', 'FETCHED', 'CHECKED', 'FROM'];
  const cells = states.map((state) => [
    state.source,
    state.feed,
    String(state.records),
    minute(state.newestAdvisory),
    minute(state.fetchedAt),
    minute(state.checkedAt),
    state.origin,
  ]);
  const widths = heading.map((title, i) =>
    Math.max(title.length, ...cells.map((row) => row[i]?.length ?? 0)),
  );
  return [heading, ...cells].map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
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
