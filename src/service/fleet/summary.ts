import { compareText } from '../../model/order.ts';
import type { FeedFailure, FeedState, ScopedFeedState } from '../../store/feed-state.ts';
import type { FindingCount, FindingTotals } from '../../store/finding-count-store.ts';
import type { Store } from '../../store/store.ts';
import { userFeed } from '../feeds/user-vulnerabilities.ts';
import {
  type AgeOptions,
  contentDateOf,
  currentSince,
  fetchedAtOf,
  oldContentReasons,
  publicationReasons,
  uncheckedReasons,
} from '../findings/feed-age.ts';

/** The state of one source of advisories or ratings. */
export interface SourceSummary {
  readonly source: string;
  /** `failed`: a feed of it was never loaded. `stale`: its content is too old, or was not checked recently. */
  readonly state: 'current' | 'stale' | 'failed';
  /** For people: why it is stale. Null otherwise. */
  readonly reason: string | null;
  /** Number of its feeds, without those that the vendor does not publish. */
  readonly feeds: number;
  /** Date of its latest content, ISO 8601. Null if nothing dates it. */
  readonly contentDate: string | null;
  /** When the oldest content was fetched, ISO 8601. Null if none is loaded. */
  readonly fetchedAt: string | null;
  /** When all feeds were last confirmed as current, ISO 8601. Null if none is loaded. */
  readonly checkedAt: string | null;
  /** The newest failed update of a feed that was not updated since. Null without one. */
  readonly lastFailure: FeedFailure | null;
}

/** The findings of all images that have a name. */
export interface FindingsSummary {
  /** When the numbers last changed, ISO 8601. */
  readonly countedAt: string;
  readonly images: number;
  /** Package sets of these images whose findings are not counted yet, or again. Zero if the numbers are complete. */
  readonly uncountedSets: number;
  readonly counts: readonly FindingCount[];
}

/** The state of all images and sources of a database. */
export interface FleetSummary {
  /** Time of the database, ISO 8601. */
  readonly at: string;
  /** Number of the last event. */
  readonly event: number;
  /** Null until a server has counted findings. */
  readonly findings: FindingsSummary | null;
  /** Sorted by name. */
  readonly sources: readonly SourceSummary[];
}

/** Dependencies of `summarize`. */
export interface SummaryDeps {
  readonly store: Pick<Store, 'advisories' | 'events' | 'findingCounts' | 'now'>;
  /** Age from which feeds that were not checked are stale, in milliseconds. */
  readonly staleAfterMs: number;
}

/** Returns the state of all images and sources. Its cost does not depend on the number of images: servers keep the sums. */
export async function summarize({ store, staleAfterMs }: SummaryDeps): Promise<FleetSummary> {
  const now = store.now();
  const [totals, states, event] = await Promise.all([
    store.findingCounts.findTotals(),
    store.advisories.findFeedStates(),
    store.events.findLastNumber(),
  ]);
  const sources = summarizeSources(states, {
    now: () => now,
    ...{ staleAfterMs, outcomes: [], asOf: undefined },
  });
  return { at: now.toISOString(), event, findings: findingsIn(totals), sources };
}

function findingsIn(totals: FindingTotals | undefined): FindingsSummary | null {
  if (totals === undefined) return null;
  const { at: countedAt, images, dueSets: uncountedSets, findings: counts } = totals;
  return { countedAt, images, uncountedSets, counts };
}

/** Returns the states of sources. Vulnerabilities of users are no source, and neither are feeds that the vendor does not publish. */
function summarizeSources(states: readonly ScopedFeedState[], options: AgeOptions): SourceSummary[] {
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
  return {
    source,
    state: loaded.length < feeds.length ? 'failed' : reasons.length > 0 ? 'stale' : 'current',
    reason: reasons.length === 0 ? null : reasons.join('; '),
    feeds: feeds.length,
    contentDate: contentDateOf(loaded),
    fetchedAt: fetchedAtOf(loaded),
    checkedAt: currentSince(loaded) ?? null,
    lastFailure: newestFailure(feeds),
  };
}

function newestFailure(feeds: readonly FeedState[]): FeedFailure | null {
  const failures = feeds.flatMap(({ lastFailure }) => lastFailure ?? []);
  return failures.sort((a, b) => compareText(a.at, b.at)).at(-1) ?? null;
}
