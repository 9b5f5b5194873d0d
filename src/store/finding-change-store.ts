import type { Severity } from '../model/severity.ts';

/**
 * Why findings of the fleet are new, are closed, or have another severity. The database has their positions: add new ones at the end.
 *
 * - `image-added`: an image came, or has a name again.
 * - `image-removed`: an image has lost all names, or was deleted.
 * - `image-read-again`: a later scan of the same image found other packages.
 * - `advisory`: an advisory came, changed, or was withdrawn.
 * - `counted-again`: a source was loaded for the first time, or the program matches in another way.
 * - `rating`: a source rates the severity of a vulnerability otherwise.
 */
export const findingCauses = [
  ...(['image-added', 'image-removed', 'image-read-again'] as const),
  ...(['advisory', 'counted-again', 'rating'] as const),
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

/** The findings that one image or one vulnerability changed on a day. */
export interface SubjectChange extends ChangedFindings {
  /** Identity of the image, or id of the vulnerability. Empty for findings whose vulnerability is not known. */
  readonly subject: string;
  readonly severity: Severity | null;
  /** Digest and reference of the image. Null for a vulnerability, and for an image that no scan of this server has read or that was deleted. */
  readonly digest: string | null;
  readonly reference: string | null;
}

/** Which changes are listed. */
export interface ChangeFilter {
  /** In UTC: `2026-01-31`. */
  readonly day: string;
  readonly cause: FindingCause;
  readonly severity?: Severity | undefined;
}

/** Where a page of changes ends. */
export type ChangePlace = readonly [number, string];

/** A page of changes, the worst severity first, then those of most findings. `next` is absent on the last page. */
export interface ChangePage {
  readonly changes: readonly SubjectChange[];
  readonly next?: ChangePlace;
}
