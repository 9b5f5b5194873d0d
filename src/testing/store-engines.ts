import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { dropSchema, emptySchema, makeSchema } from '../store/contract/postgres-schemas.ts';
import { openPostgresStore } from '../store/sql/postgres-store.ts';
import { openSqliteStore } from '../store/sql/sqlite-store.ts';
import type { Store } from '../store/store.ts';
import { postgresServer } from './postgres-server.ts';

/** What a store is opened with in a test. */
export interface TestStoreOptions {
  /** The clock, in milliseconds since 1970. */
  readonly now?: () => number;
}

/** Opens stores on one database; each call gives another store on the same. They are closed when the test ends. */
export type OpenStore = (options?: TestStoreOptions) => Promise<Store>;

/** A database engine, as the contract of the store is tried on it. */
export interface StoreEngine {
  readonly name: string;
  /** Whether several stores can be open on one database. */
  readonly isShared: boolean;
  /** Makes an empty database that is gone when the test ends. */
  create(context: TestContext): OpenStore;
}

/** An engine whose databases have a place, where several processes meet. */
export interface SharedEngine extends StoreEngine {
  /** Makes an empty database that is gone when the test ends, and tells its place. It may have its tables. */
  createLocation(context: TestContext): Promise<string>;
  /** As `place`, surely without tables. */
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

/** Every engine on which several processes can share a database. */
export const sharedEngines: readonly SharedEngine[] = [sqliteFile, postgres];

/** Every engine that keeps the contract. */
export const storeEngines: readonly StoreEngine[] = [sqliteFile, sqliteMemory, postgres];

/** Lets nobody through before all have come. */
export function barrier(count: number): () => Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  let missing = count;
  return async () => {
    if (--missing === 0) resolve(undefined);
    await promise;
  };
}

/**
 * Records that come when the gate opens. Who applies them has looked at what is stored by then: of several, none begins when
 * another is done.
 */
export async function* afterBarrier<T>(
  begin: () => Promise<void>,
  records: AsyncIterable<T>,
): AsyncGenerator<T> {
  await begin();
  yield* records;
}

/** A directory that is removed when the test ends. */
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

/** The connection string of an empty schema that is dropped when the test ends: a whole database takes ten times as long. */
export async function temporarySchema(context: TestContext): Promise<string> {
  const url = await makeSchema((await postgresServer()).url());
  context.after(() => dropSchema(url));
  return url;
}

/** Schemas that have their tables: making them takes longer than most tests. */
const schemas: string[] = [];

/**
 * The connection string of a schema with empty tables; on a server that is not ours it is dropped when the test ends. It is
 * emptied by who takes it, for only then all that wrote to it has surely ended.
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
