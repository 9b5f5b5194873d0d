/**
 * Evidence for the age of a feed's content, strongest first: the newest date of its records, the date that the feed declares,
 * `Last-Modified` of HTTP, and the time of the file in a mirror directory. For the same content, each is usually no earlier than those
 * before it. A file may be newer than its content.
 */
export const dateEvidence = ['record', 'feed', 'http', 'file'] as const;

/** The kind of evidence for the age of a feed's content. */
export type DateEvidence = (typeof dateEvidence)[number];

/** How far a content date may be ahead of the clock, in milliseconds. Clocks differ, and some vendors write days without a time zone. */
export const futureDateToleranceMs = 86_400_000;

/** No vendor published machine-readable advisories earlier. Earlier dates are placeholders such as 0001-01-01. */
export const earliestContentDate: number = Date.parse('1995-01-01T00:00:00Z');

/**
 * Returns whether a date can be that of content. Dates in the future are ignored: otherwise a hostile feed could look current for ever, and
 * every later update would count as older.
 */
export function isPlausibleDate(time: number, now: number): boolean {
  return time >= earliestContentDate && time <= now + futureDateToleranceMs;
}
