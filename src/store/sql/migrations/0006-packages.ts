import { hash } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import { splitIntoChunks } from '../../../kit/collections.ts';
import type { ColumnTypes } from '../engine.ts';
import type { Tables } from '../schema.ts';

/** Stores packages once and lets images refer to them. Own rows per image were nearly all of the database. */
export async function sharePackages(db: Kysely<Tables>, types: ColumnTypes): Promise<void> {
  await db.schema.alterTable('image').addColumn('package_layers', 'text').execute();
  await createPackages(db, types);
  await db.schema.dropIndex('image_package_lookup').execute();
  await db.schema.dropIndex('image_package_source').execute();
  await db.schema.alterTable('image_package').renameTo('image_package_whole').execute();
  await createImagePackages(db, types);
  await moveImages(db);
  await db.schema.dropTable('image_package_whole').execute();
  await createIndexes(db);
}

async function createPackages(db: Kysely<Tables>, types: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('package')
    .addColumn('id', types.rowNumber)
    .addColumn('identity', 'text', (column) => column.notNull().unique())
    .addColumn('namespace_id', types.integer, (column) => column.references('namespace.id'))
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
    .addColumn('path', 'text', (column) => column.notNull())
    .addColumn('found_by', 'text', (column) => column.notNull())
    .addColumn('modularity', 'text')
    .addColumn('vendor', 'text')
    .addColumn('licence', 'text')
    .addColumn('owner', 'text')
    .modifyEnd(types.plain)
    .execute();
}

async function createImagePackages(db: Kysely<Tables>, types: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('image_package')
    .addColumn('image_id', types.integer, (column) => column.notNull().references('image.id'))
    .addColumn('position', types.integer, (column) => column.notNull())
    .addColumn('package_id', types.integer, (column) => column.notNull().references('package.id'))
    .addColumn('layer', types.integer)
    .addColumn('repositories', types.integer)
    .addPrimaryKeyConstraint('image_package_place', ['image_id', 'position'])
    .modifyEnd(types.orderedByKey)
    .execute();
}

/** Adds indexes from an advisory to the packages that it hits, and from these to their images; queries read only the indexes. */
async function createIndexes(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createIndex('package_lookup')
    .on('package')
    .columns(['namespace_id', 'lookup_name', 'key'])
    .execute();
  await db.schema
    .createIndex('package_source')
    .on('package')
    .columns(['namespace_id', 'source_name', 'source_key'])
    .where(sql.ref('source_lookup_version'), 'is not', null)
    .execute();
  await db.schema
    .createIndex('image_package_images')
    .on('image_package')
    .columns(['package_id', 'image_id', 'position', 'layer', 'repositories'])
    .execute();
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
  'path',
  'found_by',
  'modularity',
  'vendor',
  'licence',
  'owner',
] as const;

type Value = string | number | Uint8Array | null;

type PackageRow = Record<(typeof columns)[number], Value>;

interface WholeRow extends PackageRow {
  readonly image_id: number;
  readonly position: number;
  readonly layer: string | null;
  readonly repositories: number | null;
}

interface ImagePackageTable {
  image_id: number;
  position: number;
  package_id: number;
  layer: number | null;
  repositories: number | null;
}

/** Number of images per step. */
const imagesAtATime = 50;

/** Number of rows per statement. */
const rowsAtATime = 500;

/** Number of packages whose numbers are held in memory. */
const numbersMax = 200_000;

/** Moves the rows of all images in steps. Images share most packages, so nearly all are known from earlier steps. */
async function moveImages(db: Kysely<Tables>): Promise<void> {
  const images = await db.selectFrom('image').select('id').orderBy('id').execute();
  const numbers = new Map<string, number>();
  for (const some of splitIntoChunks(images, imagesAtATime)) {
    const first = some[0]?.id ?? 0;
    const last = some.at(-1)?.id ?? 0;
    const { rows } = await sql<WholeRow>`
      select * from image_package_whole where image_id between ${first} and ${last} order by image_id, position
    `.execute(db);
    const layers = layersByImage(rows);
    await saveLayers(db, layers);
    await moveRows(db, rows, layers, numbers);
    if (numbers.size > numbersMax) numbers.clear();
  }
}

/** Returns the layers of the packages of each image, each with its index. */
function layersByImage(rows: readonly WholeRow[]): ReadonlyMap<number, ReadonlyMap<string, number>> {
  const layers = new Map<number, Map<string, number>>();
  for (const { image_id: image, layer } of rows) {
    const ofImage = layers.get(image) ?? new Map<string, number>();
    layers.set(image, ofImage);
    if (layer !== null && !ofImage.has(layer)) ofImage.set(layer, ofImage.size);
  }
  return layers;
}

async function saveLayers(
  db: Kysely<Tables>,
  layers: ReadonlyMap<number, ReadonlyMap<string, number>>,
): Promise<void> {
  const rows = [...layers]
    .filter(([, { size }]) => size > 0)
    .map(([image, ofImage]) => sql`when ${image} then ${JSON.stringify([...ofImage.keys()])}`);
  if (rows.length === 0) return;
  await sql`
    update image set package_layers = case id ${sql.join(rows, sql` `)} else package_layers end
    where id between ${Math.min(...layers.keys())} and ${Math.max(...layers.keys())}
  `.execute(db);
}

async function moveRows(
  db: Kysely<Tables>,
  rows: readonly WholeRow[],
  layers: ReadonlyMap<number, ReadonlyMap<string, number>>,
  numbers: Map<string, number>,
): Promise<void> {
  for (const some of splitIntoChunks(rows, rowsAtATime)) {
    const moved = some.map((row) => ({ row, identity: identityOf(row) }));
    await numberPackages(db, new Map(moved.map(({ row, identity }) => [identity, row])), numbers);
    await db
      .$extendTables<{ image_package: ImagePackageTable }>()
      .insertInto('image_package')
      .values(
        moved.map(({ row, identity }) => ({
          image_id: row.image_id,
          position: row.position,
          package_id: numbers.get(identity) ?? 0,
          layer: row.layer === null ? null : (layers.get(row.image_id)?.get(row.layer) ?? null),
          repositories: row.repositories,
        })),
      )
      .execute();
  }
}

function identityOf(row: WholeRow): string {
  const values = columns.map((column) => {
    const value = row[column];
    return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value;
  });
  return hash('sha256', JSON.stringify(values), 'base64url');
}

/** Number of packages per statement. */
const packagesAtATime = 100;

/** Adds the numbers of packages to `numbers`. Inserts missing packages. */
async function numberPackages(
  db: Kysely<Tables>,
  packages: ReadonlyMap<string, PackageRow>,
  numbers: Map<string, number>,
): Promise<void> {
  const unknown = [...packages].filter(([identity]) => !numbers.has(identity));
  for (const some of splitIntoChunks(unknown, packagesAtATime)) {
    const identities = some.map(([identity]) => identity);
    await findNumbers(db, identities, numbers);
    const missing = some.filter(([identity]) => !numbers.has(identity));
    if (missing.length === 0) continue;
    const names = sql.join(['identity', ...columns].map((column) => sql.ref(column)));
    const rows = missing.map(([identity, row]) => {
      const values = [identity, ...columns.map((column) => row[column])];
      return sql`(${sql.join(values)})`;
    });
    await sql`insert into package (${names}) values ${sql.join(rows)}`.execute(db);
    await findNumbers(db, identities, numbers);
  }
}

async function findNumbers(
  db: Kysely<Tables>,
  identities: readonly string[],
  numbers: Map<string, number>,
): Promise<void> {
  const rows = await db
    .selectFrom('package')
    .select(['id', 'identity'])
    .where('identity', 'in', identities)
    .execute();
  for (const { id, identity } of rows) numbers.set(identity, id);
}
