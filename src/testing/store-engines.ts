import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { openSqliteStore } from '../store/sql/sqlite-store.ts';
import type { Store } from '../store/store.ts';

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

const sqliteFile: StoreEngine = {
  name: 'sqlite file',
  isShared: true,
  create(context) {
    const path = join(temporaryDirectory(context), 'clair.db');
    return closing(context, (options) => openSqliteStore(path, options));
  },
};

const sqliteMemory: StoreEngine = {
  name: 'sqlite in memory',
  isShared: false,
  create: (context) => closing(context, (options) => openSqliteStore(':memory:', options)),
};

/** Every engine that keeps the contract. */
export const storeEngines: readonly StoreEngine[] = [sqliteFile, sqliteMemory];

/** A directory that is removed when the test ends. */
export function temporaryDirectory(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'clair-store-'));
  context.after(() => {
    rmSync(directory, { recursive: true });
  });
  return directory;
}

function closing(context: TestContext, open: (options: TestStoreOptions) => Promise<Store>): OpenStore {
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
