import { ClairError } from '../../kit/errors.ts';
import { retention } from '../../service/feeds/retention.ts';
import {
  type FeedOfSource,
  type FeedOutcome,
  type UpdatingRoom,
  updateFeeds,
} from '../../service/feeds/update-feeds.ts';
import { writeLines } from '../output.ts';
import { type DatabaseOptions, openRoom, type Room } from '../room.ts';
import { named } from './feeds.ts';
import {
  feedLine,
  headingRow,
  isNothingThere,
  latestContentOf,
  problemLines,
  sourceRow,
  summaryLines,
} from './update-lines.ts';

/** Options of `clair db update`. */
export interface UpdateOptions extends DatabaseOptions {
  readonly acceptShrunk?: boolean;
  readonly acceptOlder?: boolean;
  readonly verbose?: boolean;
}

/**
 * `clair db update`: brings every feed of the named sources and enrichers, or of all, up to date, and throws away what is past its
 * time. Answers 3 when a feed failed or was not tried, and when none is there.
 */
export async function updateDatabase(names: readonly string[], options: UpdateOptions): Promise<number> {
  await using room = await openRoom(options, 'write');
  const feeds = feedsOf(names, room);
  if (room.updating === undefined)
    throw new ClairError('usage', 'an update needs the network or a mirror: leave --offline out');
  const started = performance.now();
  const outcomes = await updateEach(feeds, options, { ...room, updating: room.updating });
  await room.store.collect(retention);
  room.progress.clear();
  const problems = options.verbose ? [] : problemLines(outcomes);
  writeLines([...problems, ...summaryLines(outcomes, performance.now() - started)]);
  if (outcomes.some(({ outcome }) => outcome === 'failed' || outcome === 'busy')) return 3;
  return isNothingThere(outcomes) ? 3 : 0;
}

/** Updates source by source, and shows what became of each as soon as it is done. */
async function updateEach(
  feeds: readonly FeedOfSource[],
  { acceptShrunk = false, acceptOlder = false, verbose = false }: UpdateOptions,
  { updating, store, progress }: Room & { readonly updating: UpdatingRoom },
): Promise<FeedOutcome[]> {
  const bySource = Map.groupBy(feeds, ({ source }) => source.name);
  const sources = [...bySource.keys()];
  const all: FeedOutcome[] = [];
  let isHeaded = verbose;
  for (const [source, ofSource] of bySource) {
    const started = performance.now();
    const outcomes = await updateFeeds(ofSource, {
      ...updating,
      youngerThanMs: 0,
      acceptShrunk,
      acceptOlder,
    });
    all.push(...outcomes);
    const ms = performance.now() - started;
    const contentDate = latestContentOf(source, await store.advisories.feedStates());
    const lines = verbose
      ? outcomes.map(feedLine)
      : sourceRow(sources, { source, outcomes, ms, contentDate });
    progress.clear();
    if (lines.length > 0 && !isHeaded) lines.unshift(headingRow(sources));
    isHeaded ||= lines.length > 0;
    writeLines(lines);
  }
  return all;
}

function feedsOf(names: readonly string[], { extensions }: Room): FeedOfSource[] {
  const all: readonly FeedOfSource['source'][] = [...extensions.sources, ...extensions.enrichers];
  return named(names, all).flatMap((source) => source.feeds.map((feed) => ({ source, feed })));
}
