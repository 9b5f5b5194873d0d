import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../core/errors.ts';
import type { Store } from '../store/store.ts';
import { cacheDirectory } from './cache-directory.ts';

/** What a command does with a database. A command that only reads takes a file that cannot be written. */
export type DatabaseUse = 'read' | 'write';

/** A file, or a database of a PostgreSQL server that its URL names. Each engine is loaded only where it is used. */
export async function openStore(name: string, use: DatabaseUse = 'write'): Promise<Store> {
  if (/^postgres(?:ql)?:/.test(name))
    return (await import('../store/sql/postgres-store.ts')).openPostgresStore(name);
  const { openSqliteStore } = await import('../store/sql/sqlite-store.ts');
  return await openSqliteStore(name, { mayBeReadOnly: use === 'read' });
}

/** `$XDG_CACHE_HOME/clair/clair.db`. */
export function defaultDatabase(): string {
  return join(cacheDirectory(), 'clair.db');
}

/** Why there can be no default database on this machine; undefined where it is there or can be made. */
export function defaultDatabaseProblem(): string | undefined {
  if (existsSync(defaultDatabase())) return undefined;
  const directory = cacheDirectory();
  try {
    mkdirSync(directory, { recursive: true });
    accessSync(directory, constants.W_OK);
    return undefined;
  } catch (error) {
    return `the cache directory ${directory} cannot be used: ${messageOf(error)}`;
  }
}
