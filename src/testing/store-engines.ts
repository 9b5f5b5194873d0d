import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { dropSchema, emptySchema, makeSchema } from '../store/contract/postgres-schemas.ts';
import { openPostgresStore } from '../store/sql/postgres-store.ts';
import { openSqliteStore } from '../store/sql/sqlite-store.ts';
import type { Store } from '../store/store.ts';
import { postgresServer } from './postgres-server.ts';

/** Options of a store in a test. */
export interface TestStoreOptions {
  /** The clock, in milliseconds since 1970. */
  readonly now?: () => number;
}

/** Opens a store. All calls use one database. The end of the test closes the stores. */
export type OpenStore = (options?: TestStoreOptions) => Promise<Store>;

/** A database engine on which the contract of the store is tested. */
export interface StoreEngine {
  readonly name: string;
  /** Whether several stores can be open on one database. */
  readonly isShared: boolean;
  /** Creates an empty database that is removed at the end of the test. */
  create(context: TestContext): OpenStore;
}

/** An engine whose databases several processes can open by their location. */
export interface SharedEngine extends StoreEngine {
  /** Creates an empty database that is removed at the end of the test; returns its location. It may have its tables. */
  createLocation(context: TestContext): Promise<string>;
  /** Like `createLocation`, but always without tables. */
  createEmptyLocation(context: TestContext): Promise<string>;
  open(place: string, options?: TestStoreOptions): Promise<Store>;
}

const sqliteFile = sharedEngine({
  name: 'sqlite file',
  createLocation: temporaryFile,
  createEmptyLocation: temporaryFile,
  open: openSqliteStore,
});

const sqliteMemory: StoreEngine = {
  name: 'sqlite in memory',
  isShared: false,
  create: (context) => closedAfterTest(context, (options) => openSqliteStore(':memory:', options)),
};

const postgres = sharedEngine({
  name: 'postgresql',
  createLocation: emptiedSchema,
  createEmptyLocation: temporarySchema,
  open: openPostgresStore,
});

/** All engines on which several processes can share a database. */
export const sharedEngines: readonly SharedEngine[] = [sqliteFile, postgres];

/** All engines of the store. */
export const storeEngines: readonly StoreEngine[] = [sqliteFile, sqliteMemory, postgres];

/** Returns how often a property is tried on an engine: a tenth as often, at least twice, where one run takes ten times as long. */
export function runsOn({ name }: StoreEngine, inMemory: number): number {
  return name === sqliteMemory.name ? inMemory : Math.max(2, Math.round(inMemory / 10));
}

/** Returns a function whose promises resolve once it was called `count` times. */
export function barrier(count: number): () => Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  let missing = count;
  return async () => {
    if (--missing === 0) resolve(undefined);
    await promise;
  };
}

/**
 * Yields records after a barrier. The store reads its content before the first record. So several stores apply the feed at the
 * same time, and none starts after another has finished.
 */
export async function* afterBarrier<T>(
  begin: () => Promise<void>,
  records: AsyncIterable<T>,
): AsyncGenerator<T> {
  await begin();
  yield* records;
}

/** Creates a directory that is removed at the end of the test. */
export function temporaryDirectory(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'clair-store-'));
  context.after(() => {
    rmSync(directory, { recursive: true });
  });
  return directory;
}

async function temporaryFile(context: TestContext): Promise<string> {
  return join(temporaryDirectory(context), 'clair.db');
}

/** Returns the connection string of an empty schema that the end of the test drops. A whole database takes ten times as long. */
export async function temporarySchema(context: TestContext): Promise<string> {
  const url = await makeSchema((await postgresServer()).url());
  context.after(() => dropSchema(url));
  return url;
}

/** Schemas with tables, for reuse: the migrations take longer than most tests. */
const schemas: string[] = [];

/**
 * Returns the connection string of a schema with empty tables. On a server that the tests did not start, the end of the test drops
 * it. A schema is emptied before its next use, because only then all its writers have ended.
 */
async function emptiedSchema(context: TestContext): Promise<string> {
  const server = await postgresServer();
  if (server.restart === undefined) return await temporarySchema(context);
  const url = schemas.pop() ?? (await makeSchema(server.url()));
  context.after(() => schemas.push(url));
  await emptySchema(url);
  return url;
}

function sharedEngine(engine: Omit<SharedEngine, 'isShared' | 'create'>): SharedEngine {
  return {
    ...engine,
    isShared: true,
    create: (context) => {
      let place: Promise<string> | undefined;
      return closedAfterTest(context, async (options) => {
        place ??= engine.createLocation(context);
        return await engine.open(await place, options);
      });
    },
  };
}

function closedAfterTest(
  context: TestContext,
  open: (options: TestStoreOptions) => Promise<Store>,
): OpenStore {
  const stores: Store[] = [];
  context.after(async () => {
    for (const store of stores) await store[Symbol.asyncDispose]();
  });
  return async (options = {}) => {
    const store = await open(options);
    stores.push(store);
    return store;
  };
}
