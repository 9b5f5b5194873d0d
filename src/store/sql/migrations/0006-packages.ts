import { hash } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
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
  const images = await db.selectFrom('image').select('id').orderBy('id').execute();
  for (const { id } of images) await moveImage(db, id);
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

/** Number of rows per statement. */
const rowsAtATime = 100;

async function moveImage(db: Kysely<Tables>, image: number): Promise<void> {
  const { rows } = await sql<WholeRow>`
    select * from image_package_whole where image_id = ${image} order by position
  `.execute(db);
  const layers = [...new Set(rows.flatMap(({ layer }) => layer ?? []))];
  if (layers.length > 0)
    await db
      .updateTable('image')
      .set({ package_layers: JSON.stringify(layers) })
      .where('id', '=', image)
      .execute();
  const places = new Map(layers.map((layer, place) => [layer, place]));
  for (let i = 0; i < rows.length; i += rowsAtATime) {
    const some = rows.slice(i, i + rowsAtATime).map((row) => ({ row, identity: identityOf(row) }));
    const numbers = await numberPackages(db, new Map(some.map(({ row, identity }) => [identity, row])));
    await db
      .$extendTables<{ image_package: ImagePackageTable }>()
      .insertInto('image_package')
      .values(
        some.map(({ row, identity }) => ({
          image_id: image,
          position: row.position,
          package_id: numbers.get(identity) ?? 0,
          layer: row.layer === null ? null : (places.get(row.layer) ?? null),
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

async function numberPackages(
  db: Kysely<Tables>,
  packages: ReadonlyMap<string, PackageRow>,
): Promise<ReadonlyMap<string, number>> {
  const known = await numbersOf(db, [...packages.keys()]);
  const missing = [...packages].filter(([identity]) => !known.has(identity));
  if (missing.length === 0) return known;
  const names = sql.join(['identity', ...columns].map((column) => sql.ref(column)));
  const rows = missing.map(([identity, row]) => {
    const values = [identity, ...columns.map((column) => row[column])];
    return sql`(${sql.join(values)})`;
  });
  await sql`insert into package (${names}) values ${sql.join(rows)}`.execute(db);
  const added = await numbersOf(
    db,
    missing.map(([identity]) => identity),
  );
  return new Map([...known, ...added]);
}

async function numbersOf(db: Kysely<Tables>, identities: readonly string[]): Promise<Map<string, number>> {
  const rows = await db
    .selectFrom('package')
    .select(['id', 'identity'])
    .where('identity', 'in', identities)
    .execute();
  return new Map(rows.map(({ id, identity }) => [identity, id]));
}
