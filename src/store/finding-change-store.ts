import type { ChangedFindings, FindingCause } from '../model/finding-changes.ts';
import type { Severity } from '../model/severity.ts';

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
