import type { Severity } from './types.ts';

/** Why findings are new or closed, or have another severity. */
export type ChangeCause =
  | 'image-added'
  | 'image-removed'
  | 'image-read-again'
  | 'advisory'
  | 'counted-again'
  | 'rating'
  | 'image-rebuilt';

/** @route GET /api/v1/summary/changes */
export interface FindingChanges {
  /** Null before the first count. */
  readonly day: string | null;
  /** The last day with a count before. Null without one. */
  readonly since: string | null;
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

/** The findings that a cause changed. */
export interface CauseSum {
  readonly cause: ChangeCause;
  /** Null if the cause is an image. */
  readonly severity: Severity | null;
  /** Number of images or vulnerabilities. */
  readonly subjects: number;
  readonly opened: number;
  readonly closed: number;
  readonly rerated: number;
}

/** @route GET /api/v1/summary/changes/{cause} */
export interface ChangeList {
  readonly day: string | null;
  readonly changes: readonly SubjectChange[];
  readonly next?: string;
}

/** The findings that one image or one vulnerability changed. */
export interface SubjectChange extends Omit<CauseSum, 'cause' | 'subjects'> {
  readonly subject: string;
  readonly digest: string | null;
  readonly reference: string | null;
}
