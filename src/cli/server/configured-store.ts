import type { Config } from '../../config/settings.ts';
import { ClairError } from '../../core/errors.ts';
import type { PostgresStoreOptions } from '../../store/sql/postgres-store.ts';
import type { Store } from '../../store/store.ts';
import { defaultDatabase, defaultDatabaseProblem } from '../database.ts';

/** Connections to PostgreSQL that the thread that loads feeds has: two feeds at a time, and one to renew their locks. */
export const feedConnections = 4;

/** Called when the database goes away and when it is back; a file never goes away. */
export type OutageEvents = Pick<PostgresStoreOptions, 'onDown' | 'onUp'>;

/** Options of opening the database of a server. */
export interface ConfiguredStoreOptions extends OutageEvents {
  /** Name that the threads of the server share a database in memory by. */
  readonly memoryName?: string | undefined;
  /** Connections to PostgreSQL at most. */
  readonly connectionsMax: number;
}

/** The database of a server. Throws `store-unusable`. */
export async function configuredStore(
  { type, options }: Config['database'],
  { memoryName, ...postgres }: ConfiguredStoreOptions,
): Promise<Store> {
  if (type === 'sqlite') {
    const { openSqliteStore } = await import('../../store/sql/sqlite-store.ts');
    return await openSqliteStore(
      options.path || usableDefault(),
      memoryName === undefined ? {} : { memoryName },
    );
  }
  const { openPostgresStore } = await import('../../store/sql/postgres-store.ts');
  return await openPostgresStore(options.source, {
    ...postgres,
    createsDatabase: options.managedatabaselifecycle,
  });
}

/** The default database. Throws `store-unusable` where there can be none: a server is not to forget what was posted. */
function usableDefault(): string {
  const problem = defaultDatabaseProblem();
  if (problem === undefined) return defaultDatabase();
  throw new ClairError(
    'store-unusable',
    `${problem}; set database.options.path, or a directory with XDG_CACHE_HOME`,
  );
}
