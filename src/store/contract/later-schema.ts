import { DatabaseSync } from 'node:sqlite';
import { schemaVersion } from '../sql/schema.ts';
import { query } from './postgres-schemas.ts';

/** The schema of a later version of the program. */
export const laterSchema: number = schemaVersion + 1;

/** Sets the schema number of a database as a later version of the program does, at the end of its migration. */
export async function setLaterSchema(place: string): Promise<void> {
  if (place.startsWith('postgresql:')) {
    await query(place, `update clair_schema set version = ${laterSchema}`);
    return;
  }
  const database = new DatabaseSync(place);
  database.exec(`pragma user_version = ${laterSchema}`);
  database.close();
}
