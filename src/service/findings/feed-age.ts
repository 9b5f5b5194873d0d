import { type DatedContent, describeAge, isTooOld } from '../../match/content-age.ts';
import { compareText } from '../../model/order.ts';
import type { FeedState, ScopedFeedState } from '../../store/feed-state.ts';
import type { AsOf } from '../../store/page.ts';
import type { FeedOfSource, FeedOutcome } from '../feeds/update-feeds.ts';
import { userFeed } from '../feeds/user-vulnerabilities.ts';

/** Time and rules for judging the age of feeds. */
export interface AgeOptions extends AsOf {
  readonly now: () => Date;
  /** Feeds not checked for longer than this are stale, in milliseconds. */
  readonly staleAfterMs: number;
  /** Outcomes of the update that preceded the scan, for the reason. Empty without an update. */
  readonly outcomes: readonly FeedOutcome[];
}

/** Loaded feeds of a release, and the last day of its support. */
export interface LoadedFeeds {
  readonly loaded: readonly ScopedFeedState[];
  readonly end?: string | undefined;
}

/**
 * Returns a reason if feeds were not checked recently, so that they may be out of date, or if they were checked in the future, so that their
 * age is unknown. `content` names them, in the plural.
 */
export function uncheckedReasons(
  loaded: readonly FeedState[],
  content: string,
  { now, staleAfterMs, outcomes, asOf }: AgeOptions,
): string[] {
  const times = loaded.map(({ checkedAt }) => checkedAt).sort(compareText);
  const [oldest, newest] = [times[0], times.at(-1)];
  if (oldest === undefined || newest === undefined) return [];
  // The last check may be after a time in the past that the user named.
  if (asOf === undefined && Date.parse(newest) - now().getTime() > staleAfterMs)
    return [
      `${content} were checked at ${newest}, and the clock of this machine shows ${now().toISOString()}: set the clock that is wrong`,
    ];
  if (now().getTime() - Date.parse(oldest) <= staleAfterMs) return [];
  const failed = outcomes.find((outcome) => outcome.outcome === 'failed');
  const why = failed?.outcome === 'failed' ? `; refreshing failed: ${failed.error.message}` : '';
  return [`${content} were last known to be current at ${oldest}${why}`];
}

/** Returns the reasons why content of a published database counts as stale whatever its age. */
export function publicationReasons(loaded: readonly ScopedFeedState[]): string[] {
  return [...new Set(loaded.flatMap(({ staleReason }) => staleReason ?? []))];
}

/** Returns a reason if the content is too old. For a release out of support, compares with the last day of support. */
export function oldContentReasons({ loaded, end }: LoadedFeeds, { now }: Pick<AgeOptions, 'now'>): string[] {
  const content = latestContent(loaded.filter(isDatedByVendor)) ?? latestContent(loaded);
  if (content === undefined || !isTooOld(content, end === undefined ? now() : new Date(end))) return [];
  return [describeAge(content, end)];
}

/** Returns the sources whose latest content is too old. One feed of a source may be quiet for long, such as that of an old release. */
export function staleSources(states: readonly FeedState[], now: Date): ReadonlySet<string> {
  const loaded = states.filter(({ presence }) => presence === 'loaded');
  const bySource = Map.groupBy(loaded, ({ source }) => source);
  const isStale = (feeds: readonly FeedState[]): boolean =>
    oldContentReasons({ loaded: feeds }, { now: () => now }).length > 0;
  return new Set([...bySource].flatMap(([source, feeds]) => (isStale(feeds) ? [source] : [])));
}

/** Returns the date of the content as the vendor states it, ISO 8601. Null if the vendor states no date. */
export function contentDateOf(loaded: readonly FeedState[]): string | null {
  return latestContent(loaded.filter(isDatedByVendor))?.date ?? null;
}

/** Returns the time of the oldest fetch, ISO 8601. Null if no feed is loaded. */
export function fetchedAtOf(loaded: readonly FeedState[]): string | null {
  return loaded.map((state) => state.fetchedAt).sort(compareText)[0] ?? null;
}

/** Whether the vendor dates the content. The time of a file in a mirror differs from copy to copy, and its content may be older. */
function isDatedByVendor({ contentEvidence }: FeedState): boolean {
  return contentEvidence !== 'file';
}

/** Returns the latest content. One repository of a release may not change for months while others do. */
function latestContent(loaded: readonly FeedState[]): DatedContent | undefined {
  return loaded
    .flatMap(({ source, contentDate, contentEvidence }) =>
      contentDate === null || contentEvidence === null
        ? []
        : [{ source, date: contentDate, evidence: contentEvidence }],
    )
    .sort((a, b) => compareText(a.date, b.date))
    .at(-1);
}

/**
 * Returns the time of the oldest last check among the loaded feeds. All advisories are current as of that time. Clair reports the time of
 * its last update without failures. Undefined if no feed is loaded. Users' vulnerabilities do not count.
 */
export function currentSince(states: readonly FeedState[]): string | undefined {
  return states
    .filter(({ source, presence }) => presence === 'loaded' && source !== userFeed.source)
    .map(({ checkedAt }) => checkedAt)
    .sort()[0];
}

/**
 * Returns the states of the enabled feeds, and of what users wrote. Others are of sources that the settings have named before. Their
 * advisories still match, but nothing checks them any more.
 */
export function enabledStates(
  states: readonly FeedState[],
  enabled: readonly FeedOfSource[],
): readonly FeedState[] {
  const feeds = new Set(enabled.map(({ source, feed }) => `${source.name} ${feed}`));
  return states.filter(({ source, feed }) => source === userFeed.source || feeds.has(`${source} ${feed}`));
}
