import type { Store } from '../store.ts';
import { advisoryStore } from './advisories.ts';
import { ancestryStore } from './ancestries.ts';
import { digestStore } from './digests.ts';
import type { Engine } from './engine.ts';
import { enrichmentStore } from './enrichments.ts';
import { eventStore } from './events.ts';
import { imageStore } from './images.ts';
import { keyValueStore } from './key-values.ts';
import { layerStore } from './layers.ts';
import { lockStore } from './locks.ts';
import { migrate } from './migrate.ts';
import { namedLayerStore } from './named-layers.ts';
import { Namespaces } from './namespaces.ts';
import { notificationStore } from './notifications.ts';
import { collect } from './retention.ts';
import { statistics } from './statistics.ts';
import { vulnerabilityStore } from './vulnerabilities.ts';

/** What can be chosen when a store is opened. */
export interface StoreOptions {
  /** The clock, in milliseconds since 1970. */
  readonly now?: () => number;
}

/** Makes a store of an engine, which is closed with it, also when the tables cannot be brought up to date. */
export async function sqlStore(engine: Engine, { now = Date.now }: StoreOptions): Promise<Store> {
  try {
    await migrate(engine);
  } catch (error) {
    await engine[Symbol.asyncDispose]();
    throw error;
  }
  const namespaces = new Namespaces();
  const inBulk = { ...engine, db: engine.bulkReads };
  return {
    isReadOnly: engine.isReadOnly,
    advisories: advisoryStore(engine, { namespaces, now }),
    vulnerabilities: vulnerabilityStore(engine, now),
    events: eventStore(engine),
    notifications: notificationStore(engine, now),
    digests: digestStore(engine, now),
    enrichments: enrichmentStore(engine, now),
    images: imageStore({ engine, namespaces, now }),
    layers: layerStore(engine, now),
    namedLayers: namedLayerStore(engine),
    bulk: { vulnerabilities: vulnerabilityStore(inBulk, now), enrichments: enrichmentStore(inBulk, now) },
    ancestries: ancestryStore(engine),
    locks: lockStore(engine, now),
    keyValues: keyValueStore(engine),
    collect: (terms) => collect(engine, terms, now()),
    ping: () => engine.ping(),
    statistics: () => statistics(engine),
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  };
}
