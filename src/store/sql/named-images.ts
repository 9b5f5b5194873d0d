import type { Kysely } from 'kysely';
import type { AncestryStore, NamedLayer, NamedLayerStore } from '../store.ts';
import type { Engine } from './engine.ts';
import type { Tables } from './schema.ts';

/** The layers that clients of Clair's first API have given names. */
export function namedLayerStore(engine: Engine): NamedLayerStore {
  return {
    save: (layer) => engine.write((db) => save(db, layer), 'own rows'),
    chain: (name) => chain(engine.db, name),
    remove: (name) => engine.write((db) => remove(db, name)),
  };
}

async function save(db: Kysely<Tables>, layer: NamedLayer): Promise<void> {
  const { name, parent, image, format, engineVersion } = layer;
  if (parent === name) throw new Error(`the layer ${name} cannot be its own parent`);
  const read = { image_id: image, format, engine_version: engineVersion };
  await db
    .insertInto('v1_layer')
    .values({ name, parent, ...read })
    .onConflict((conflict) => conflict.column('name').doUpdateSet(read))
    .execute();
}

async function chain(db: Kysely<Tables>, name: string): Promise<NamedLayer[]> {
  const rows = await db
    .withRecursive('chain', (query) =>
      query
        .selectFrom('v1_layer')
        .select(['v1_layer.name', 'v1_layer.parent'])
        .select((eb) => eb.lit(0).as('depth'))
        .where('v1_layer.name', '=', name)
        .unionAll(
          query
            .selectFrom('v1_layer')
            .innerJoin('chain', 'chain.parent', 'v1_layer.name')
            .select(['v1_layer.name', 'v1_layer.parent'])
            .select((eb) => eb('chain.depth', '+', 1).as('depth')),
        ),
    )
    .selectFrom('chain')
    .innerJoin('v1_layer', 'v1_layer.name', 'chain.name')
    .selectAll('v1_layer')
    .orderBy('chain.depth', 'desc')
    .execute();
  return rows.map((row) => ({
    name: row.name,
    parent: row.parent,
    image: row.image_id,
    format: row.format,
    engineVersion: row.engine_version,
  }));
}

async function remove(db: Kysely<Tables>, name: string): Promise<boolean> {
  const { numDeletedRows: removed } = await db
    .withRecursive('doomed', (query) =>
      query
        .selectFrom('v1_layer')
        .select('v1_layer.name')
        .where('v1_layer.name', '=', name)
        .union(
          query
            .selectFrom('v1_layer')
            .innerJoin('doomed', 'doomed.name', 'v1_layer.parent')
            .select('v1_layer.name'),
        ),
    )
    .deleteFrom('v1_layer')
    .where('name', 'in', (query) => query.selectFrom('doomed').select('doomed.name'))
    .executeTakeFirstOrThrow();
  return removed > 0n;
}

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
