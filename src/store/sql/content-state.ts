import { type Kysely, sql } from 'kysely';
import type { Tables } from './schema.ts';

const lookupsKey = 'store/lookups';

/** Returns a text that differs for each content of advisories and ratings. */
export async function readContentState(db: Kysely<Tables>): Promise<string> {
  const state = await db
    .selectFrom('feed')
    .select([
      sql<number>`count(*)`.as('feeds'),
      sql<number>`coalesce(sum(revision), 0)`.as('applications'),
      sql<number>`coalesce(sum(checked_at), 0)`.as('checks'),
      sql<number>`(select count(*) from namespace where version_scheme <> '')`.as('schemes'),
      sql<string>`(select value from key_value where key = ${lookupsKey})`.as('lookups'),
    ])
    .executeTakeFirstOrThrow();
  // A driver may return a number as a text.
  return Object.values(state).map(String).join(' ');
}

/** Counts written or deleted results of lookups, which change ratings without an application of a feed. Writers wait for each other. */
export async function countLookups(db: Kysely<Tables>, count: number): Promise<void> {
  await db
    .insertInto('key_value')
    .values({ key: lookupsKey, value: String(count) })
    .onConflict((conflict) =>
      conflict.column('key').doUpdateSet({
        value: sql<string>`cast(cast(key_value.value as bigint) + ${count} as text)`,
      }),
    )
    .execute();
}
