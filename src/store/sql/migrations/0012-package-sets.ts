import { hash } from 'node:crypto';
import { zstdCompressSync } from 'node:zlib';
import { type Kysely, sql } from 'kysely';
import type { Value } from '../bulk-writer.ts';
import type { ColumnTypes } from '../engine.ts';
import type { Tables } from '../schema.ts';
import type { StagedMigration } from './migration.ts';

/**
 * Stores the packages of images as lists that images share, and packages without their paths. Rows per package of each image were nearly
 * all of the database. The new tables are filled beside the old ones, a few images at a time.
 */
export const sharePackageSets: StagedMigration = {
  expand: createTables,
  backfill: moveImages,
  contract: replaceTables,
};

/** The new table of packages until it replaces the old one. */
const newPackages = 'package_without_path';

async function createTables(db: Kysely<Tables>, types: ColumnTypes): Promise<void> {
  await db.schema.alterTable('image').addColumn('package_order', 'text').execute();
  await createPackages(db, types);
  await db.schema
    .createTable('package_set')
    .addColumn('id', types.rowNumber)
    .addColumn('identity', 'text', (column) => column.notNull().unique())
    .addColumn('has_versions', types.narrowInteger, (column) => column.notNull().defaultTo(0))
    .modifyEnd(types.plain)
    .execute();
  await db.schema
    .createTable('set_package')
    .addColumn('set_id', types.narrowInteger, (column) => column.notNull())
    .addColumn('position', types.narrowInteger, (column) => column.notNull())
    .addColumn('package_id', types.narrowInteger, (column) => column.notNull())
    .addPrimaryKeyConstraint('set_package_place', ['set_id', 'position'])
    .modifyEnd(types.orderedByKey)
    .execute();
  await db.schema
    .createTable('image_set')
    .addColumn('image_id', types.narrowInteger, (column) => column.notNull())
    .addColumn('part', types.narrowInteger, (column) => column.notNull())
    .addColumn('set_id', types.narrowInteger, (column) => column.notNull())
    .addColumn('layer', types.narrowInteger)
    .addColumn('repositories', types.narrowInteger)
    .addColumn('path', 'text')
    .addColumn('paths', types.bytes)
    .addPrimaryKeyConstraint('image_set_place', ['image_id', 'part'])
    .modifyEnd(types.orderedByKey)
    .execute();
  await createIndexes(db);
}

async function createPackages(db: Kysely<Tables>, types: ColumnTypes): Promise<void> {
  await db.schema
    .createTable(newPackages)
    .addColumn('id', types.rowNumber)
    .addColumn('identity', 'text', (column) => column.notNull().unique())
    .addColumn('namespace_id', types.integer)
    .addColumn('lookup_name', 'text')
    .addColumn('lookup_version', 'text')
    .addColumn('key', types.bytes)
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('version', 'text', (column) => column.notNull())
    .addColumn('arch', 'text')
    .addColumn('source_name', 'text')
    .addColumn('source_version', 'text')
    .addColumn('source_lookup_version', 'text')
    .addColumn('source_key', types.bytes)
    .addColumn('purl', 'text', (column) => column.notNull())
    .addColumn('found_by', 'text', (column) => column.notNull())
    .addColumn('modularity', 'text')
    .addColumn('vendor', 'text')
    .addColumn('licence', 'text')
    .addColumn('owner', 'text')
    .modifyEnd(types.plain)
    .execute();
}

/** Adds indexes from an advisory to the packages that it hits, from these to their sets, and from these to their images. */
async function createIndexes(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createIndex('package_by_name')
    .on(newPackages)
    .columns(['namespace_id', 'lookup_name', 'key'])
    .execute();
  await db.schema
    .createIndex('package_by_source')
    .on(newPackages)
    .columns(['namespace_id', 'source_name', 'source_key'])
    .where(sql.ref('source_lookup_version'), 'is not', null)
    .execute();
  await db.schema
    .createIndex('set_package_sets')
    .on('set_package')
    .columns(['package_id', 'set_id', 'position'])
    .execute();
  await db.schema
    .createIndex('image_set_images')
    .on('image_set')
    .columns(['set_id', 'image_id', 'part'])
    .execute();
}

async function replaceTables(db: Kysely<Tables>): Promise<void> {
  // Images that an earlier version of the program deleted after they were moved.
  await sql`delete from image_set where not exists (select 1 from image where image.id = image_set.image_id)`.execute(
    db,
  );
  await sql`delete from package_set where not exists (select 1 from image_set where set_id = package_set.id)`.execute(
    db,
  );
  await sql`delete from set_package where not exists (select 1 from package_set where id = set_package.set_id)`.execute(
    db,
  );
  await sql`delete from ${sql.table(newPackages)} where not exists (
    select 1 from set_package where package_id = ${sql.ref(`${newPackages}.id`)}
  )`.execute(db);
  for (const table of ['ancestry_version', 'image_package', 'package'])
    await db.schema.dropTable(table).execute();
  await db.schema.alterTable(newPackages).renameTo('package').execute();
}

/** Number of images per transaction: other writers wait for less than a second. */
const imagesAtATime = 200;

/** Moves the next images after a number; returns the number of the last one. Undefined if no image is left. */
async function moveImages(db: Kysely<Tables>, after: number): Promise<number | undefined> {
  const images = await db
    .selectFrom('image')
    .select('id')
    .where('id', '>', after)
    .orderBy('id')
    .limit(imagesAtATime)
    .execute();
  const last = images.at(-1);
  if (last === undefined) return undefined;
  const { rows } = await sql<InstalledRow>`
    select image_id, package_id, layer, repositories from image_package
    where image_id > ${after} and image_id <= ${last.id} order by image_id, position
  `.execute(db);
  const packages = await movePackages(db, [...new Set(rows.map((row) => row.package_id))]);
  const split = [...Map.groupBy(rows, (row) => row.image_id)].map(([image, installed]) => ({
    image,
    ...splitImage(installed, packages),
  }));
  const sets = await addSets(
    db,
    split.flatMap(({ parts }) => parts),
  );
  await addParts(db, split, sets);
  return last.id;
}

interface InstalledRow {
  readonly image_id: number;
  readonly package_id: number;
  readonly layer: number | null;
  readonly repositories: number | null;
}

/** The columns that identify a package, in the order of the hash. */
const columns = [
  'namespace_id',
  'lookup_name',
  'lookup_version',
  'key',
  'type',
  'name',
  'version',
  'arch',
  'source_name',
  'source_version',
  'source_lookup_version',
  'source_key',
  'purl',
  'found_by',
  'modularity',
  'vendor',
  'licence',
  'owner',
] as const;

type PackageRow = Record<(typeof columns)[number], Value> & { readonly id: number; readonly path: string };

/** A package of the old table, and its number in the new one. */
interface MovedPackage {
  readonly number: number;
  readonly text: string;
  readonly path: string;
  readonly foundBy: Value;
}

/** Number of rows per statement. */
const rowsAtATime = 100;

function* chunks<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let i = 0; i < all.length; i += rowsAtATime) yield all.slice(i, i + rowsAtATime);
}

/** Adds packages to the new table; returns them by their old numbers. */
async function movePackages(
  db: Kysely<Tables>,
  numbers: readonly number[],
): Promise<ReadonlyMap<number, MovedPackage>> {
  const moved = new Map<number, MovedPackage>();
  for (const some of chunks(numbers)) {
    const { rows } = await sql<PackageRow>`select * from package where id in (${sql.join(some)})`.execute(db);
    const texts = new Map(rows.map((row) => [row.id, textOf(row)]));
    const byIdentity = new Map(rows.map((row) => [identityOf(texts.get(row.id) ?? ''), row]));
    await insert(
      db,
      newPackages,
      ['identity', ...columns],
      [...byIdentity].map(([identity, row]) => [identity, ...columns.map((column) => row[column])]),
    );
    const found = await numbersOf(db, newPackages, [...byIdentity.keys()]);
    for (const row of rows) {
      const text = texts.get(row.id) ?? '';
      const number = found.get(identityOf(text));
      if (number === undefined) throw new Error(`the package ${row.id} vanished`);
      moved.set(row.id, { number, text, path: row.path, foundBy: row.found_by });
    }
  }
  return moved;
}

function textOf(row: PackageRow): string {
  return JSON.stringify(
    columns.map((column) => {
      const value = row[column];
      return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value;
    }),
  );
}

function identityOf(text: string): string {
  return hash('sha256', text, 'base64url');
}

interface Part {
  readonly identity: string;
  readonly packages: readonly number[];
  readonly values: readonly Value[];
}

interface SplitImage {
  readonly order: string | null;
  readonly parts: readonly Part[];
}

function splitImage(rows: readonly InstalledRow[], packages: ReadonlyMap<number, MovedPackage>): SplitImage {
  const groups = new Map<
    string,
    { readonly part: number; readonly first: InstalledRow; readonly items: MovedPackage[] }
  >();
  const order: number[] = [];
  for (const row of rows) {
    const item = packages.get(row.package_id);
    if (item === undefined) throw new Error(`the package ${row.package_id} vanished`);
    const key = JSON.stringify([item.foundBy, row.layer, row.repositories]);
    const group = groups.get(key) ?? { part: groups.size, first: row, items: [] };
    groups.set(key, group);
    group.items.push(item);
    const last = order.length - 2;
    if (order[last] === group.part) order[last + 1] = (order[last + 1] ?? 0) + 1;
    else order.push(group.part, 1);
  }
  const parts = [...groups.values()].map(({ first, items }) => partOf(first, items));
  return { order: parts.length < 2 ? null : JSON.stringify(order), parts };
}

function partOf({ layer, repositories }: InstalledRow, items: readonly MovedPackage[]): Part {
  const paths = items.map(({ path }) => path);
  const [path = ''] = paths;
  const hasOnePath = paths.every((other) => other === path);
  return {
    identity: hash('sha256', items.map(({ text }) => text).join('\n'), 'hex'),
    packages: items.map(({ number }) => number),
    values: [
      layer,
      repositories,
      hasOnePath ? path : null,
      hasOnePath ? null : zstdCompressSync(JSON.stringify(paths)),
    ],
  };
}

async function addSets(db: Kysely<Tables>, parts: readonly Part[]): Promise<ReadonlyMap<string, number>> {
  const byIdentity = new Map(parts.map((part) => [part.identity, part]));
  const known = await numbersOf(db, 'package_set', [...byIdentity.keys()]);
  const missing = [...byIdentity.values()].filter(({ identity }) => !known.has(identity));
  await insert(
    db,
    'package_set',
    ['identity'],
    missing.map(({ identity }) => [identity]),
  );
  const added = await numbersOf(
    db,
    'package_set',
    missing.map(({ identity }) => identity),
  );
  const rows = missing.flatMap(({ identity, packages }) =>
    packages.map((number, position) => [added.get(identity) ?? 0, position, number]),
  );
  await insert(db, 'set_package', ['set_id', 'position', 'package_id'], rows);
  return new Map([...known, ...added]);
}

async function addParts(
  db: Kysely<Tables>,
  images: readonly (SplitImage & { readonly image: number })[],
  sets: ReadonlyMap<string, number>,
): Promise<void> {
  const rows = images.flatMap(({ image, parts }) =>
    parts.map(({ identity, values }, part) => [image, part, sets.get(identity) ?? 0, ...values]),
  );
  await insert(
    db,
    'image_set',
    ['image_id', 'part', 'set_id', 'layer', 'repositories', 'path', 'paths'],
    rows,
  );
  for (const { image, order } of images)
    if (order !== null)
      await db.updateTable('image').set({ package_order: order }).where('id', '=', image).execute();
}

async function insert(
  db: Kysely<Tables>,
  table: string,
  names: readonly string[],
  rows: readonly (readonly Value[])[],
): Promise<void> {
  const list = sql.join(names.map((name) => sql.ref(name)));
  for (const some of chunks(rows)) {
    const values = sql.join(some.map((row) => sql`(${sql.join(row)})`));
    await sql`insert into ${sql.table(table)} (${list}) values ${values} on conflict do nothing`.execute(db);
  }
}

async function numbersOf(
  db: Kysely<Tables>,
  table: string,
  identities: readonly string[],
): Promise<Map<string, number>> {
  const numbers = new Map<string, number>();
  for (const some of chunks(identities)) {
    const { rows } = await sql<{ id: number; identity: string }>`
      select id, identity from ${sql.table(table)} where identity in (${sql.join(some)})
    `.execute(db);
    for (const { id, identity } of rows) numbers.set(identity, id);
  }
  return numbers;
}
