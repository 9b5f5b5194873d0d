import { type DatedContent, describeAge, isTooOld } from '../../match/content-age.ts';
import { compareText } from '../../model/order.ts';
import type { FeedState } from '../../store/store.ts';
import type { FeedOutcome } from '../feeds/update-feeds.ts';

/** When and by which rule the age of feeds is judged. */
export interface AgeOptions {
  readonly now: () => Date;
  /** Feeds that were not checked for longer than this are stale, in milliseconds. */
  readonly staleAfterMs: number;
  /** The outcomes of the update just before, for the reason; empty when there was none. */
  readonly outcomes: readonly FeedOutcome[];
}

/** Loaded feeds of a release, and the day on which its support ended. */
export interface LoadedFeeds {
  readonly loaded: readonly FeedState[];
  readonly end?: string | undefined;
}

/** Why feeds may be behind their publisher: they were not checked lately. `content` names them, in the plural. */
export function uncheckedReasons(
  loaded: readonly FeedState[],
  content: string,
  { now, staleAfterMs, outcomes }: AgeOptions,
): string[] {
  const oldest = loaded.map(({ checkedAt }) => checkedAt).sort(compareText)[0];
  if (oldest === undefined || now().getTime() - Date.parse(oldest) <= staleAfterMs) return [];
  const failed = outcomes.find((outcome) => outcome.outcome === 'failed');
  const why = failed?.outcome === 'failed' ? `; refreshing failed: ${failed.error.message}` : '';
  return [`${content} were last known to be current at ${oldest}${why}`];
}

/** Why content is too old. For a release out of support, the day on which that ended counts. */
export function oldContentReasons({ loaded, end }: LoadedFeeds, { now }: Pick<AgeOptions, 'now'>): string[] {
  const content = latestContent(loaded.filter(isDatedByVendor)) ?? latestContent(loaded);
  if (content === undefined || !isTooOld(content, end === undefined ? now() : new Date(end))) return [];
  return [describeAge(content, end)];
}

/** The date of the content of feeds as their vendor gives it, ISO 8601; null where nothing dates it. */
export function contentDateOf(loaded: readonly FeedState[]): string | null {
  return latestContent(loaded.filter(isDatedByVendor))?.date ?? null;
}

/** When the feed that was fetched longest ago was fetched, ISO 8601; null where none is loaded. */
export function fetchedAtOf(loaded: readonly FeedState[]): string | null {
  return loaded.map((state) => state.fetchedAt).sort(compareText)[0] ?? null;
}

/** The time of a file in a mirror is no date of its content, which may be older, and differs from copy to copy. */
function isDatedByVendor({ contentEvidence }: FeedState): boolean {
  return contentEvidence !== 'file';
}

/** The content with the latest date: a repository of a release may be quiet for months while the others are not. */
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
