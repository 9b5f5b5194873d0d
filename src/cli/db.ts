import { ClairError } from '../kit/errors.ts';
import { compareText } from '../model/order.ts';
import { type FeedOfSource, type FeedOutcome, updateFeeds } from '../service/update-feeds.ts';
import type { FeedState } from '../store/store.ts';
import { writeResult } from './output.ts';
import { type DatabaseOptions, defaultDatabase, openRoom, type Room } from './room.ts';

/** `clair db update`: brings every feed of the named sources, or of all, up to date. Answers 3 when one of them failed. */
export async function updateDatabase(names: readonly string[], options: DatabaseOptions): Promise<number> {
  await using room = await openRoom(options);
  const feeds = feedsOf(names, room);
  if (room.updating === undefined)
    throw new ClairError('usage', 'an update needs the network or a mirror: leave --offline out');
  const outcomes = await updateFeeds(feeds, { ...room.updating, youngerThanMs: 0 });
  room.progress.clear();
  writeResult(
    outcomes.map((outcome) => `${lineOf(outcome)}\n`),
    undefined,
  );
  return outcomes.some(({ outcome }) => outcome === 'failed' || outcome === 'busy') ? 3 : 0;
}

function feedsOf(names: readonly string[], { extensions: { sources } }: Room): FeedOfSource[] {
  const known = sources.map(({ name }) => name).join(', ');
  const unknown = names.find((name) => !sources.some((source) => source.name === name));
  if (unknown !== undefined)
    throw new ClairError('usage', `there is no advisory source ${unknown}; there are ${known}`);
  const wanted = names.length === 0 ? sources : sources.filter(({ name }) => names.includes(name));
  return wanted.flatMap((source) => source.feeds.map((feed) => ({ source, feed })));
}

function lineOf(outcome: FeedOutcome): string {
  const name = `${outcome.source.name} ${outcome.feed}`.padEnd(26);
  switch (outcome.outcome) {
    case 'updated': {
      const { added, changed, removed, unchanged } = outcome.difference;
      return `${name} updated: ${added} new, ${changed} changed, ${removed} gone, ${unchanged} as before`;
    }
    case 'failed':
      return `${name} failed: ${outcome.error.message}`;
    case 'busy':
      return `${name} is being updated by another process`;
    case 'absent':
      return `${name} does not exist there`;
    case 'unchanged':
    case 'current':
      return `${name} is up to date`;
  }
}

/** `clair db status`: what lies in the database and how old it is. */
export async function showStatus(options: DatabaseOptions): Promise<number> {
  await using room = await openRoom({ ...options, offline: true });
  const { bytes, rows } = await room.store.statistics();
  const states = (await room.store.advisories.feedStates()).filter(({ presence }) => presence === 'loaded');
  const counts = Object.entries(rows).map(([table, count]) => `${table} ${count}`);
  const lines = [
    `database  ${options.db ?? defaultDatabase()}`,
    `size      ${(bytes / 1e6).toFixed(1)} MB`,
    `rows      ${counts.join(', ')}`,
    '',
    ...(states.length === 0
      ? ['no advisories yet: scan an image, or run clair db update']
      : statusLines(states)),
  ];
  writeResult(
    lines.map((line) => `${line}\n`),
    undefined,
  );
  return 0;
}

function statusLines(states: readonly FeedState[]): string[] {
  const heading = ['SOURCE', 'FEED', 'RECORDS', 'NEWEST ADVISORY', 'FETCHED', 'CHECKED', 'FROM'];
  const cells = states
    .toSorted((a, b) => compareText(a.source, b.source) || compareText(a.feed, b.feed))
    .map((state) => [
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

function minute(time: string | null): string {
  return time === null ? '-' : `${time.slice(0, 16).replace('T', ' ')}Z`;
}
