import type { Kysely } from 'kysely';
import type { Distro } from '../../model/distro.ts';
import type { ImageIndex, ImageStore } from '../image-store.ts';
import { pageAffectedImages } from './affected-images.ts';
import type { Engine, EngineConnection } from './engine.ts';
import { momentOf } from './history.ts';
import { packageColumns, packageFromRow } from './image-package.ts';
import { findMatches } from './matches.ts';
import type { Namespaces } from './namespaces.ts';
import { type PackageValues, packageRowValues, upsertPackages } from './packages.ts';
import type { Tables } from './schema.ts';
import { type PackageLayer, packageLayerOf, readSharedValues, SharedValues } from './shared-values.ts';
import { isLastUseStale } from './times.ts';

/** Dependencies of `imageStore`. */
export interface ImageDeps {
  readonly engine: Engine;
  readonly namespaces: Namespaces;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Returns the images of a store. */
export function imageStore(deps: ImageDeps): ImageStore {
  const { db } = deps.engine;
  return {
    save: async (image) => (await findUsed(deps, image)) ?? (await save(deps, image)),
    findByNumber: (image) => findByNumber(db, image),
    findMatches: async (image, at = {}) => await findMatches(db, image, await momentOf(db, at, deps.now())),
    pageAffected: (vulnerabilities, page) => pageAffectedImages(db, vulnerabilities, page),
  };
}

/** Returns the number of a saved image and renews its last use. Undefined if garbage collection has just deleted it. */
async function findUsed({ engine, now }: ImageDeps, { identity }: ImageIndex): Promise<number | undefined> {
  const row = await engine.db
    .selectFrom('image')
    .select(['id', 'last_used_at'])
    .where('identity', '=', identity)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  if (engine.isReadOnly || !isLastUseStale(row.last_used_at, now())) return row.id;
  const used = { last_used_at: now() };
  const { numUpdatedRows: renewed } = await engine.write(
    (db) => db.updateTable('image').set(used).where('id', '=', row.id).executeTakeFirstOrThrow(),
    'own rows',
  );
  return renewed > 0n ? row.id : undefined;
}

async function save({ engine, namespaces, now }: ImageDeps, image: ImageIndex): Promise<number> {
  const numbers: (number | null)[] = [];
  for (const { lookup } of image.packages) {
    numbers.push(
      lookup === null
        ? null
        : (namespaces.cachedNumber(lookup.namespace) ??
            (await namespaces.findOrCreateNumber(engine, lookup.namespace))),
    );
  }
  const content: Content = {
    image,
    packages: image.packages.map((item, i) => packageRowValues(item, numbers[i] ?? null)),
    repositories: new SharedValues(image.packages.map(({ repositories }) => repositories)),
    layers: new SharedValues(image.packages.map(packageLayerOf)),
  };
  return await engine.write(async (db) => {
    const added = await db
      .insertInto('image')
      .values({
        identity: image.identity,
        distro: image.distro && JSON.stringify(image.distro),
        detector: image.detector ?? null,
        repositories: content.repositories.text,
        package_layers: content.layers.text,
        last_used_at: now(),
      })
      .onConflict((conflict) => conflict.column('identity').doNothing())
      .returning('id')
      .executeTakeFirst();
    if (added !== undefined) await addContent(engine, db, added.id, content);
    // Another process may have saved it meanwhile.
    const id = added?.id ?? (await findNumber(db, image.identity));
    if (id === undefined) throw new Error(`the image ${image.identity} vanished`);
    return id;
  }, 'own rows');
}

async function findNumber(db: Kysely<Tables>, identity: string): Promise<number | undefined> {
  const row = await db.selectFrom('image').select('id').where('identity', '=', identity).executeTakeFirst();
  return row?.id;
}

interface Content {
  readonly image: ImageIndex;
  /** By position. */
  readonly packages: readonly PackageValues[];
  readonly repositories: SharedValues<readonly string[]>;
  readonly layers: SharedValues<PackageLayer>;
}

async function addContent(
  connection: EngineConnection,
  db: Kysely<Tables>,
  id: number,
  { image, packages, repositories, layers }: Content,
): Promise<void> {
  const layerRows = connection.bulkWriter(db, 'image_layer', ['image_id', 'position', 'layer']);
  for (const [position, layer] of image.layers.entries()) await layerRows.add([id, position, layer]);
  await layerRows.finish();
  const numbers = await upsertPackages(db, packages);
  const columns = ['image_id', 'position', 'package_id', 'layer', 'repositories'];
  const installed = connection.bulkWriter(db, 'image_package', columns);
  for (const [position, item] of image.packages.entries()) {
    const number = numbers.get(packages[position]?.[0] ?? '');
    if (number === undefined) throw new Error(`the package ${item.purl} vanished`);
    const shared = [layers.indexOf(packageLayerOf(item)), repositories.indexOf(item.repositories)];
    await installed.add([id, position, number, ...shared]);
  }
  await installed.finish();
}

async function findByNumber(db: Kysely<Tables>, id: number): Promise<ImageIndex> {
  const image = await db.selectFrom('image').selectAll().where('id', '=', id).executeTakeFirst();
  if (image === undefined) throw new Error(`there is no image ${id} in the database`);
  const layers = await db
    .selectFrom('image_layer')
    .select('layer')
    .where('image_id', '=', id)
    .orderBy('position')
    .execute();
  const rows = await db
    .selectFrom('image_package')
    .innerJoin('package', 'package.id', 'image_package.package_id')
    .leftJoin('namespace', 'namespace.id', 'package.namespace_id')
    .select(packageColumns.map((column) => `package.${column}` as const))
    .select(['image_package.layer', 'image_package.repositories'])
    .select(['namespace.name as namespace', 'namespace.version_scheme'])
    .where('image_package.image_id', '=', id)
    .orderBy('image_package.position')
    .execute();
  const shared = readSharedValues(image);
  return {
    identity: image.identity,
    layers: layers.map(({ layer }) => layer),
    distro: image.distro === null ? null : (JSON.parse(image.distro) as Distro),
    ...(image.detector !== null && { detector: image.detector }),
    packages: rows.map(({ namespace: name, version_scheme: versionScheme, ...row }) =>
      packageFromRow(row, row, {
        namespace: name === null || versionScheme === null ? null : { name, versionScheme },
        ...shared,
      }),
    ),
  };
}
