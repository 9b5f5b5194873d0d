import type { Config } from '../../config/settings.ts';
import { ClairError } from '../../core/errors.ts';
import type { MigrationEvents } from '../../store/sql/migrate.ts';
import type { PostgresStoreOptions } from '../../store/sql/postgres-store.ts';
import type { Store } from '../../store/store.ts';
import { defaultDatabase, defaultDatabaseProblem } from '../database.ts';

/** Connections to PostgreSQL of the thread that loads feeds: enough for two feeds at a time and the renewal of their locks. */
export const feedConnections = 4;

/** Callbacks for the loss and the return of the PostgreSQL server and its replica. SQLite never calls them. */
export type OutageEvents = Pick<PostgresStoreOptions, 'onDown' | 'onUp' | 'onReplica'>;

/** Options of `configuredStore`. */
export interface ConfiguredStoreOptions extends OutageEvents, MigrationEvents {
  /** Name by which the threads of the server share a database in memory. */
  readonly memoryName?: string | undefined;
  /** Whether it answers requests, which a replica may serve. */
  readonly isReader?: boolean;
  /** Maximum number of connections to PostgreSQL. */
  readonly connectionsMax: number;
}

/** Opens the database of a server. Throws `store-unusable`. */
export async function configuredStore(
  { type, options }: Config['database'],
  { memoryName, isReader = false, ...others }: ConfiguredStoreOptions,
): Promise<Store> {
  if (type === 'sqlite') {
    const { openSqliteStore } = await import('../../store/sql/sqlite-store.ts');
    return await openSqliteStore(options.path || usableDefault(), {
      ...others,
      ...(memoryName !== undefined && { memoryName }),
    });
  }
  const { openPostgresStore } = await import('../../store/sql/postgres-store.ts');
  return await openPostgresStore(options.source, {
    ...others,
    createsDatabase: options.managedatabaselifecycle,
    ...(isReader && { replicaSource: options.replicasource || undefined }),
  });
}

/** Returns the default database. Throws `store-unusable` if it cannot be created, because a server must not lose posted layers. */
function usableDefault(): string {
  const problem = defaultDatabaseProblem();
  if (problem === undefined) return defaultDatabase();
  throw new ClairError(
    'store-unusable',
    `${problem}; set database.options.path, or a directory with XDG_CACHE_HOME`,
  );
}
