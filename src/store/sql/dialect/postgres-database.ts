import { SettledClient } from './postgres-client.ts';
import { fromPostgresError } from './postgres-errors.ts';
import type { PostgresSource } from './postgres-source.ts';

/** Codes if the database already exists: `duplicate_database`, and `unique_violation` if it is created at the same moment. */
const alreadyExistsCodes: ReadonlySet<unknown> = new Set(['42P04', '23505']);

/**
 * Creates the database unless it exists. Connects to the database `postgres` of the same server for that, as Clair does with
 * `managedatabaselifecycle`. Text in the database is ordered by bytes. Throws `store-unusable`.
 */
export async function createDatabase({ name, client: config, settings }: PostgresSource): Promise<void> {
  const client = new SettledClient({ ...config, settings, database: 'postgres' });
  client.on('error', () => undefined);
  const database = config.database ?? '';
  try {
    await client.connect();
    const { rowCount } = await client.query('select from pg_database where datname = $1', [database]);
    if (rowCount === 0)
      await client.query(
        `create database ${client.escapeIdentifier(database)} template template0 encoding 'UTF8' locale 'C'`,
      );
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && alreadyExistsCodes.has(error.code)))
      throw fromPostgresError(error, `${name}, created through the database postgres,`);
  } finally {
    await client.end();
  }
}
