import type { AncestryStore } from '../store.ts';
import type { Engine } from './engine.ts';

/** The images that clients of Clair's third API have given names. */
export function ancestryStore(engine: Engine): AncestryStore {
  return {
    save: (name, image) =>
      engine.write(async (db) => {
        await db
          .insertInto('ancestry')
          .values({ name, image_id: image })
          .onConflict((conflict) => conflict.column('name').doUpdateSet({ image_id: image }))
          .execute();
      }, 'own rows'),
    find: async (name) => {
      const row = await engine.db
        .selectFrom('ancestry')
        .select('image_id')
        .where('name', '=', name)
        .executeTakeFirst();
      return row?.image_id;
    },
  };
}
