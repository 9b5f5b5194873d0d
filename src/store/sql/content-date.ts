import { ClairError } from '../../core/errors.ts';
import { type DateEvidence, dateEvidence, isPlausibleDate } from '../../model/content-date.ts';
import type { FeedUpdate } from '../store.ts';
import type { ContentDate, FeedRow } from './feeds.ts';

/** The latest plausible dates that a feed gives while it is read. */
export class FeedDates {
  readonly #now: number;
  /** Of its newest record; null when no record has a plausible date. */
  record: number | null = null;
  /** Of the feed as a whole. */
  feed: number | null = null;

  constructor(now: number) {
    this.#now = now;
  }

  /** Notes when a record was last changed. */
  addRecordDate(time: number): void {
    if (isPlausibleDate(time, this.#now)) this.record = Math.max(this.record ?? time, time);
  }

  /** Notes the dates that the feed states for its content as a whole. */
  addStatedDates({ dates = [] }: FeedUpdate): void {
    for (const { dated, by } of dates) {
      const time = Date.parse(dated);
      if (by === 'record') this.addRecordDate(time);
      else if (isPlausibleDate(time, this.#now)) this.feed = Math.max(this.feed ?? time, time);
    }
  }
}

/** What the date of an applied content is decided by. */
export interface DatedUpdate {
  readonly update: FeedUpdate;
  /** The feed as it is stored. */
  readonly feed: FeedRow | undefined;
  readonly dates: FeedDates;
  readonly now: number;
}

/** The date of a content by the strongest evidence there is, or undefined; one that is a little ahead of the clock is now. A feed of changes leaves the records it does not name. */
export function resolveContentDate({ update, feed, dates, now }: DatedUpdate): ContentDate | undefined {
  const candidates: Readonly<Record<DateEvidence, number | null>> = {
    record: dates.record,
    feed: dates.feed,
    http: timeOf(update.lastModified),
    file: timeOf(update.fileModified),
  };
  const found =
    update.importedState === undefined ? strongest(candidates, now) : importedDate(update.importedState, now);
  const before = storedDate(feed, now);
  if (update.extent !== 'changes' || before === undefined) return found;
  return found === undefined || found.time < before.time ? before : found;
}

function strongest(
  candidates: Readonly<Record<DateEvidence, number | null>>,
  now: number,
): ContentDate | undefined {
  for (const evidence of dateEvidence) {
    const time = candidates[evidence];
    if (time !== null && isPlausibleDate(time, now)) return { time: Math.min(time, now), evidence };
  }
  return undefined;
}

/** What another store found, as long as it is plausible here. */
function importedDate(
  { contentDate, contentEvidence }: NonNullable<FeedUpdate['importedState']>,
  now: number,
): ContentDate | undefined {
  const time = timeOf(contentDate ?? undefined);
  if (time === null || contentEvidence === null || contentEvidence === undefined) return undefined;
  return isPlausibleDate(time, now) ? { time, evidence: contentEvidence } : undefined;
}

/** The date of the content in force. One that lay in the future when it was written is no evidence. */
function storedDate(feed: FeedRow | undefined, now: number): ContentDate | undefined {
  if (feed === undefined || feed.content_date === null || feed.content_evidence === null) return undefined;
  if (!isPlausibleDate(feed.content_date, now)) return undefined;
  return { time: feed.content_date, evidence: feed.content_evidence };
}

function timeOf(time: string | undefined): number | null {
  const value = Date.parse(time ?? '');
  return Number.isNaN(value) ? null : value;
}

/** How much older a content may be: servers of one vendor are not always level, and a vendor may take a last record back. */
export const olderToleranceMs = 86_400_000;

/**
 * Refuses, with `feed-corrupt`, a whole feed whose content is older than the one in force: an old copy would take back what is known
 * since. Only dates that can be compared count, see `isComparable`.
 */
export function assertNotOlder(application: DatedUpdate, found: ContentDate | undefined): void {
  const { update, feed, now } = application;
  const before = storedDate(feed, now);
  if (update.extent === 'changes' || update.acceptOlder || before === undefined || found === undefined)
    return;
  if (feed?.source_version !== update.sourceVersion || feed.revision === 0) return;
  const isSameOrigin = feed.origin === update.origin;
  if (!isComparable(before, found, isSameOrigin) || found.time >= before.time - olderToleranceMs) return;
  const { source, feed: name } = update;
  throw new ClairError(
    'feed-corrupt',
    `${source} ${name} goes back in time: its content is of ${day(found)}, and that of ${day(before)} is in force. It is refused, and the old content stays. To take it, run clair db update ${source} --accept-older`,
  );
}

/**
 * Whether a date may be held against the one in force. Equal or weaker evidence is no earlier for the same content, so an earlier date
 * is that of an older content. `Last-Modified` means something at one origin only, and the time of a file nothing.
 */
function isComparable(before: ContentDate, found: ContentDate, isSameOrigin: boolean): boolean {
  if (before.evidence === 'file' || (before.evidence === 'http' && !isSameOrigin)) return false;
  return dateEvidence.indexOf(found.evidence) >= dateEvidence.indexOf(before.evidence);
}

function day({ time }: ContentDate): string {
  return new Date(time).toISOString().slice(0, 10);
}
