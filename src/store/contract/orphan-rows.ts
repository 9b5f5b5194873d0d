import { DatabaseSync } from 'node:sqlite';
import { query } from './postgres-schemas.ts';

/** Columns without foreign key on PostgreSQL, and the columns of their parents. */
const references = [
  ['image_layer', 'image_id', 'image', 'id'],
  ['image_set', 'image_id', 'image', 'id'],
  ['image_set', 'set_id', 'package_set', 'id'],
  ['set_package', 'set_id', 'package_set', 'id'],
  ['set_package', 'package_id', 'package', 'id'],
  ['v1_brought', 'layer_number', 'v1_layer', 'number'],
  ['v1_brought', 'version_id', 'v1_version', 'id'],
] as const;

/** Returns the references of rows to parents that do not exist, with the number of such rows, in the database at a location. */
export async function orphansIn(place: string): Promise<string[]> {
  const statement = references
    .map(
      ([table, column, parent, key]) =>
        `select '${table}.${column}' as reference, count(*) as orphans from ${table}
         where not exists (select 1 from ${parent} where ${parent}.${key} = ${table}.${column})`,
    )
    .join(' union all ');
  const rows = place.startsWith('postgresql:')
    ? await query(place, statement)
    : querySqlite(place, statement);
  return rows
    .filter(({ orphans }) => Number(orphans) > 0)
    .map(({ reference, orphans }) => `${String(reference)}: ${String(orphans)}`);
}

function querySqlite(path: string, statement: string): Record<string, unknown>[] {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    return database.prepare(statement).all();
  } finally {
    database.close();
  }
}
