/**
 * Evidence for the age of a feed's content, the strongest first: the newest date of its records, the time the feed itself says it
 * was written, `Last-Modified` of HTTP, and the time of the file in a mirror directory. For the same content, each is usually
 * no earlier than those before it; a file is at least as old as its time says, but what it holds may be older.
 */
export const dateEvidence = ['record', 'feed', 'http', 'file'] as const;

/** How the age of a feed's content is known. */
export type DateEvidence = (typeof dateEvidence)[number];

const dayMs = 86_400_000;

/** How far ahead of the clock a content date may be: clocks differ, and some vendors write days without a time zone. */
export const futureDateToleranceMs: number = dayMs;

/** No vendor published machine-readable advisories earlier. Earlier dates are placeholders such as 0001-01-01. */
export const earliestContentDate: number = Date.parse('1995-01-01T00:00:00Z');

/**
 * Whether a date can be that of content. Dates in the future are ignored: otherwise a hostile feed could look current for ever, and
 * every later update would count as older.
 */
export function isPlausibleDate(time: number, now: number): boolean {
  return time >= earliestContentDate && time <= now + futureDateToleranceMs;
}
