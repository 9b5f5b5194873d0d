import { ClairError } from '../../core/errors.ts';
import { compareText } from '../../model/order.ts';
import { collectGarbageIfDue, defaultRetention } from '../../service/feeds/retention.ts';
import {
  type FeedOfSource,
  type FeedOutcome,
  inUpdateOrder,
  type UpdateFeedsDeps,
  updateFeeds,
} from '../../service/feeds/update-feeds.ts';
import type { FeedName } from '../../store/feed-state.ts';
import { type CommandContext, type DatabaseOptions, openCommandContext } from '../command-context.ts';
import { writeLines } from '../output.ts';
import { openPublishedFeeds, type PublishedFeeds } from '../published-feeds.ts';
import { selectSources } from './feed-text.ts';
import {
  areAllFeedsAbsent,
  failureLines,
  feedLine,
  headingRow,
  latestContentDate,
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
 * Runs `clair db update`: updates the feeds of the named sources and enrichers, or of all, and collects garbage. Returns 3 if a feed
 * failed, was not tried or is busy, or if no feed exists.
 */
export async function updateDatabase(names: readonly string[], options: UpdateOptions): Promise<number> {
  // The database itself is updated, so published databases do not extend it.
  const { from, ...ofDatabase } = options;
  await using context = await openCommandContext(ofDatabase, 'write');
  const publication =
    from &&
    (await openPublishedFeeds({ ...options, wanted: everyFeed(context), takesAbsent: true }, context));
  const feeds = await feedsToUpdate(names, context, publication);
  if (context.updateDeps === undefined)
    throw new ClairError('usage', 'an update needs the network or a mirror: leave --offline out');
  const started = performance.now();
  const updateDeps = { ...context.updateDeps, ...(publication && { publication }) };
  const outcomes = await updateEach(feeds, options, { ...context, updateDeps });
  await collectGarbageIfDue(context.store, defaultRetention);
  context.progress.clear();
  const problems = options.verbose ? [] : failureLines(outcomes);
  writeLines([...problems, ...summaryLines(outcomes, performance.now() - started)]);
  if (outcomes.some(({ outcome }) => outcome === 'failed' || outcome === 'busy')) return 3;
  return areAllFeedsAbsent(outcomes) ? 3 : 0;
}

/** Updates source by source, and prints the outcome of each as soon as it is done. */
async function updateEach(
  feeds: readonly FeedOfSource[],
  { acceptShrunk = false, acceptOlder = false, verbose = false }: UpdateOptions,
  { updateDeps, store, progress }: CommandContext & { readonly updateDeps: UpdateFeedsDeps },
): Promise<FeedOutcome[]> {
  const bySource = Map.groupBy(feeds, ({ source }) => source.name);
  const sources = [...bySource.keys()];
  const all: FeedOutcome[] = [];
  let hasHeading = verbose;
  for (const [source, ofSource] of bySource) {
    const started = performance.now();
    const outcomes = await updateFeeds(ofSource, {
      ...updateDeps,
      maxAgeMs: 0,
      acceptShrunk,
      acceptOlder,
    });
    all.push(...outcomes);
    const ms = performance.now() - started;
    const contentDate = latestContentDate(source, await store.advisories.findFeedStates());
    const lines = verbose
      ? outcomes.map(feedLine)
      : sourceRow(sources, { source, outcomes, ms, contentDate });
    progress.clear();
    if (lines.length > 0 && !hasHeading) lines.unshift(headingRow(sources));
    hasHeading ||= lines.length > 0;
    writeLines(lines);
  }
  return all;
}

/** Returns the feeds of the named sources, or of all: those that are published, if there is a publication. */
async function feedsToUpdate(
  names: readonly string[],
  context: CommandContext,
  publication: PublishedFeeds | undefined,
): Promise<readonly FeedOfSource[]> {
  const feeds = feedsOfSources(names, context);
  if (publication === undefined) return feeds;
  const published = await publication.names();
  const isPublished = ({ source, feed }: FeedOfSource): boolean =>
    published.some((one) => one.source === source.name && one.feed === feed);
  const unpublished = names.find((name) => !published.some(({ source }) => source === name));
  if (unpublished !== undefined) throw notPublished(unpublished, published);
  return feeds.filter(isPublished);
}

function notPublished(name: string, published: readonly FeedName[]): ClairError {
  const sources = [...new Set(published.map(({ source }) => source))].sort(compareText);
  return new ClairError('usage', `nothing is published of ${name}; there are ${sources.join(', ')}`);
}

/** Returns the names of the feeds of all sources. */
function everyFeed({ extensions }: CommandContext): FeedName[] {
  return extensions.sources.flatMap(({ name, feeds }) => feeds.map((feed) => ({ source: name, feed })));
}

function feedsOfSources(names: readonly string[], { extensions }: CommandContext): FeedOfSource[] {
  const all = inUpdateOrder(extensions.sources, extensions.enrichers);
  return selectSources(names, all).flatMap((source) => source.feeds.map((feed) => ({ source, feed })));
}
