import { limits } from '../../core/limits.ts';
import type { Store } from '../store.ts';
import type { AvailabilityEvents } from './dialect/availability.ts';
import { createDatabase } from './dialect/postgres-database.ts';
import { openPostgresEngine } from './dialect/postgres-engine.ts';
import { parsePostgresSource } from './dialect/postgres-source.ts';
import type { Engine } from './engine.ts';
import { ReadReplica, type ReplicaEvents } from './read-replica.ts';
import { openSqlStore, type StoreOptions } from './sql-store.ts';

/** Options of a store on a PostgreSQL server. */
export interface PostgresStoreOptions extends StoreOptions, AvailabilityEvents, ReplicaEvents {
  /** Maximum number of connections of this store, at least two. */
  readonly connectionsMax?: number;
  /** Whether a missing database is created. It is never dropped. */
  readonly createsDatabase?: boolean;
  /** Connection string of a streaming replica, for reads in the scope of `replicaReads`. */
  readonly replicaSource?: string | undefined;
}

/**
 * Opens the store in a database of a PostgreSQL server, which any number of processes may share. `source` is a connection string
 * in Clair's forms: a URL or keywords. Throws `store-unusable`.
 */
export async function openPostgresStore(source: string, options: PostgresStoreOptions = {}): Promise<Store> {
  const { connectionsMax = limits.storeConnections, createsDatabase = false, replicaSource } = options;
  const parsed = parsePostgresSource(source);
  const parsedReplica = replicaSource === undefined ? undefined : parsePostgresSource(replicaSource);
  if (createsDatabase) await createDatabase(parsed);
  const primary = await openPostgresEngine(parsed, connectionsMax, options);
  if (parsedReplica === undefined) return await openSqlStore(primary, options);
  const open = (): Promise<Engine> => openPostgresEngine(parsedReplica, connectionsMax);
  const replica = new ReadReplica({ ...options, primary, open });
  return await replica.route(await openSqlStore(replica.countWrites(), options));
}
