import type { Severity } from './severity.ts';

/**
 * Why findings of the fleet are new, are closed, or have another severity. The database has their positions: add new ones at the end.
 *
 * - `image-added`: an image came, or has a name again.
 * - `image-removed`: an image has lost all names, or was deleted.
 * - `image-read-again`: a later scan of the same image found other packages.
 * - `advisory`: an advisory came, changed, or was withdrawn.
 * - `counted-again`: a source was loaded for the first time, or the program matches in another way.
 * - `rating`: a source rates the severity of a vulnerability otherwise.
 * - `image-rebuilt`: a name was moved to another image, and the earlier one has no name any more.
 */
export const findingCauses = [
  ...(['image-added', 'image-removed', 'image-read-again'] as const),
  ...(['advisory', 'counted-again', 'rating', 'image-rebuilt'] as const),
] as const;

/** An element of `findingCauses`. */
export type FindingCause = (typeof findingCauses)[number];

/** Numbers of findings that changed. */
export interface ChangedFindings {
  readonly opened: number;
  readonly closed: number;
  /** Those that have another severity than before. */
  readonly rerated: number;
}

/** The findings that a cause changed on a day. */
export interface CauseSum extends ChangedFindings {
  readonly cause: FindingCause;
  /** That of the vulnerabilities. Null if the cause is an image. */
  readonly severity: Severity | null;
  /** Number of images, or of vulnerabilities. */
  readonly subjects: number;
}

/** How many findings are new and closed since the last count of an earlier day, and why. */
export interface DayChanges {
  /** In UTC: `2026-01-31`. Null before the first count. */
  readonly day: string | null;
  /** The last day with a count before. Null without one. */
  readonly since: string | null;
  /** ISO 8601. */
  readonly countedAt: string | null;
  readonly now: number | null;
  readonly before: number | null;
  readonly opened: number | null;
  readonly closed: number | null;
  /** The part of the difference between both days that no cause explains. */
  readonly unexplained: number | null;
  /** Null if the server that counted did not record them. */
  readonly causes: readonly CauseSum[] | null;
}
