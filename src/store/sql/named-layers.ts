import type { Kysely, Selectable } from 'kysely';
import { ClairError } from '../../core/errors.ts';
import { isNewerEngine } from '../../model/layer-index.ts';
import type { LayerPage, NamedLayer, NamedLayerInput, NamedLayerStore } from '../named-layer-store.ts';
import type { PageRequest } from '../page.ts';
import type { Engine } from './engine.ts';
import { findHitVersions, pageLayersIntroducing } from './hit-versions.ts';
import {
  addIntroduced,
  findVersionNumbers,
  introducedVersions,
  removeIntroduced,
  subtractVersions,
  upsertVersions,
  versionsOfImage,
} from './introduced-versions.ts';
import type { Tables } from './schema.ts';

/** Returns the layers that clients of Clair's v1 API have named. */
export function namedLayerStore(engine: Engine): NamedLayerStore {
  return {
    // Excludes other writers if it replaces a layer, because the introduced versions of other layers depend on it.
    async save(layer) {
      if (layer.parent === layer.name) throw new Error(`the layer ${layer.name} cannot be its own parent`);
      const known = await findLayer(engine.db, layer.name);
      const add = addition(engine, layer);
      if (known === undefined && (await engine.write(add, 'own rows'))) return;
      await engine.write(async (db) => {
        const before = await findLayer(db, layer.name);
        if (before === undefined) await add(db);
        else await replace(db, before, layer);
      });
    },
    find: async (name) => {
      const row = await findLayer(engine.db, name);
      return row && toNamedLayer(row);
    },
    findChain: (name) => findChain(engine.db, name),
    findAbove: (name, limit) => findAbove(engine.db, name, limit),
    remove: (name) => engine.write((db) => remove(db, name)),
    findHitVersions: (vulnerabilities) => findHitVersions(engine.db, vulnerabilities),
    pageIntroducing: (versions, page) => pageIntroducing(engine.db, versions, page),
  };
}

type LayerRow = Selectable<Tables['v1_layer']>;

async function findLayer(db: Kysely<Tables>, name: string): Promise<LayerRow | undefined> {
  return await db.selectFrom('v1_layer').selectAll().where('name', '=', name).executeTakeFirst();
}

/**
 * Returns the transaction that adds a layer. It returns false if another process has just saved a layer of that name. The parent may have
 * been deleted since its lookup.
 */
function addition({ numbering }: Engine, layer: NamedLayerInput) {
  return async function add(db: Kysely<Tables>): Promise<boolean> {
    const below = layer.parent === null ? undefined : await findLayer(db, layer.parent);
    if (layer.parent !== null && below === undefined)
      throw new ClairError('parent-unknown', `there is no layer ${layer.parent}: it was deleted`);
    const introduced = await upsertVersions(db, await introducedVersions(db, layer.image, below?.image_id));
    const number = await numbering.next(db, 'v1_layer');
    const { numInsertedOrUpdatedRows: added } = await db
      .insertInto('v1_layer')
      .values({ name: layer.name, parent: layer.parent, number, ...contentOf(layer) })
      .onConflict((conflict) => conflict.column('name').doNothing())
      .executeTakeFirstOrThrow();
    if (added === 0n) return false;
    await addIntroduced(db, number, introduced);
    return true;
  };
}

function contentOf({ image, format, engineVersion }: NamedLayerInput) {
  return { image_id: image, format, engine_version: engineVersion };
}

async function replace(db: Kysely<Tables>, before: LayerRow, layer: NamedLayerInput): Promise<void> {
  if (isNewerEngine(before.engine_version, layer.engineVersion)) return;
  await db.updateTable('v1_layer').set(contentOf(layer)).where('name', '=', layer.name).execute();
  if (before.image_id === layer.image) return;
  const below = before.parent === null ? undefined : await findLayer(db, before.parent);
  const introduced = await introducedVersions(db, layer.image, below?.image_id);
  await removeIntroduced(db, before.number);
  await addIntroduced(db, before.number, await upsertVersions(db, introduced));
  await updateChildren(db, layer, before.image_id);
}

/** Updates the introduced versions of the children of a replaced layer. Usually its new image has the same packages. */
async function updateChildren(
  db: Kysely<Tables>,
  { name, image }: NamedLayerInput,
  before: number,
): Promise<void> {
  const [was, is] = [await versionsOfImage(db, before), await versionsOfImage(db, image)];
  const [removed, added] = [
    subtractVersions(was, is),
    await findVersionNumbers(db, subtractVersions(is, was)),
  ];
  if (removed.size + added.length === 0) return;
  const above = await db.selectFrom('v1_layer').selectAll().where('parent', '=', name).execute();
  for (const layer of above) {
    await removeIntroduced(db, layer.number, added);
    if (removed.size === 0) continue;
    const has = await versionsOfImage(db, layer.image_id);
    const introduced = new Map([...removed].filter(([identity]) => has.has(identity)));
    await addIntroduced(db, layer.number, await upsertVersions(db, introduced));
  }
}

async function findChain(db: Kysely<Tables>, name: string): Promise<NamedLayer[]> {
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
  return rows.map(toNamedLayer);
}

function toNamedLayer({ image_id: image, engine_version: engineVersion, ...row }: LayerRow): NamedLayer {
  const { name, number, parent, format } = row;
  return { name, number, parent, image, format, engineVersion };
}

async function pageIntroducing(
  db: Kysely<Tables>,
  versions: readonly number[],
  page: PageRequest<number>,
): Promise<LayerPage> {
  const { numbers, ...rest } = await pageLayersIntroducing(db, versions, page);
  if (numbers.length === 0) return { layers: [], ...rest };
  const layers = await db
    .selectFrom('v1_layer')
    .select(['number', 'name'])
    .where('number', 'in', numbers)
    .orderBy('number')
    .execute();
  return { layers, ...rest };
}

async function findAbove(db: Kysely<Tables>, name: string, limit: number): Promise<NamedLayer[]> {
  const rows = await withStack(db, name)
    .selectFrom('stack')
    .innerJoin('v1_layer', 'v1_layer.name', 'stack.name')
    .selectAll('v1_layer')
    .where('v1_layer.name', '<>', name)
    .orderBy('v1_layer.number')
    .limit(limit)
    .execute();
  return rows.map(toNamedLayer);
}

/** Selects a layer and all layers that are built upon it, as `stack`. */
function withStack(db: Kysely<Tables>, name: string) {
  return db.withRecursive('stack', (query) =>
    query
      .selectFrom('v1_layer')
      .select(['v1_layer.name', 'v1_layer.number'])
      .where('v1_layer.name', '=', name)
      .union(
        query
          .selectFrom('v1_layer')
          .innerJoin('stack', 'stack.name', 'v1_layer.parent')
          .select(['v1_layer.name', 'v1_layer.number']),
      ),
  );
}

async function remove(db: Kysely<Tables>, name: string): Promise<boolean> {
  const doomed = withStack(db, name);
  await doomed
    .deleteFrom('v1_brought')
    .where('layer_number', 'in', (query) => query.selectFrom('stack').select('stack.number'))
    .execute();
  const { numDeletedRows: removed } = await doomed
    .deleteFrom('v1_layer')
    .where('name', 'in', (query) => query.selectFrom('stack').select('stack.name'))
    .executeTakeFirstOrThrow();
  return removed > 0n;
}
