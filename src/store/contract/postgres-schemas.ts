import pg from 'pg';
import { isSerializationFailure, retryWhile } from '../sql/dialect/postgres-errors.ts';

/** Creates an empty schema with a unique name; returns the connection string with the schema in it. */
export async function makeSchema(database: string): Promise<string> {
  const url = new URL(database);
  url.searchParams.set('search_path', `test_${crypto.randomUUID().replaceAll('-', '')}`);
  await query(url.href, `create schema ${schemaOf(url.href)}`);
  return url.href;
}

/** Time in milliseconds for which a drop of a schema is tried again. */
const dropForMs = 10_000;

/**
 * Drops the schema of a connection string and everything in it. Servers of the test may still write to it. PostgreSQL then ends one of the
 * two as a deadlock, so it tries again.
 */
export async function dropSchema(url: string): Promise<void> {
  const drop = (): Promise<unknown> => query(url, `drop schema ${schemaOf(url)} cascade`);
  await retryWhile(drop, isSerializationFailure, dropForMs);
}

/**
 * Deletes all rows but those of the migrations and restarts all sequences. Does not check references meanwhile. The tables are
 * few and small, so `delete` is faster than `truncate`.
 */
export async function emptySchema(url: string): Promise<void> {
  await query(url, emptying);
}

const emptying = `do $$ declare name text; begin
  set local session_replication_role = replica;
  for name in select tablename from pg_tables
    where schemaname = current_schema() and tablename not in ('clair_schema', 'id_counter')
  loop execute format('delete from %I', name); end loop;
  for name in select sequencename from pg_sequences where schemaname = current_schema()
  loop execute format('alter sequence %I restart', name); end loop;
  if to_regclass('id_counter') is not null then update id_counter set last_id = 0; end if;
end $$`;

/** Sends one statement to a server without the store; returns its rows. */
export async function query(url: string, statement: string): Promise<Record<string, unknown>[]> {
  const schema = schemaOf(url);
  const client = new pg.Client({
    connectionString: url,
    ...(schema !== undefined && { options: `-c search_path=${schema}` }),
  });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(statement)).rows;
  } finally {
    await client.end();
  }
}

function schemaOf(url: string): string | undefined {
  return new URL(url).searchParams.get('search_path') ?? undefined;
}
