import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Kysely, sql } from 'kysely';
import { openBareEngine } from '../../../testing/bare-engines.ts';
import { temporarySchema } from '../../../testing/store-engines.ts';
import type { Tables } from '../schema.ts';
import { rebuildSparseIndexes } from './postgres-indexes.ts';

const terms = { bytes: 1 << 16, excess: 1.4 };

test('rebuilds an index that deleted rows have left sparse', async (t) => {
  const db = await tableOf(t, 20_000);
  const full = await bytesOf(db);
  await sql`delete from item where id % 10 <> 0`.execute(db);
  await sql`vacuum (analyze) item`.execute(db);
  assert.equal(await bytesOf(db), full);
  await rebuildSparseIndexes(db, terms);
  assert.ok((await bytesOf(db)) < full / 5, `${full} bytes before, ${await bytesOf(db)} after`);
  assert.deepEqual(await indexes(db), ['item_pkey', 'item_text']);
});

test('leaves a full index and a small index alone', async (t) => {
  const db = await tableOf(t, 20_000);
  const file = await fileOf(db);
  await rebuildSparseIndexes(db, terms);
  assert.equal(await fileOf(db), file);
  await sql`delete from item where id % 10 <> 0`.execute(db);
  await sql`vacuum (analyze) item`.execute(db);
  await rebuildSparseIndexes(db, { ...terms, bytes: 1 << 30 });
  assert.equal(await fileOf(db), file);
});

test('drops what an interrupted rebuild left behind', async (t) => {
  const db = await tableOf(t, 10);
  await sql`create index item_text_ccnew on item (text)`.execute(db);
  await sql`update pg_index set indisvalid = false where indexrelid = 'item_text_ccnew'::regclass`.execute(
    db,
  );
  await rebuildSparseIndexes(db, terms);
  assert.deepEqual(await indexes(db), ['item_pkey', 'item_text']);
});

test('leaves the rebuild to another server that has begun one', async (t) => {
  const db = await tableOf(t, 10);
  await sql`create index item_text_ccnew on item (text)`.execute(db);
  await sql`update pg_index set indisvalid = false where indexrelid = 'item_text_ccnew'::regclass`.execute(
    db,
  );
  const lock = sql`1131176299, hashtext(current_schema())`;
  await db.connection().execute(async (other) => {
    await sql`select pg_advisory_lock(${lock})`.execute(other);
    await rebuildSparseIndexes(db, terms);
    assert.deepEqual(await indexes(db), ['item_pkey', 'item_text', 'item_text_ccnew']);
    await sql`select pg_advisory_unlock(${lock})`.execute(other);
  });
  await rebuildSparseIndexes(db, terms);
  assert.deepEqual(await indexes(db), ['item_pkey', 'item_text']);
});

/** Makes a table with an index in a schema of its own. */
async function tableOf(t: TestContext, rows: number): Promise<Kysely<Tables>> {
  const engine = await openBareEngine('postgresql', await temporarySchema(t));
  t.after(() => engine[Symbol.asyncDispose]());
  const { db } = engine;
  await sql`create table item (id integer primary key, text text not null)`.execute(db);
  await sql`create index item_text on item (text)`.execute(db);
  await sql`insert into item select i, md5(i::text) from generate_series(1, ${sql.lit(rows)}) as i`.execute(
    db,
  );
  await sql`vacuum (analyze) item`.execute(db);
  await sql`reindex table item`.execute(db);
  return db;
}

async function bytesOf(db: Kysely<Tables>): Promise<number> {
  const { rows } = await sql<{ bytes: number }>`select pg_relation_size('item_text') as bytes`.execute(db);
  return Number(rows[0]?.bytes);
}

/** Returns the number of the file, which a rebuild changes. */
async function fileOf(db: Kysely<Tables>): Promise<unknown> {
  const { rows } = await sql<{ file: unknown }>`select pg_relation_filenode('item_text') as file`.execute(db);
  return rows[0]?.file;
}

async function indexes(db: Kysely<Tables>): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select indexname as name from pg_indexes where schemaname = current_schema() order by indexname`.execute(
    db,
  );
  return rows.map(({ name }) => name);
}
