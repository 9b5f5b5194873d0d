import type { KeyValueStore } from '../store.ts';
import type { Engine } from './engine.ts';

/** The small things a store remembers; what it remembers for itself lies under `store/`. */
export function keyValueStore(engine: Engine): KeyValueStore {
  return {
    get: async (key) => {
      const row = await engine.db
        .selectFrom('key_value')
        .select('value')
        .where('key', '=', key)
        .executeTakeFirst();
      return row?.value;
    },
    set: (key, value) =>
      engine.write(async (db) => {
        await db
          .insertInto('key_value')
          .values({ key, value })
          .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
          .execute();
      }, 'own rows'),
  };
}
