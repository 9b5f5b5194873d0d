import type { Store } from '../store.ts';
import { openSqliteEngine, type SqliteOptions } from './dialect/sqlite-engine.ts';
import { openSqlStore, type StoreOptions } from './sql-store.ts';

/**
 * Opens the store in one file, created with its directory if missing, or with `:memory:` a store that ends with the process. Any
 * number of processes may open the same file. Throws `store-unusable`.
 */
export async function openSqliteStore(
  path: string,
  options: StoreOptions & SqliteOptions = {},
): Promise<Store> {
  return await openSqlStore(await openSqliteEngine(path, options), options);
}
