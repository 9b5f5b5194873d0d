import { DatabaseSync } from 'node:sqlite';
import { schemaVersion } from '../sql/schema.ts';
import { query } from './postgres-schemas.ts';

/** The schema of a later version of the program. */
export const laterSchema: number = schemaVersion + 1;

/** Sets the number of the oldest schema whose programs can use a database, as a later version of the program does. */
function minimumStatement(minimum: number): string {
  return `insert into key_value (key, value) values ('store/minimum-schema', '${minimum}')
    on conflict (key) do update set value = excluded.value`;
}

/**
 * Sets the schema number of a database as a later version of the program does, at the end of its migration. By default, this program cannot
 * use the tables any more.
 */
export async function setLaterSchema(place: string, minimum: number = laterSchema): Promise<void> {
  if (place.startsWith('postgresql:')) {
    await query(place, `update clair_schema set version = ${laterSchema}; ${minimumStatement(minimum)}`);
    return;
  }
  const database = new DatabaseSync(place);
  database.exec(`pragma user_version = ${laterSchema}; ${minimumStatement(minimum)}`);
  database.close();
}
