import type { Kysely, Selectable } from 'kysely';
import { limits } from '../../core/limits.ts';
import { RevisionCache } from '../../kit/revision-cache.ts';
import type { Distro } from '../../model/distro.ts';
import type { ImageIndex, ImagePackage, ImageStore, StoredDescription, UnreadPart } from '../image-store.ts';
import { pageAffectedImages } from './affected-images.ts';
import type { Engine, EngineConnection } from './engine.ts';
import { momentOf } from './history.ts';
import { findDescription, writeDescription } from './image-descriptions.ts';
import { type PackageRow, packageColumns, packageFromRow } from './image-package.ts';
import { type ImagePart, type SplitImage, splitImage } from './image-parts.ts';
import type { ImageRows, InsertedImage, PartInput } from './image-rows.ts';
import { insertParts, partColumns } from './insert-image.ts';
import { findMatchesOf } from './lookup-matches.ts';
import { findMatches, type MatchCache } from './matches.ts';
import type { Namespaces } from './namespaces.ts';
import { decodeOrder } from './package-order.ts';
import { upsertSets } from './package-sets.ts';
import { readPart, type StoredPart, storedPartColumns } from './part-values.ts';
import type { Tables } from './schema.ts';
import { readSharedValues } from './shared-values.ts';
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
  // A set without matches also takes memory.
  const cache: MatchCache = new RevisionCache(limits.cachedMatches, ({ length }) => 1 + length);
  return {
    save: async (image) => (await findUsed(deps, image)) ?? (await save(deps, image)),
    findByNumber: (image) => findByNumber(db, image),
    findMatches: async (image, { isRemembered = false, ...at } = {}) =>
      await findMatches(deps.engine, image, {
        moment: await momentOf(db, at, deps.now()),
        cache,
        isRemembered,
      }),
    findMatchesOf: async (lookups, at = {}) =>
      await findMatchesOf(db, lookups, await momentOf(db, at, deps.now())),
    findDescription: (key) => findDescribed(deps, key),
    saveDescription: (image, description) => writeDescription(deps.engine, image, description),
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
  return row === undefined ? undefined : await renewUse({ engine, now }, row);
}

type UsedImage = Pick<Selectable<Tables['image']>, 'id' | 'last_used_at'>;

async function renewUse(
  { engine, now }: Pick<ImageDeps, 'engine' | 'now'>,
  row: UsedImage,
): Promise<number | undefined> {
  if (engine.isReadOnly || !isLastUseStale(row.last_used_at, now())) return row.id;
  const used = { last_used_at: now() };
  const { numUpdatedRows: renewed } = await engine.write(
    (db) => db.updateTable('image').set(used).where('id', '=', row.id).executeTakeFirstOrThrow(),
    'own rows',
  );
  return renewed > 0n ? row.id : undefined;
}

/** Returns the description with a key and renews the last use of its image. Undefined if garbage collection has just deleted it. */
async function findDescribed(deps: ImageDeps, key: string): Promise<StoredDescription | undefined> {
  const found = await findDescription(deps.engine.db, key);
  if (found === undefined) return undefined;
  const number = await renewUse(deps, { id: found.description.image, last_used_at: found.last_used_at });
  return number === undefined ? undefined : found.description;
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
  const { parts, ...values } = splitImage(image.packages, numbers);
  const rows = { ...rowsOf(image, values, now()), parts: parts.map(partRow) };
  return await engine.write(async (db) => {
    const added = await engine.insertImage(db, rows);
    if (added !== undefined) await addMissingParts(engine, db, added, parts);
    // Another process may have saved it meanwhile.
    const id = added?.id ?? (await findNumber(db, image.identity));
    if (id === undefined) throw new Error(`the image ${image.identity} vanished`);
    return id;
  }, 'own rows');
}

function rowsOf(
  { identity, distro, detector, layers, unread = [] }: ImageIndex,
  split: Omit<SplitImage, 'parts'>,
  now: number,
): Omit<ImageRows, 'parts'> {
  const image = {
    identity,
    distro: distro && JSON.stringify(distro),
    detector: detector ?? null,
    repositories: split.repositories,
    package_layers: split.layers,
    package_order: split.order,
    unread: unread.length === 0 ? null : JSON.stringify(unread),
    last_used_at: now,
  };
  return { image, layers };
}

function partRow({ set, layer, repositories, path, paths }: ImagePart, part: number): PartInput {
  return { part, set: set.identity, layer, repositories, path, paths };
}

async function findNumber(db: Kysely<Tables>, identity: string): Promise<number | undefined> {
  const row = await db.selectFrom('image').select('id').where('identity', '=', identity).executeTakeFirst();
  return row?.id;
}

/** Adds the parts of an image that were not inserted with it, and their sets. */
async function addMissingParts(
  connection: EngineConnection,
  db: Kysely<Tables>,
  added: InsertedImage,
  parts: readonly ImagePart[],
): Promise<void> {
  const missing = [...parts.entries()].filter(([part]) => !added.parts.has(part));
  if (missing.length === 0) return;
  const sets = await upsertSets(connection, db, new Map(missing.map(([, { set }]) => [set.identity, set])));
  const rows = missing.map(([number, part]) => partRow(part, number));
  await insertParts(connection.bulkWriter(db, 'image_set', partColumns), rows, { image: added.id, sets });
}

async function findByNumber(db: Kysely<Tables>, id: number): Promise<ImageIndex> {
  const installed = await installedPackages(db, id);
  const parts = await db
    .selectFrom('image_set')
    .select(storedPartColumns)
    .where('image_id', '=', id)
    .execute();
  const layers = await db
    .selectFrom('image_layer')
    .select('layer')
    .where('image_id', '=', id)
    .orderBy('position')
    .execute();
  // Read last: if the image still exists, none of its other rows was deleted meanwhile.
  const image = await db.selectFrom('image').selectAll().where('id', '=', id).executeTakeFirst();
  if (image === undefined) throw new Error(`there is no image ${id} in the database`);
  return {
    identity: image.identity,
    layers: layers.map(({ layer }) => layer),
    distro: image.distro === null ? null : (JSON.parse(image.distro) as Distro),
    ...(image.detector !== null && { detector: image.detector }),
    packages: packagesInOrder(image, parts, installed),
    ...(image.unread !== null && { unread: JSON.parse(image.unread) as UnreadPart[] }),
  };
}

type InstalledPackage = PackageRow &
  Pick<StoredPart, 'part'> & {
    readonly position: number;
    readonly namespace: string | null;
    readonly version_scheme: string | null;
  };

async function installedPackages(db: Kysely<Tables>, image: number): Promise<InstalledPackage[]> {
  return await db
    .selectFrom('image_set')
    .innerJoin('set_package', 'set_package.set_id', 'image_set.set_id')
    .innerJoin('package', 'package.id', 'set_package.package_id')
    .leftJoin('namespace', 'namespace.id', 'package.namespace_id')
    .select(packageColumns.map((column) => `package.${column}` as const))
    .select(['image_set.part', 'set_package.position'])
    .select(['namespace.name as namespace', 'namespace.version_scheme'])
    .where('image_set.image_id', '=', image)
    .execute();
}

function packagesInOrder(
  image: Selectable<Tables['image']>,
  partRows: readonly StoredPart[],
  installed: readonly InstalledPackage[],
): ImagePackage[] {
  const shared = readSharedValues(image);
  const parts = new Map(partRows.map((row) => [row.part, readPart(row, shared)]));
  const positionOf = decodeOrder(image.package_order);
  const packages: ImagePackage[] = [];
  for (const row of installed) {
    // Without the rest of the row: to copy it would take longer than to read it.
    const { namespace: name, version_scheme: versionScheme, part, position } = row;
    const values = parts.get(part);
    if (values === undefined) throw new Error(`the image ${image.id} has no part ${part}`);
    const namespace = name === null || versionScheme === null ? null : { name, versionScheme };
    packages[positionOf(part, position)] = packageFromRow(row, values, { position, namespace });
  }
  return packages;
}
