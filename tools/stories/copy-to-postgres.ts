import { DatabaseSync } from 'node:sqlite';
import { sql } from 'kysely';
import { BulkWriter, type Value } from '../../src/store/sql/bulk-writer.ts';
import { CopyWriter } from '../../src/store/sql/dialect/postgres-copy.ts';
import { openPostgresEngine } from '../../src/store/sql/dialect/postgres-engine.ts';
import { parsePostgresSource } from '../../src/store/sql/dialect/postgres-source.ts';
import type { EngineConnection } from '../../src/store/sql/engine.ts';
import { openPostgresStore } from '../../src/store/sql/postgres-store.ts';
import { narrowTables, type Tables } from '../../src/store/sql/schema.ts';

/** A column of a table, as both engines name it. */
interface Column {
  readonly table: keyof Tables;
  readonly name: string;
  readonly type: string;
}

/** Copies all rows of a SQLite database of the current schema to an empty database of PostgreSQL: a path, and a connection string. */
export async function copyToPostgres(database: string, source: string): Promise<void> {
  // Creates the tables.
  await (await openPostgresStore(source))[Symbol.asyncDispose]();
  await using engine = await openPostgresEngine(parsePostgresSource(source), 1);
  const from = new DatabaseSync(database, { readOnly: true });
  await engine.write(async (db) => {
    // Rows come table by table, so that a row can precede the one that it refers to.
    await sql`set local session_replication_role = replica`.execute(db);
    const known = from.prepare("select 1 from sqlite_schema where type = 'table' and name = ?");
    // PostgreSQL keeps the version of the schema in a table, and SQLite in a pragma.
    for (const [table, columns] of Map.groupBy(await columnsOf(db), (column) => column.table))
      if (known.get(table) !== undefined) await copyTable(from, db, { table, columns });
    await continueNumbers(db);
  });
  from.close();
  await sql`vacuum analyze`.execute(engine.db);
}

type Database = EngineConnection['db'];

async function columnsOf(db: Database): Promise<Column[]> {
  const { rows } = await sql<Column>`
    select table_name as table, column_name as name, data_type as type from information_schema.columns
    where table_schema = current_schema() order by table_name, ordinal_position`.execute(db);
  return rows;
}

async function copyTable(
  from: DatabaseSync,
  db: Database,
  { table, columns }: { readonly table: keyof Tables; readonly columns: readonly Column[] },
): Promise<void> {
  // Creating the tables wrote the first rows of some.
  await sql`delete from ${sql.table(table)}`.execute(db);
  const names = columns.map(({ name }) => name);
  const list = names.map((name) => `"${name}"`).join(', ');
  // The binary format of COPY converts no numbers.
  const converted = narrowTables.has(table) ? ['bigint', 'smallint'] : ['integer', 'smallint'];
  const isConverted = columns.some(({ type }) => converted.includes(type));
  const writer = isConverted ? new BulkWriter(db, table, names) : new CopyWriter(db, table, names);
  for (const row of from.prepare(`select ${list} from "${table}"`).iterate())
    await writer.add(Object.values(row) as Value[]);
  await writer.finish();
}

/** Makes each column that numbers its rows go on after the greatest number. */
async function continueNumbers(db: Database): Promise<void> {
  const { rows } = await sql<Omit<Column, 'type'>>`
    select table_name as table, column_name as name from information_schema.columns
    where table_schema = current_schema() and is_identity = 'YES'`.execute(db);
  for (const { table, name } of rows)
    await sql`
      select setval(pg_get_serial_sequence(${table}, ${name}), max(${sql.ref(name)})) from ${sql.table(table)}
      having max(${sql.ref(name)}) is not null`.execute(db);
}
