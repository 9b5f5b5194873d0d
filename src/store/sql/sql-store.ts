import type { Lease } from '../lock-store.ts';
import type { RetentionTerms } from '../maintenance.ts';
import type { Store } from '../store.ts';
import { advisoryStore } from './advisories.ts';
import { ancestryStore } from './ancestries.ts';
import { attachedVexStore } from './attached-vex.ts';
import { batchStore } from './batches.ts';
import { databaseClock, type SharedClock } from './database-clock.ts';
import type { Engine } from './engine.ts';
import { enrichmentStore } from './enrichments.ts';
import { eventStore } from './events.ts';
import { findingAgeStore } from './finding-ages/finding-ages.ts';
import { findingCountStore } from './finding-counts.ts';
import { findingIndexStore } from './finding-index/finding-index.ts';
import { baseImageStore } from './image-bases/base-images.ts';
import { imageStore } from './images.ts';
import { jobStore } from './jobs.ts';
import { keyValueStore } from './key-values.ts';
import { knownImageStore } from './known-images.ts';
import { layerExtractStore } from './layer-extracts.ts';
import { layerStore } from './layers.ts';
import { fencedEngine } from './leases.ts';
import { lockStore } from './locks.ts';
import { type MigrationEvents, migrate } from './migrate.ts';
import { namedLayerStore } from './named-layers.ts';
import { Namespaces } from './namespaces.ts';
import { noticedNameStore } from './noticed-names.ts';
import { notificationStore } from './notifications.ts';
import { collectGarbage } from './retention.ts';
import { scanJobStore } from './scan-jobs.ts';
import { schemaVersion } from './schema.ts';
import { refuseLaterSchema, SchemaCheck } from './schema-check.ts';
import { readStatistics } from './statistics.ts';
import { suppressionStore } from './suppressions.ts';
import { updateStore } from './updates.ts';
import { vulnerabilityStore } from './vulnerabilities.ts';
import { watchStore } from './watches.ts';

/** Options of a store. */
export interface StoreOptions extends MigrationEvents {
  /** The clock, in milliseconds since 1970. By default that of the database. */
  readonly now?: () => number;
}

/** Makes a store of an engine. Closing the store closes the engine, and so does a failed migration. */
export async function openSqlStore(bare: Engine, options: StoreOptions): Promise<Store> {
  try {
    const schema = await migrate(bare, undefined, options);
    refuseLaterSchema(bare);
    return storeOn(bare, { schema, ...(await clockOf(bare, options)) });
  } catch (error) {
    await bare[Symbol.asyncDispose]();
    throw error;
  }
}

/** Makes a store that only reads, of an engine whose tables another store has checked. `now` is in milliseconds since 1970. */
export function readerStore(engine: Engine, now: () => number): Store {
  return storeOn(engine, { schema: schemaVersion, now, aheadMs: 0 });
}

async function clockOf({ readClock, db }: Engine, { now }: StoreOptions): Promise<SharedClock> {
  if (now !== undefined) return { now, aheadMs: 0 };
  return await databaseClock(readClock && (() => readClock(db)));
}

interface DatabaseState extends SharedClock {
  readonly schema: number;
}

function storeOn(engine: Engine, { schema, now, aheadMs }: DatabaseState): Store {
  const namespaces = new Namespaces();
  const check = new SchemaCheck(engine);
  const bulkEngine = { ...engine, db: engine.bulkDb };
  return {
    isReadOnly: engine.isReadOnly,
    now: () => new Date(now()),
    clockAheadMs: aheadMs,
    schemas: { database: schema, program: schemaVersion },
    advisories: check.guard(advisoryStore(engine, { namespaces, now })),
    vulnerabilities: check.guard(vulnerabilityStore(engine, now)),
    updates: check.guard(updateStore(engine)),
    events: check.guard(eventStore(engine, now)),
    notifications: check.guard(notificationStore(engine, { namespaces, now })),
    batches: check.guard(batchStore(engine, now)),
    enrichments: check.guard(enrichmentStore(engine, now)),
    images: check.guard(imageStore({ engine, namespaces, now })),
    knownImages: check.guard(knownImageStore(engine, now)),
    baseImages: check.guard(baseImageStore(engine, now)),
    findingCounts: check.guard(findingCountStore(engine, now)),
    findingAges: check.guard(findingAgeStore(engine, now)),
    findingIndex: check.guard(findingIndexStore(engine.db)),
    layers: check.guard(layerStore(engine, now)),
    layerExtracts: check.guard(layerExtractStore(engine, now)),
    namedLayers: check.guard(namedLayerStore(engine)),
    bulkReads: {
      vulnerabilities: check.guard(vulnerabilityStore(bulkEngine, now)),
      enrichments: check.guard(enrichmentStore(bulkEngine, now)),
    },
    ancestries: check.guard(ancestryStore(engine)),
    locks: check.guard(lockStore(engine, now)),
    jobs: check.guard(jobStore(engine, now)),
    scanJobs: check.guard(scanJobStore(engine, now)),
    suppressions: check.guard(suppressionStore(engine, now)),
    attachedVex: check.guard(attachedVexStore(engine, now)),
    watches: check.guard(watchStore(engine)),
    noticedNames: check.guard(noticedNameStore(engine, now)),
    keyValues: check.guard(keyValueStore(engine)),
    openWakeChannel: (onWake) => engine.openWakeChannel(onWake),
    ping: () => engine.ping(),
    checkSchema: () => check.run(),
    ...check.guard({
      collectGarbage: (terms: RetentionTerms, lease?: Lease) =>
        collectGarbage(lease === undefined ? engine : fencedEngine(engine, lease), terms, now()),
      rebuildIndexes: () => engine.rebuildIndexes(),
      statistics: () => readStatistics(engine),
    }),
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  };
}
