import type { Kysely } from 'kysely';
import { dayMs } from '../../../core/duration.ts';
import { limits } from '../../../core/limits.ts';
import { elementAt } from '../../../kit/collections.ts';
import { compareText } from '../../../model/order.ts';
import type { AgeScope, FindingAges, PathAges } from '../../finding-age-store.ts';
import { readValue } from '../key-values.ts';
import type { Tables } from '../schema.ts';
import { allAges, severityAges } from './age-figures.ts';
import { type GroupCounts, unpackCounts } from './age-groups.ts';
import { depthOf, endOfFolder, folderOfPath, pathOfFolder, pathOfRepository } from './age-paths.ts';

/** Key of the state of the last complete pass. */
export const stateKey = 'store/ages';

/** The last complete pass. */
export interface AgeState extends Pick<FindingAges, 'countedAt' | 'countedSince'> {
  /** Time that it took, in milliseconds. */
  readonly tookMs: number;
}

/** Returns the last complete pass. Undefined before the first one. */
export async function readAgeState(db: Kysely<Tables>): Promise<AgeState | undefined> {
  const text = await readValue(db, stateKey);
  // The text was written at the end of a pass, so it needs no validation.
  return text === undefined ? undefined : (JSON.parse(text) as AgeState);
}

/** Returns the number of days since 1970 in UTC. */
export function dayNumber(time: number): number {
  return Math.floor(time / dayMs);
}

/** Returns the ages of findings of a scope, by its sums. */
export async function findAges(
  db: Kysely<Tables>,
  scope: AgeScope,
  days: number,
): Promise<FindingAges | undefined> {
  const state = await readAgeState(db);
  if (state === undefined) return undefined;
  const { countedAt, countedSince } = state;
  const period = { day: dayNumber(Date.parse(countedAt)), days };
  const counts = await readCounts(db, scope);
  const below = scope.kind === 'repository' ? [] : await readBelow(db, folderOf(scope));
  const paths = below
    .slice(0, limits.readAgePaths)
    .map(({ name, counts: ofPath }): PathAges => ({ path: name, ...allAges(ofPath, period) }));
  paths.sort((a, b) => b.open.findings - a.open.findings || compareText(a.path, b.path));
  return {
    countedAt,
    countedSince,
    severities: counts === undefined ? null : severityAges(counts, period),
    paths,
    isCut: below.length > limits.readAgePaths,
  };
}

function folderOf(scope: Exclude<AgeScope, { kind: 'repository' }>): string {
  return scope.kind === 'all' ? '' : scope.path;
}

async function readCounts(db: Kysely<Tables>, scope: AgeScope): Promise<GroupCounts | undefined> {
  const hasKeys = scope.kind === 'repository';
  const [table, path] = hasKeys
    ? (['repository_age', pathOfRepository(scope.name)] as const)
    : (['age_sum', pathOfFolder(folderOf(scope))] as const);
  const row = await db.selectFrom(table).select('content').where('path', '=', path).executeTakeFirst();
  return row && unpackCounts(row.content, { hasKeys });
}

interface FolderCounts {
  readonly name: string;
  readonly counts: GroupCounts;
}

/** Returns the sums of the paths below one, at the first depth that has several. */
async function readBelow(db: Kysely<Tables>, folder: string): Promise<FolderCounts[]> {
  const path = pathOfFolder(folder);
  const rows = await db
    .selectFrom('age_sum')
    .select(['path', 'content'])
    .where('depth', '=', depthOf(folder) + 1)
    .where('path', '>', path)
    .where('path', '<', endOfFolder(path))
    .orderBy('path')
    .limit(limits.readAgePaths + 1)
    .execute();
  const found = rows.map((row) => ({
    name: folderOfPath(row.path),
    counts: unpackCounts(row.content, { hasKeys: false }),
  }));
  if (found.length !== 1) return found;
  const only = elementAt(found, 0);
  const below = await readBelow(db, only.name);
  return below.length === 0 ? found : below;
}
