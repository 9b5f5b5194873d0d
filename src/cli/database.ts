import { join } from 'node:path';
import type { Store } from '../store/store.ts';
import { cacheDirectory } from './cache-directory.ts';

/** A file, or a database of a PostgreSQL server that its URL names. Each engine is loaded only where it is used. */
export async function openStore(name: string): Promise<Store> {
  if (/^postgres(?:ql)?:/.test(name))
    return (await import('../store/sql/postgres-store.ts')).openPostgresStore(name);
  return (await import('../store/sql/sqlite-store.ts')).openSqliteStore(name);
}

/** `$XDG_CACHE_HOME/clair/clair.db`. */
export function defaultDatabase(): string {
  return join(cacheDirectory(), 'clair.db');
}
