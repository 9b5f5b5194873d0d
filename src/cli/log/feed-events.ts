import type { Logger } from 'pino';
import type { FeedOutcome } from '../../service/feeds/update-feeds.ts';

type Failed = Extract<FeedOutcome, { outcome: 'failed' }>;

/**
 * Logs the outcomes of feed updates. Feeds of a source that failed for the same reason share one line with their number. Otherwise a
 * missing network would log hundreds of lines. A source without any feed is a warning if the settings name it, once.
 */
export function logFeedOutcomes(
  log: Logger,
  outcomes: readonly FeedOutcome[],
  namedSources: readonly string[],
): void {
  const failed = outcomes.filter((one): one is Failed => one.outcome === 'failed');
  const byReason = Map.groupBy(
    failed,
    ({ source, error }) => `${source.name}\n${error.code}\n${error.message}`,
  );
  for (const alike of byReason.values()) logFailure(log, alike);
  for (const [source, ofSource] of Map.groupBy(outcomes, (one) => one.source.name))
    if (isNewlyAbsent(ofSource)) {
      const fields = { source, feeds: ofSource.length };
      log[namedSources.includes(source) ? 'warn' : 'info'](fields, 'source not found');
    }
  for (const { source, feed, ...one } of outcomes) {
    const fields = { source: source.name, feed };
    if (one.outcome === 'updated')
      log.info(
        { ...fields, ...one.difference, ...(one.isSilent === true && { events: 'none' }) },
        'feed updated',
      );
    else if (one.outcome !== 'failed') log.debug({ ...fields, outcome: one.outcome }, 'feed checked');
  }
}

/** Whether no feed of a source exists at its origin, and the last update did not find that. */
function isNewlyAbsent(outcomes: readonly FeedOutcome[]): boolean {
  return (
    outcomes.every(({ outcome }) => outcome === 'absent') &&
    outcomes.some((one) => one.outcome === 'absent' && one.isNew === true)
  );
}

function logFailure(log: Logger, alike: readonly Failed[]): void {
  const [first] = alike;
  if (first === undefined) return;
  const which = alike.length === 1 ? { feed: first.feed } : { feeds: alike.length };
  const fields = { source: first.source.name, ...which, error: first.error.message };
  if (first.error.code === 'feed-not-tried') log.warn(fields, 'feed not tried');
  else log.error(fields, 'feed update failed');
}
