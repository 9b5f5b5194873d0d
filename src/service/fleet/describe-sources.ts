import { dayMs } from '../../core/duration.ts';
import { compareText } from '../../model/order.ts';
import type { Extensions } from '../../plugin/extensions.ts';
import type { DayOfEvents, EventDays } from '../../store/event-store.ts';
import { type FeedState, isSameFeed, type SourceSummary } from '../../store/feed-state.ts';
import type { Job } from '../../store/job-store.ts';
import type { Store } from '../../store/store.ts';
import type { FeedContent } from '../../store/update-store.ts';
import { findImagesBySource } from '../finding-counts/images-by-source.ts';
import { contentDateOf } from '../findings/feed-age.ts';
import { summarizeSources } from './summary.ts';

/** A feed of a source, with its changes by day. */
export interface DescribedFeed
  extends Pick<FeedState, 'presence' | 'records' | 'fetchedAt' | 'checkedAt' | 'lastFailure'>,
    Pick<FeedContent, 'appliedAt' | 'namespaces'> {
  readonly name: string;
  /** Null if only the time of a file dates the content. */
  readonly contentDate: string | null;
  /** Number of records that could not be parsed. */
  readonly skipped: number;
  /** When a server updates it next, ISO 8601. Null if none has scheduled it. */
  readonly nextRunAt: string | null;
  /** The oldest first. A day without changes is absent. */
  readonly days: readonly Omit<DayOfEvents, 'source' | 'feed'>[];
}

/** A source with its feeds. */
export interface DescribedSource extends Omit<SourceSummary, 'feeds'> {
  /** Number of counted images that rely on its advisories. Null for a source of ratings, and before the first count. */
  readonly images: number | null;
  /** Sorted by name. */
  readonly feeds: readonly DescribedFeed[];
}

/** The state of all sources. */
export interface SourceDescriptions {
  /** Sorted by name. */
  readonly sources: readonly DescribedSource[];
  /** The first day on which all changes are counted. Null if no change is known. */
  readonly daysSince: string | null;
  /** When the images of sources were counted, ISO 8601. Null before the first time. */
  readonly imagesCountedAt: string | null;
}

/** Dependencies of `describeSources`. */
export interface DescribeSourcesDeps {
  readonly store: Pick<Store, 'advisories' | 'updates' | 'events' | 'jobs' | 'keyValues' | 'now'>;
  readonly extensions: Pick<Extensions, 'sources'>;
  /** Age from which feeds that were not checked are stale, in milliseconds. */
  readonly staleAfterMs: number;
}

/** Number of days whose changes are counted, today included. */
const shownDays = 30;

/** Returns the state of all sources and feeds. Costs the events of 30 days, at most `limits.countedEvents` of them, whatever the fleet has. */
export async function describeSources({
  store,
  extensions,
  staleAfterMs,
}: DescribeSourcesDeps): Promise<SourceDescriptions> {
  const now = store.now();
  const since = new Date(now.getTime() - (shownDays - 1) * dayMs).toISOString().slice(0, 10);
  const [states, contents, events, jobs, bySource] = await Promise.all([
    store.advisories.findFeedStates(),
    store.updates.findContents(),
    store.events.findDays(since),
    store.jobs.findAll(),
    findImagesBySource(store),
  ]);
  const imagesOf = (name: string): number | null =>
    bySource === undefined || !extensions.sources.some((source) => source.name === name)
      ? null
      : (bySource.sources[name]?.images ?? 0);
  const options = { now: () => now, staleAfterMs, outcomes: [], asOf: undefined };
  const sources = summarizeSources(states, options).map((summary) => ({
    ...summary,
    images: imagesOf(summary.source),
    feeds: states
      .filter(({ source, presence }) => source === summary.source && presence !== 'absent')
      .map((state) => describeFeed(state, { contents, events, jobs }))
      .sort((a, b) => compareText(a.name, b.name)),
  }));
  return { sources, daysSince: events.since, imagesCountedAt: bySource?.countedAt ?? null };
}

interface FeedParts {
  readonly contents: readonly FeedContent[];
  readonly events: EventDays;
  readonly jobs: readonly Job[];
}

function describeFeed(state: FeedState, { contents, events, jobs }: FeedParts): DescribedFeed {
  const content = contents.find((one) => isSameFeed(one, state));
  const job = jobs.find(({ name }) => name === `update ${state.source}`);
  const { presence, records, skipped, fetchedAt, checkedAt, lastFailure } = state;
  return {
    name: state.feed,
    presence,
    records,
    skipped: skipped.count,
    contentDate: contentDateOf([state]),
    fetchedAt,
    checkedAt,
    appliedAt: content?.appliedAt ?? null,
    lastFailure,
    nextRunAt: job?.runAt ?? null,
    namespaces: content?.namespaces ?? [],
    days: events.days
      .filter((day) => isSameFeed(day, state))
      .map(({ source: _, feed: __, ...counts }) => counts),
  };
}
