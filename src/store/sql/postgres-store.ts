import { limits } from '../../core/limits.ts';
import type { Store } from '../store.ts';
import type { AvailabilityEvents } from './dialect/availability.ts';
import { createDatabase } from './dialect/postgres-database.ts';
import { openPostgresEngine } from './dialect/postgres-engine.ts';
import { parsePostgresSource } from './dialect/postgres-source.ts';
import { openSqlStore, type StoreOptions } from './sql-store.ts';

/** What can be chosen when a store on a PostgreSQL server is opened. */
export interface PostgresStoreOptions extends StoreOptions, AvailabilityEvents {
  /** Connections of this store at most; two are needed. */
  readonly connectionsMax?: number;
  /** Whether the database is made when it is not there. It is never removed. */
  readonly createsDatabase?: boolean;
}

/**
 * Opens the store in a database of a PostgreSQL server, which any number of processes may share. `source` is a connection string
 * as Clair takes it, as a URL or in keywords. Throws `store-unusable`.
 */
export async function openPostgresStore(source: string, options: PostgresStoreOptions = {}): Promise<Store> {
  const { connectionsMax = limits.storeConnections, createsDatabase = false } = options;
  const parsed = parsePostgresSource(source);
  if (createsDatabase) await createDatabase(parsed);
  return await openSqlStore(await openPostgresEngine(parsed, connectionsMax, options), options);
}
