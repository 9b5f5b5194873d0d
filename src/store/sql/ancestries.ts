import { isDeepStrictEqual } from 'node:util';
import type { Kysely, Selectable } from 'kysely';
import { isNewerEngine } from '../../model/layer-index.ts';
import type { Ancestry, AncestryInput, AncestryStore } from '../ancestry-store.ts';
import { pageAncestriesByVersions } from './ancestries-by-version.ts';
import type { Engine } from './engine.ts';
import { addVersionsOfImage } from './introduced-versions.ts';
import type { Tables } from './schema.ts';

/** Returns the images that clients of Clair's v3 API have named. */
export function ancestryStore(engine: Engine): AncestryStore {
  const { db } = engine;
  return {
    save: (ancestry) => save(engine, ancestry),
    find: (name) => find(db, name),
    remove: (name) => engine.write((writing) => remove(writing, name)),
    pageByVersions: (versions, page) => pageAncestriesByVersions(db, versions, page),
    saveLayerHash: (hash, identity) =>
      engine.write(async (writing) => {
        await writing
          .insertInto('layer_hash')
          .values({ hash, identity })
          .onConflict((conflict) => conflict.column('hash').doUpdateSet({ identity }))
          .execute();
      }, 'own rows'),
    async findLayerIdentity(hash) {
      const row = await db
        .selectFrom('layer_hash')
        .select('identity')
        .where('hash', '=', hash)
        .executeTakeFirst();
      return row?.identity;
    },
  };
}

async function save(engine: Engine, ancestry: AncestryInput): Promise<void> {
  const known = await findRow(engine.db, ancestry.name);
  if (known === undefined && (await engine.write((db) => add(engine, db, ancestry), 'own rows'))) return;
  await engine.write(async (db) => {
    const before = await findRow(db, ancestry.name);
    if (before === undefined) await add(engine, db, ancestry);
    else if (!(await isNewer(db, before, ancestry))) await replace(db, before, ancestry);
  });
}

type AncestryRow = Selectable<Tables['ancestry']>;

async function findRow(db: Kysely<Tables>, name: string): Promise<AncestryRow | undefined> {
  return await db.selectFrom('ancestry').selectAll().where('name', '=', name).executeTakeFirst();
}

/** Returns false if another process has just saved an ancestry of that name. */
async function add({ numbering }: Engine, db: Kysely<Tables>, ancestry: AncestryInput): Promise<boolean> {
  await addVersionsOfImage(db, ancestry.image);
  const number = await numbering.next(db, 'ancestry');
  const { numInsertedOrUpdatedRows: added } = await db
    .insertInto('ancestry')
    .values({ name: ancestry.name, number, ...contentOf(ancestry) })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .executeTakeFirstOrThrow();
  if (added === 0n) return false;
  await addLayers(db, number, ancestry.hashes);
  return true;
}

function contentOf({ image, engineVersion }: AncestryInput) {
  return { image_id: image, engine_version: engineVersion };
}

async function addLayers(db: Kysely<Tables>, number: number, hashes: readonly string[]): Promise<void> {
  if (hashes.length === 0) return;
  const layers = hashes.map((hash, position) => ({ ancestry_number: number, position, hash }));
  await db.insertInto('ancestry_layer').values(layers).execute();
}

/** Returns whether a newer engine has read the same layers. */
async function isNewer(db: Kysely<Tables>, before: AncestryRow, ancestry: AncestryInput): Promise<boolean> {
  if (!isNewerEngine(before.engine_version, ancestry.engineVersion)) return false;
  return isDeepStrictEqual((await find(db, ancestry.name))?.hashes, ancestry.hashes);
}

async function replace(db: Kysely<Tables>, before: AncestryRow, ancestry: AncestryInput): Promise<void> {
  const { number } = before;
  await db.updateTable('ancestry').set(contentOf(ancestry)).where('number', '=', number).execute();
  await db.deleteFrom('ancestry_layer').where('ancestry_number', '=', number).execute();
  await addLayers(db, number, ancestry.hashes);
  await addVersionsOfImage(db, ancestry.image);
}

async function find(db: Kysely<Tables>, name: string): Promise<Ancestry | undefined> {
  // By one query, so that the layers belong to the image.
  const rows = await db
    .selectFrom('ancestry')
    .leftJoin('ancestry_layer', 'ancestry_layer.ancestry_number', 'ancestry.number')
    .selectAll('ancestry')
    .select('ancestry_layer.hash')
    .where('ancestry.name', '=', name)
    .orderBy('ancestry_layer.position')
    .execute();
  const [first] = rows;
  if (first === undefined) return undefined;
  return {
    name,
    number: first.number,
    hashes: rows.flatMap(({ hash }) => (hash === null ? [] : [hash])),
    image: first.image_id,
    engineVersion: first.engine_version,
  };
}

async function remove(db: Kysely<Tables>, name: string): Promise<boolean> {
  const row = await findRow(db, name);
  if (row === undefined) return false;
  await db.deleteFrom('ancestry_layer').where('ancestry_number', '=', row.number).execute();
  await db.deleteFrom('ancestry').where('number', '=', row.number).execute();
  return true;
}
