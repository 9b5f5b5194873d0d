import { accessSync, constants, existsSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../core/errors.ts';
import { makeDirectory } from '../kit/make-directory.ts';
import type { MigrationEvents } from '../store/sql/migrate.ts';
import type { Store } from '../store/store.ts';
import { cacheDirectory } from './environment.ts';

/** How a command uses a database. `read` accepts a read-only file. */
export type DatabaseUse = 'read' | 'write';

/** The start of a URL of PostgreSQL, or one of the keywords that every connection string has: `host=db dbname=clair`. */
const connectionString = /^\s*postgres(?:ql)?:|^(?:.*\s)?(?:host|dbname|user)\s*=/;

/** Opens a SQLite file or the PostgreSQL database of a connection string. Loads only the engine it needs. */
export async function openStore(
  name: string,
  use: DatabaseUse = 'write',
  events: MigrationEvents = {},
): Promise<Store> {
  if (connectionString.test(name))
    return (await import('../store/sql/postgres-store.ts')).openPostgresStore(name, events);
  const { openSqliteStore } = await import('../store/sql/sqlite-store.ts');
  return await openSqliteStore(name, { ...events, mayBeReadOnly: use === 'read' });
}

/** Returns the path of the default database: `$XDG_CACHE_HOME/clair/clair.db`. */
export function defaultDatabase(): string {
  return join(cacheDirectory(), 'clair.db');
}

/** Returns why the default database cannot be created; undefined if it exists or can be created. */
export function defaultDatabaseProblem(): string | undefined {
  if (existsSync(defaultDatabase())) return undefined;
  const directory = cacheDirectory();
  try {
    makeDirectory(directory);
    accessSync(directory, constants.W_OK);
    return undefined;
  } catch (error) {
    return `the cache directory ${directory} cannot be used: ${messageOf(error)}`;
  }
}
