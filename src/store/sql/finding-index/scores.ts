import type { Kysely } from 'kysely';
import type { FoundScore } from '../../finding-count-store.ts';
import type { PageRequest } from '../../page.ts';
import type { Engine } from '../engine.ts';
import type { Tables } from '../schema.ts';
import { scoreOfUnits, scoreUnits } from './stored-values.ts';

/** Returns vulnerabilities of the index with their scores, by rising number. */
export async function pageScores(
  db: Kysely<Tables>,
  { limit, after = 0 }: PageRequest<number>,
): Promise<FoundScore[]> {
  const rows = await db
    .selectFrom('found_vulnerability')
    .select(['id', 'name', 'epss'])
    .where('id', '>', after)
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map(({ id, name, epss }) => ({ number: id, vulnerability: name, epss: scoreOfUnits(epss) }));
}

/** Saves other scores of vulnerabilities. */
export async function saveScores(
  engine: Engine,
  scores: readonly Pick<FoundScore, 'number' | 'epss'>[],
): Promise<void> {
  if (scores.length === 0) return;
  await engine.write(async (db) => {
    for (const { number, epss } of scores)
      await db
        .updateTable('found_vulnerability')
        .set({ epss: scoreUnits(epss) })
        .where('id', '=', number)
        .execute();
  }, 'own rows');
}
