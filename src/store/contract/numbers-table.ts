import type { TestContext } from 'node:test';
import { type Kysely, sql } from 'kysely';
import { openPostgresEngine } from '../sql/dialect/postgres-engine.ts';
import { parsePostgresSource } from '../sql/dialect/postgres-source.ts';
import type { Engine, EngineConnection } from '../sql/engine.ts';
import type { Tables } from '../sql/schema.ts';

/** Opens an engine on an empty schema, by its connection string; `settings` are added to it. */
export async function openPostgresAt(
  context: TestContext,
  place: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<Engine> {
  const url = new URL(place);
  for (const [key, value] of Object.entries(settings)) url.searchParams.set(key, value);
  const engine = await openPostgresEngine(parsePostgresSource(url.href), 8);
  context.after(() => engine[Symbol.asyncDispose]());
  return engine;
}

/** The table of `createNumbers`, which is not in the schema. */
export const numbersTable = 'numbers' as keyof Tables;

/** Creates a table with the rows (1, 0) and (2, 0). */
export async function createNumbers({ db }: EngineConnection): Promise<void> {
  await sql`create table numbers (a bigint, b bigint)`.execute(db);
  await sql`insert into numbers values (1, 0), (2, 0)`.execute(db);
}

/** Returns the sum of its second column. */
export async function sumOfNumbers(db: Kysely<Tables>): Promise<number | undefined> {
  const { rows } = await sql<{ sum: number }>`select sum(b)::bigint as sum from numbers`.execute(db);
  return rows[0]?.sum;
}

/** Adds one to the second column of the row that has this number in its first. */
export async function addOneTo(db: Kysely<Tables>, a: number): Promise<void> {
  await sql`update numbers set b = b + 1 where a = ${a}`.execute(db);
}
