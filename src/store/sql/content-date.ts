import { dayMs } from '../../core/duration.ts';
import { ClairError } from '../../core/errors.ts';
import { type DateEvidence, dateEvidence, isPlausibleDate } from '../../model/content-date.ts';
import type { FeedUpdate, PublishedState } from '../advisory-store.ts';
import { commandFor, isWhole, statedDates } from './feed-update.ts';
import type { ContentDate, FeedRow } from './feeds.ts';

/** The latest plausible dates of a feed, collected while it is read. */
export class FeedDates {
  readonly #now: number;
  /** Date of its newest record; null if no record has a plausible date. */
  record: number | null = null;
  /** Date of the feed as a whole. */
  feed: number | null = null;
  /** Version of the model that computed the content. */
  model: string | undefined;

  constructor(now: number) {
    this.#now = now;
  }

  /** Adds the date of the last change of a record. */
  addRecordDate(time: number): void {
    if (isPlausibleDate(time, this.#now)) this.record = Math.max(this.record ?? time, time);
  }

  /** Adds the dates that the feed states for its content as a whole. */
  addStatedDates(update: FeedUpdate): void {
    const { dates = [] } = statedDates(update);
    for (const { dated, by, model } of dates) {
      const time = Date.parse(dated);
      this.model = model ?? this.model;
      if (by === 'record') this.addRecordDate(time);
      else if (isPlausibleDate(time, this.#now)) this.feed = Math.max(this.feed ?? time, time);
    }
  }
}

/** Inputs of the date of applied content. */
export interface DatedUpdate {
  readonly update: FeedUpdate;
  /** The feed as it is stored. */
  readonly feed: FeedRow | undefined;
  readonly dates: FeedDates;
  readonly now: number;
}

/**
 * Returns the date of the content by the strongest evidence, or undefined. A date slightly ahead of the clock counts as now. An
 * update of changes leaves the dates of records that it does not name.
 */
export function resolveContentDate({ update, feed, dates, now }: DatedUpdate): ContentDate | undefined {
  const { lastModified, fileModified } = statedDates(update);
  const candidates: Readonly<Record<DateEvidence, number | null>> = {
    record: dates.record,
    feed: dates.feed,
    http: timeOf(lastModified),
    file: timeOf(fileModified),
  };
  const found =
    update.kind === 'published'
      ? publishedDate(update.state, now)
      : withModel(strongest(candidates, now), dates.model);
  const before = storedDate(feed, now);
  if (isWhole(update) || before === undefined) return found;
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

function withModel(found: ContentDate | undefined, model: string | undefined): ContentDate | undefined {
  return found === undefined || model === undefined ? found : { ...found, model };
}

/** Returns the date that the publisher determined, if it is plausible here. */
function publishedDate(
  { contentDate, contentEvidence, contentModel }: PublishedState,
  now: number,
): ContentDate | undefined {
  const time = timeOf(contentDate ?? undefined);
  if (time === null || contentEvidence === null) return undefined;
  return isPlausibleDate(time, now)
    ? withModel({ time, evidence: contentEvidence }, contentModel)
    : undefined;
}

/** Returns the date of the current content. A date that was in the future when it was stored is no evidence. */
function storedDate(feed: FeedRow | undefined, now: number): ContentDate | undefined {
  if (feed === undefined || feed.content_date === null || feed.content_evidence === null) return undefined;
  if (!isPlausibleDate(feed.content_date, now)) return undefined;
  const stored = { time: feed.content_date, evidence: feed.content_evidence };
  return withModel(stored, feed.content_model ?? undefined);
}

function timeOf(time: string | undefined): number | null {
  const value = Date.parse(time ?? '');
  return Number.isNaN(value) ? null : value;
}

/** Tolerance for older content, in milliseconds: servers of a vendor may lag, and a vendor may withdraw its newest record. */
export const olderToleranceMs: number = dayMs;

/**
 * Throws `feed-corrupt` if a whole or published feed is older than the current content: an old copy would revert newer advisories. Ignores
 * dates that are not comparable; see `isComparable`.
 */
export function assertNotOlder(application: DatedUpdate, found: ContentDate | undefined): void {
  const { update, feed, now } = application;
  const before = storedDate(feed, now);
  if (update.kind !== 'whole' && update.kind !== 'published') return;
  if (update.acceptOlder || before === undefined || found === undefined) return;
  if (feed?.source_version !== update.sourceVersion || feed.revision === 0) return;
  const isSameOrigin = feed.origin === update.origin;
  if (!isComparable(before, found, isSameOrigin) || found.time >= before.time - olderToleranceMs) return;
  const { source, feed: name } = update;
  throw new ClairError(
    'feed-corrupt',
    `${source} ${name} goes back in time: its content is of ${day(found)}, but the current content is of ${day(before)}. The update was rejected, and the current content stays. To accept the older content, run ${commandFor(update, '--accept-older')}`,
  );
}

/**
 * Returns whether a date may be compared with that of the current content. Equal or weaker evidence is never earlier for the same
 * content, so an earlier date means older content. `Last-Modified` is comparable at one origin only, and the time of a file never.
 */
function isComparable(before: ContentDate, found: ContentDate, isSameOrigin: boolean): boolean {
  if (before.evidence === 'file' || (before.evidence === 'http' && !isSameOrigin)) return false;
  return dateEvidence.indexOf(found.evidence) >= dateEvidence.indexOf(before.evidence);
}

function day({ time }: ContentDate): string {
  return new Date(time).toISOString().slice(0, 10);
}
