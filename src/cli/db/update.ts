import { ClairError } from '../../kit/errors.ts';
import { retention } from '../../service/feeds/retention.ts';
import { type FeedOfSource, type FeedOutcome, updateFeeds } from '../../service/feeds/update-feeds.ts';
import { writeLines } from '../output.ts';
import { type DatabaseOptions, openRoom, type Room } from '../room.ts';
import { differenceWords, feedColumn, named } from './feeds.ts';

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
  writeLines(outcomes.map(lineOf));
  return outcomes.some(({ outcome }) => outcome === 'failed' || outcome === 'busy') ? 3 : 0;
}

function feedsOf(names: readonly string[], { extensions }: Room): FeedOfSource[] {
  const all: readonly FeedOfSource['source'][] = [...extensions.sources, ...extensions.enrichers];
  return named(names, all).flatMap((source) => source.feeds.map((feed) => ({ source, feed })));
}

function lineOf(outcome: FeedOutcome): string {
  const name = feedColumn(outcome.source.name, outcome.feed);
  switch (outcome.outcome) {
    case 'updated': {
      const { skipped } = outcome.difference;
      const rest = skipped > 0 ? `, ${skipped} not understood (clair db status names them)` : '';
      return `${name} updated: ${differenceWords(outcome.difference)}${rest}`;
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
