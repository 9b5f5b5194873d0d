import { sql } from 'kysely';
import { openSqliteEngine } from '../src/store/sql/dialect/sqlite-engine.ts';
import { migrate } from '../src/store/sql/migrate.ts';

/** Returns the module whose script creates the tables of a new SQLite database, as all migrations create them. */
export async function newTablesModule(): Promise<string> {
  await using engine = await openSqliteEngine(':memory:');
  await migrate({ ...engine, createTables: undefined });
  const query = async <T>(text: string): Promise<readonly T[]> =>
    (await sql.raw<T>(text).execute(engine.db)).rows;
  const made = await query<{ type: string; name: string; sql: string }>(
    "select type, name, sql from sqlite_schema where sql is not null order by type = 'index', rowid",
  );
  const statements = made.map((one) => one.sql);
  for (const { name } of made.filter(({ type }) => type === 'table')) {
    const columns = await query<{ name: string }>(`select name from pragma_table_info('${name}')`);
    const values = columns.map((column) => `quote("${column.name}")`).join(` || ', ' || `);
    for (const { row } of await query<{ row: string }>(`select ${values} as row from "${name}"`))
      statements.push(`insert into "${name}" values (${row})`);
  }
  for (const setting of ['application_id', 'user_version']) {
    const [row] = await query<Record<string, number>>(`pragma ${setting}`);
    statements.push(`pragma ${setting} = ${row?.[setting]}`);
  }
  const script = statements.map((text) => `${text};\n`).join('');
  return `/** Creates the tables of a new database. Written by \`npm run reference\` from the migrations. */\nexport const newTables = \`\n${script}\`;\n`;
}
