import type { Kysely } from 'kysely';
import { padToPowerOfTwo, splitIntoChunks } from '../../../kit/collections.ts';
import {
  type CauseSum,
  type ChangedFindings,
  type FindingCause,
  findingCauses,
} from '../../../model/finding-changes.ts';
import type { Tables } from '../schema.ts';
import {
  type FindingChangeSumTable,
  type FindingChangeTable,
  numberOfCause,
  placeOf,
  severityOf,
} from './change-rows.ts';

/** Number of rows per statement. */
const rowsAtATime = 100;

/** Findings that an image or a vulnerability changes. */
export interface FindingChange extends ChangedFindings {
  readonly cause: FindingCause;
  /** See `SubjectChange`. */
  readonly subject: string;
  /** See `FindingChangeTable`. */
  readonly rank: number;
  /** Number of findings that a rebuilt image has in common with the earlier one. They are neither opened nor closed. */
  readonly kept?: number;
}

/** Adds changes to those of a day. Call it in the transaction that changes the findings. */
export async function recordChanges(
  db: Kysely<Tables>,
  day: string,
  changes: readonly FindingChange[],
): Promise<void> {
  const ofCauses = Map.groupBy(changes, ({ cause }) => cause);
  for (const cause of findingCauses)
    for (const some of splitIntoChunks(mergeSubjects(ofCauses.get(cause) ?? []), rowsAtATime))
      await recordSome(db, { day, cause }, some);
}

/** Returns one change for each subject, in sorted order. */
function mergeSubjects(changes: readonly FindingChange[]): FindingChange[] {
  const merged = new Map<string, FindingChange>();
  for (const change of changes) {
    const before = merged.get(change.subject);
    const kept = (before?.kept ?? 0) + (change.kept ?? 0);
    merged.set(change.subject, before === undefined ? change : { ...change, ...sumOf(before, change), kept });
  }
  return [...merged.values()].sort((a, b) => (a.subject < b.subject ? -1 : 1));
}

function sumOf(a: ChangedFindings, b: ChangedFindings): ChangedFindings {
  return {
    opened: a.opened + b.opened,
    closed: a.closed + b.closed,
    rerated: a.rerated + b.rerated,
  };
}

/** Records changes of one cause. */
async function recordSome(
  db: Kysely<Tables>,
  { day, cause }: { readonly day: string; readonly cause: FindingCause },
  changes: readonly FindingChange[],
): Promise<void> {
  const known = await db
    .selectFrom('finding_change')
    .selectAll()
    .where('day', '=', day)
    .where('cause', '=', numberOfCause(cause))
    .where('subject', 'in', padToPowerOfTwo(changes.map(({ subject }) => subject)))
    .execute();
  const bySubject = new Map(known.map((row) => [row.subject, row]));
  const rows = changes.map((change) => rowOf(day, change, bySubject.get(change.subject)));
  await db
    .insertInto('finding_change')
    .values(rows)
    .onConflict((conflict) =>
      conflict.columns(['day', 'cause', 'subject']).doUpdateSet((eb) => ({
        rank: eb.ref('excluded.rank'),
        opened: eb.ref('excluded.opened'),
        closed: eb.ref('excluded.closed'),
        rerated: eb.ref('excluded.rerated'),
        place: eb.ref('excluded.place'),
      })),
    )
    .execute();
  await addSums(db, sumsOf(known, rows));
}

function rowOf(
  day: string,
  { cause, subject, rank, kept = 0, ...change }: FindingChange,
  before: FindingChangeTable | undefined,
): FindingChangeTable {
  const sum = before === undefined ? change : sumOf(before, change);
  // Both indexes of an image that was read again have nearly the same findings. Only the difference is new or closed.
  const findings = withoutKept(sum, cause === 'image-read-again' ? Infinity : kept);
  return { day, cause: numberOfCause(cause), subject, rank, ...findings, place: placeOf(rank, findings) };
}

/** Takes as many findings from both numbers, so that their difference stays. They have none in common while one image is not counted. */
function withoutKept({ opened, closed, rerated }: ChangedFindings, kept: number): ChangedFindings {
  const both = Math.min(opened, closed, kept);
  return { opened: opened - both, closed: closed - both, rerated };
}

/** Returns by how much the sums of ranks change when rows replace others. */
function sumsOf(
  before: readonly FindingChangeTable[],
  after: readonly FindingChangeTable[],
): FindingChangeSumTable[] {
  const sums = new Map<number, FindingChangeSumTable>();
  const add = (row: FindingChangeTable, sign: 1 | -1): void => {
    const { day, cause, rank, opened, closed, rerated } = row;
    const old = sums.get(rank) ?? { day, cause, rank, subjects: 0, opened: 0, closed: 0, rerated: 0 };
    const subjects = opened + closed + rerated > 0 ? 1 : 0;
    const signed = { opened: sign * opened, closed: sign * closed, rerated: sign * rerated };
    sums.set(rank, { ...old, ...sumOf(old, signed), subjects: old.subjects + sign * subjects });
  };
  for (const row of before) add(row, -1);
  for (const row of after) add(row, 1);
  return [...sums.values()].sort((a, b) => a.rank - b.rank);
}

async function addSums(db: Kysely<Tables>, sums: readonly FindingChangeSumTable[]): Promise<void> {
  if (sums.length === 0) return;
  await db
    .insertInto('finding_change_sum')
    .values(sums)
    .onConflict((conflict) =>
      conflict.columns(['day', 'cause', 'rank']).doUpdateSet((eb) => ({
        subjects: eb('finding_change_sum.subjects', '+', eb.ref('excluded.subjects')),
        opened: eb('finding_change_sum.opened', '+', eb.ref('excluded.opened')),
        closed: eb('finding_change_sum.closed', '+', eb.ref('excluded.closed')),
        rerated: eb('finding_change_sum.rerated', '+', eb.ref('excluded.rerated')),
      })),
    )
    .execute();
}

/** Returns the sums of the changes of a day. */
export async function sumChanges(db: Kysely<Tables>, day: string): Promise<CauseSum[]> {
  const rows = await db
    .selectFrom('finding_change_sum')
    .selectAll()
    .where('day', '=', day)
    .where('subjects', '>', 0)
    .orderBy('cause')
    .orderBy('rank')
    .execute();
  return rows.map(({ cause, rank, subjects, opened, closed, rerated }) => ({
    cause: findingCauses[cause] ?? 'counted-again',
    severity: severityOf(rank),
    subjects,
    opened,
    closed,
    rerated,
  }));
}
