import type { Store } from '../store.ts';
import { advisoryStore } from './advisories.ts';
import { ancestryStore } from './ancestries.ts';
import { batchStore } from './batches.ts';
import { databaseClock, type SharedClock } from './database-clock.ts';
import type { Engine } from './engine.ts';
import { enrichmentStore } from './enrichments.ts';
import { eventStore } from './events.ts';
import { fencedEngine } from './fence.ts';
import { imageStore } from './images.ts';
import { keyValueStore } from './key-values.ts';
import { layerStore } from './layers.ts';
import { lockStore } from './locks.ts';
import { migrate } from './migrate.ts';
import { namedLayerStore } from './named-layers.ts';
import { Namespaces } from './namespaces.ts';
import { notificationStore } from './notifications.ts';
import { collectGarbage } from './retention.ts';
import { checkSchema, refuseLaterSchema } from './schema-check.ts';
import { readStatistics } from './statistics.ts';
import { vulnerabilityStore } from './vulnerabilities.ts';

/** Options of a store. */
export interface StoreOptions {
  /** The clock, in milliseconds since 1970. By default that of the database. */
  readonly now?: () => number;
}

/** Makes a store of an engine. Closing the store closes the engine, and so does a failed migration. */
export async function openSqlStore(bare: Engine, options: StoreOptions): Promise<Store> {
  try {
    await migrate(bare);
    return storeOn(refuseLaterSchema(bare), await clockOf(bare, options));
  } catch (error) {
    await bare[Symbol.asyncDispose]();
    throw error;
  }
}

async function clockOf(engine: Engine, { now }: StoreOptions): Promise<SharedClock> {
  return now === undefined ? await databaseClock(engine) : { now, aheadMs: 0 };
}

function storeOn(engine: Engine, { now, aheadMs }: SharedClock): Store {
  const namespaces = new Namespaces();
  const bulkEngine = { ...engine, db: engine.bulkDb };
  return {
    isReadOnly: engine.isReadOnly,
    now: () => new Date(now()),
    clockAheadMs: aheadMs,
    advisories: advisoryStore(engine, { namespaces, now }),
    vulnerabilities: vulnerabilityStore(engine, now),
    events: eventStore(engine),
    notifications: notificationStore(engine, now),
    batches: batchStore(engine, now),
    enrichments: enrichmentStore(engine, now),
    images: imageStore({ engine, namespaces, now }),
    layers: layerStore(engine, now),
    namedLayers: namedLayerStore(engine),
    bulkReads: {
      vulnerabilities: vulnerabilityStore(bulkEngine, now),
      enrichments: enrichmentStore(bulkEngine, now),
    },
    ancestries: ancestryStore(engine),
    locks: lockStore(engine, now),
    keyValues: keyValueStore(engine),
    collectGarbage: (terms, lease) =>
      collectGarbage(lease === undefined ? engine : fencedEngine(engine, lease), terms, now()),
    ping: () => engine.ping(),
    checkSchema: () => checkSchema(engine),
    statistics: () => readStatistics(engine),
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  };
}
