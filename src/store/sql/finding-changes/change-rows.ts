import { type ChangedFindings, type FindingCause, findingCauses } from '../../../model/finding-changes.ts';
import type { Severity } from '../../../model/severity.ts';
import { severityOfRank, severityRanks } from '../finding-index/stored-values.ts';

/** The tables of changed findings. */
export interface FindingChangeTables {
  finding_change: FindingChangeTable;
  finding_change_sum: FindingChangeSumTable;
}

/** Columns that both tables have. */
interface ChangeColumns extends ChangedFindings {
  /** In UTC: `2026-01-31`. */
  day: string;
  /** Index in `findingCauses`. */
  cause: number;
  /** See `severityRanks`. `noRank` if the cause is an image. */
  rank: number;
}

/** The findings that one image or one vulnerability changed on a day. */
export interface FindingChangeTable extends ChangeColumns {
  /** See `SubjectChange`. */
  subject: string;
  /** Position in the list. See `placeOf`. */
  place: number;
}

/** Sums of the rows of a day, a cause and a rank. */
export interface FindingChangeSumTable extends ChangeColumns {
  /** Number of rows that changed any finding. */
  subjects: number;
}

/** The rank of changes by images, which have findings of several severities. */
export const noRank: number = severityRanks.length;

/** Numbers of findings above this one have the same place. */
const placesOfRank = 2 ** 40;

/** Returns the position of a change in the list: the worst severity comes first, and then the most findings. */
export function placeOf(rank: number, { opened, closed, rerated }: ChangedFindings): number {
  const findings = Math.min(opened + closed + rerated, placesOfRank - 1);
  return (rank + 1) * placesOfRank - 1 - findings;
}

/** Returns the places of changes of a rank: from the first one on, and before the second one. */
export function placeRange(rank: number): readonly [from: number, before: number] {
  return [rank * placesOfRank, (rank + 1) * placesOfRank];
}

/** Returns the severity of a rank. Null for that of images. */
export function severityOf(rank: number): Severity | null {
  return rank === noRank ? null : severityOfRank(rank);
}

/** Returns the number of a cause in the tables. */
export function numberOfCause(cause: FindingCause): number {
  return findingCauses.indexOf(cause);
}
