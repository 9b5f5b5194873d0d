import { limits } from '../../core/limits.ts';
import type { CauseSum, DayChanges } from '../../model/finding-changes.ts';
import type { FindingCountStore, FindingDay } from '../../store/finding-count-store.ts';

type Days = Pick<FindingCountStore, 'findDays'>;

/** Returns the changes of a day such as `2026-01-31`, by default of the last one with a count. Costs two rows. */
export async function changesOfDay(counts: Days, day?: string): Promise<DayChanges> {
  const [last, before] = await counts.findDays(day);
  const isWanted = last !== undefined && (day === undefined || last.day === day);
  return isWanted ? compareDays(last, before) : noCount(day);
}

/**
 * Returns the changes of each day with a count from a day such as `2026-01-31` on, the newest first: those of the last day if it is older, and
 * at most those of `limits.digestDays` days.
 */
export async function changesSince(counts: Days, from: string): Promise<DayChanges[]> {
  const changes: DayChanges[] = [];
  let day: string | undefined;
  do {
    const [last, before] = await counts.findDays(day);
    if (last === undefined) return changes;
    changes.push(compareDays(last, before));
    day = before?.day;
  } while (day !== undefined && day >= from && changes.length < limits.digestDays);
  return changes;
}

function noCount(day: string | undefined): DayChanges {
  const numbers = { now: null, before: null, opened: null, closed: null, unexplained: null };
  return { day: day ?? null, since: null, countedAt: null, ...numbers, causes: null };
}

/** A day whose changes were not recorded has no causes, instead of empty ones. */
function compareDays({ day, at, changes, ...now }: FindingDay, before: FindingDay | undefined): DayChanges {
  const difference = before === undefined ? null : findingsOf(now) - findingsOf(before);
  const opened = changes === undefined ? null : sumOf(changes, (one) => one.opened);
  const closed = changes === undefined ? null : sumOf(changes, (one) => one.closed);
  return {
    day,
    since: before?.day ?? null,
    countedAt: at,
    now: findingsOf(now),
    before: before === undefined ? null : findingsOf(before),
    opened,
    closed,
    unexplained: difference === null ? null : difference - (opened ?? 0) + (closed ?? 0),
    causes: changes ?? null,
  };
}

function findingsOf({ findings }: Pick<FindingDay, 'findings'>): number {
  return findings.reduce((sum, count) => sum + count.findings, 0);
}

function sumOf(changes: readonly CauseSum[], of: (one: CauseSum) => number): number {
  return changes.reduce((sum, one) => sum + of(one), 0);
}
