import type { Logger } from 'pino';
import type { FeedOutcome } from '../../service/feeds/update-feeds.ts';

type Failed = Extract<FeedOutcome, { outcome: 'failed' }>;

/**
 * Logs the outcomes of feed updates. Feeds of a source that failed for the same reason share one line with their number. Otherwise a
 * missing network would log hundreds of lines.
 */
export function logFeedOutcomes(log: Logger, outcomes: readonly FeedOutcome[]): void {
  const failed = outcomes.filter((one): one is Failed => one.outcome === 'failed');
  const byReason = Map.groupBy(
    failed,
    ({ source, error }) => `${source.name}\n${error.code}\n${error.message}`,
  );
  for (const alike of byReason.values()) logFailure(log, alike);
  for (const { source, feed, ...one } of outcomes) {
    const fields = { source: source.name, feed };
    if (one.outcome === 'updated') log.info({ ...fields, ...one.difference }, 'feed updated');
    else if (one.outcome !== 'failed') log.debug({ ...fields, outcome: one.outcome }, 'feed checked');
  }
}

function logFailure(log: Logger, alike: readonly Failed[]): void {
  const [first] = alike;
  if (first === undefined) return;
  const which = alike.length === 1 ? { feed: first.feed } : { feeds: alike.length };
  const fields = { source: first.source.name, ...which, error: first.error.message };
  if (first.error.code === 'feed-not-tried') log.warn(fields, 'feed not tried');
  else log.error(fields, 'feed update failed');
}
