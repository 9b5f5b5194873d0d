import type { Store } from '../store.ts';
import { openSqliteEngine, type SqliteOptions } from './dialect/sqlite-engine.ts';
import { openSqlStore, type StoreOptions } from './sql-store.ts';

/**
 * Opens the store in one file, made with its directory when it is not there, or with `:memory:` one that ends with the process.
 * Any number of processes may have the same file open. Throws `store-unusable`.
 */
export async function openSqliteStore(
  path: string,
  options: StoreOptions & SqliteOptions = {},
): Promise<Store> {
  return await openSqlStore(await openSqliteEngine(path, options), options);
}
