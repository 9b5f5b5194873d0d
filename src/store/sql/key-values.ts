import type { Kysely } from 'kysely';
import type { KeyValueStore } from '../lock-store.ts';
import type { Engine } from './engine.ts';
import type { Tables } from './schema.ts';

/** Returns the small values of a store. The keys of the store itself begin with `store/`. */
export function keyValueStore(engine: Engine): KeyValueStore {
  return {
    get: (key) => readValue(engine.db, key),
    set: (key, value) => engine.write((db) => writeValue(db, key, value), 'own rows'),
  };
}

/** Returns the value of a key. */
export async function readValue(db: Kysely<Tables>, key: string): Promise<string | undefined> {
  const row = await db.selectFrom('key_value').select('value').where('key', '=', key).executeTakeFirst();
  return row?.value;
}

/** Sets the value of a key. */
export async function writeValue(db: Kysely<Tables>, key: string, value: string): Promise<void> {
  await db
    .insertInto('key_value')
    .values({ key, value })
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
    .execute();
}
