import { compareText } from '../../model/order.ts';
import type { UnassessedImages } from '../../model/unassessed-images.ts';
import type { FeedFailure, FeedState, ScopedFeedState, SourceSummary } from '../../store/feed-state.ts';
import type { FindingTotals } from '../../store/finding-count-store.ts';
import type { Store } from '../../store/store.ts';
import { userFeed } from '../feeds/user-vulnerabilities.ts';
import { findUnassessed } from '../finding-counts/unassessed-fleet.ts';
import {
  type AgeOptions,
  contentDateOf,
  currentSince,
  fetchedAtOf,
  oldContentReasons,
  publicationReasons,
  uncheckedReasons,
} from '../findings/feed-age.ts';

/** The state of all images and sources of a database. */
export interface FleetSummary {
  /** Time of the database, ISO 8601. */
  readonly at: string;
  /** Number of the last event. */
  readonly event: number;
  /** Null until a server has counted findings. */
  readonly findings: FindingTotals | null;
  /** Null until a server has counted findings. */
  readonly notAssessed: UnassessedImages | null;
  /** Sorted by name. */
  readonly sources: readonly SourceSummary[];
}

/** Dependencies of `summarize`. */
export interface SummaryDeps {
  readonly store: Pick<Store, 'advisories' | 'events' | 'findingCounts' | 'keyValues' | 'now'>;
  /** Age from which feeds that were not checked are stale, in milliseconds. */
  readonly staleAfterMs: number;
}

/** Returns the state of all images and sources. Its cost does not depend on the number of images: servers keep the sums. */
export async function summarize({ store, staleAfterMs }: SummaryDeps): Promise<FleetSummary> {
  const now = store.now();
  const [totals, states, event, unassessed] = await Promise.all([
    store.findingCounts.findTotals(),
    store.advisories.findFeedStates(),
    store.events.findLastNumber(),
    findUnassessed(store),
  ]);
  const sources = summarizeSources(states, {
    now: () => now,
    staleAfterMs,
    outcomes: [],
    asOf: undefined,
  });
  const counted = { findings: totals ?? null, notAssessed: unassessed ?? null };
  return { at: now.toISOString(), event, ...counted, sources };
}

/** Returns the states of sources, sorted by name. Vulnerabilities of users are no source, and neither are feeds that the vendor does not publish. */
export function summarizeSources(states: readonly ScopedFeedState[], options: AgeOptions): SourceSummary[] {
  const present = states.filter(
    ({ presence, source }) => presence !== 'absent' && source !== userFeed.source,
  );
  return [...Map.groupBy(present, ({ source }) => source)]
    .map(([source, feeds]) => summarizeSource(source, feeds, options))
    .sort((a, b) => compareText(a.source, b.source));
}

function summarizeSource(
  source: string,
  feeds: readonly ScopedFeedState[],
  options: AgeOptions,
): SourceSummary {
  const loaded = feeds.filter(({ presence }) => presence === 'loaded');
  const reasons = [
    ...oldContentReasons({ loaded }, options),
    ...uncheckedReasons(loaded, `the advisories of ${source}`, options),
    ...publicationReasons(loaded),
  ];
  const lastFailure = newestFailure(feeds);
  // The content is kept if an update is refused, such as one that lacks most records.
  const hasFailed = lastFailure !== null || loaded.length < feeds.length;
  return {
    source,
    state: hasFailed ? 'failed' : reasons.length > 0 ? 'stale' : 'current',
    reason: reasons.length === 0 ? null : reasons.join('; '),
    feeds: feeds.length,
    contentDate: contentDateOf(loaded),
    fetchedAt: fetchedAtOf(loaded),
    checkedAt: currentSince(loaded) ?? null,
    lastFailure,
  };
}

function newestFailure(feeds: readonly FeedState[]): FeedFailure | null {
  const failures = feeds.flatMap(({ lastFailure }) => lastFailure ?? []);
  return failures.sort((a, b) => compareText(a.at, b.at)).at(-1) ?? null;
}
