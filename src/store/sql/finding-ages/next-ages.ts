import { ageGroupOf, codeOf, type GroupCode, type RepositoryAges } from './age-groups.ts';

/**
 * Returns the findings of a repository on a day, by those of the last time and the ranks of the vulnerabilities that it has now, by their
 * keys. `before` is undefined for a repository that was never counted.
 */
export function nextAges(
  before: RepositoryAges | undefined,
  found: ReadonlyMap<number, number>,
  day: number,
): RepositoryAges {
  const open = new Map<number, GroupCode>();
  for (const [key, rank] of found) {
    const known = before?.open.get(key);
    const group =
      known === undefined ? { since: day, closed: 0, isLowerBound: before === undefined } : ageGroupOf(known);
    open.set(key, codeOf({ ...group, rank }));
  }
  const closed = new Map(before?.closed);
  for (const [key, code] of before?.open ?? []) {
    if (found.has(key)) continue;
    const ended = codeOf({ ...ageGroupOf(code), closed: day });
    closed.set(ended, 1 + (closed.get(ended) ?? 0));
  }
  return { open, closed };
}

/** Returns the findings without those that were closed before a day. */
export function withoutOld({ open, closed }: RepositoryAges, firstDay: number): RepositoryAges {
  return { open, closed: new Map([...closed].filter(([code]) => ageGroupOf(code).closed >= firstDay)) };
}
