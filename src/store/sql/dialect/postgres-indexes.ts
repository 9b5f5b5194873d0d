import { type Kysely, sql } from 'kysely';
import type { Tables } from '../schema.ts';

/** The least size in bytes of an index that is rebuilt, and the least ratio to the size that its rows need. */
export interface SparseIndexTerms {
  readonly bytes: number;
  readonly excess: number;
}

const defaultTerms: SparseIndexTerms = { bytes: 8 << 20, excess: 1.4 };

/**
 * Rebuilds the indexes that deleted rows have left sparse. PostgreSQL uses a page of an index again only once it is empty, but the rows of
 * one page belong to many images. Reads and writes go on meanwhile. Does nothing for indexes of another owner, and nothing while another
 * server rebuilds.
 */
export async function rebuildSparseIndexes(
  db: Kysely<Tables>,
  terms: SparseIndexTerms = defaultTerms,
): Promise<void> {
  await db.connection().execute(async (connection) => {
    if (!(await tryLock(connection))) return;
    try {
      await sql`set statement_timeout = 0`.execute(connection);
      // An interrupted rebuild leaves an index that is not used, but written to.
      for (const name of await unfinishedIndexes(connection))
        await sql`drop index concurrently if exists ${sql.table(name)}`.execute(connection);
      for (const name of await sparseIndexes(connection, terms))
        await sql`reindex index concurrently ${sql.table(name)}`.execute(connection);
    } finally {
      await sql`reset statement_timeout`.execute(connection);
      await sql`select pg_advisory_unlock(${rebuildLock})`.execute(connection);
    }
  });
}

/** An advisory lock of the session. The first number is one after those of writers, see `lockCalls`. Each schema has its own. */
const rebuildLock = sql`1131176299, hashtext(current_schema())`;

async function tryLock(connection: Kysely<Tables>): Promise<boolean> {
  const { rows } = await sql<{ locked: boolean }>`
    select pg_try_advisory_lock(${rebuildLock}) as locked`.execute(connection);
  return rows[0]?.locked === true;
}

async function unfinishedIndexes(db: Kysely<Tables>): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select pg_class.relname as name
    from pg_index
    join pg_class on pg_class.oid = indexrelid
    join pg_namespace on pg_namespace.oid = relnamespace
    where nspname = current_schema() and not indisvalid
      and relname ~ '_cc(new|old)[0-9]*$' and pg_has_role(relowner, 'usage')
    order by relname
  `.execute(db);
  return rows.map(({ name }) => name);
}

/** An entry of an index has a header and a pointer of 12 bytes in all, and values in units of 8. A page is filled to nine tenths. */
async function sparseIndexes(db: Kysely<Tables>, { bytes, excess }: SparseIndexTerms): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    with sized as (
      select index.relname as name, pg_relation_size(index.oid) as bytes, index.reltuples as entries,
        (
          select case when count(*) = indnatts then sum(avg_width) end
          from pg_attribute
          join pg_stats on schemaname = nspname and tablename = owner.relname and pg_stats.attname = pg_attribute.attname
          where attrelid = indrelid and attnum = any (indkey)
        ) as width
      from pg_index
      join pg_class as index on index.oid = indexrelid
      join pg_class as owner on owner.oid = indrelid
      join pg_namespace on pg_namespace.oid = index.relnamespace
      where nspname = current_schema() and indisvalid and pg_has_role(index.relowner, 'usage')
    )
    select name from sized
    where bytes >= ${bytes} and entries >= 0
      and bytes > ${excess} * entries * (12 + 8 * ceil(width / 8.0)) / 0.9
    order by name
  `.execute(db);
  return rows.map(({ name }) => name);
}
