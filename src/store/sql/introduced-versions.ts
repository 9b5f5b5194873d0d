import { hash } from 'node:crypto';
import type { Insertable, Kysely, Selectable, SelectQueryBuilder } from 'kysely';
import { splitIntoChunks } from '../../kit/collections.ts';
import { compareText } from '../../model/order.ts';
import type { MatchKey } from '../affected-cursor.ts';
import type { Tables } from './schema.ts';

/** Versions of packages as rows, by their identity. */
export type PackageVersions = ReadonlyMap<string, VersionRow>;

type VersionRow = Insertable<Tables['v1_version']>;

/** Returns the versions of an image that the image below it does not have; without an image below, all versions. */
export async function introducedVersions(
  db: Kysely<Tables>,
  image: number,
  below: number | undefined,
): Promise<PackageVersions> {
  if (below === undefined) return await versionsOfImage(db, image);
  // Most layers do not change the packages of the layer below.
  const fresh = await versionsOfImage(db, image, { unlessIn: below });
  return fresh.size === 0 ? fresh : subtractVersions(fresh, await versionsOfImage(db, below));
}

/** Returns the versions of one map that are not in another. */
export function subtractVersions(all: PackageVersions, others: PackageVersions): PackageVersions {
  return new Map([...all].filter(([identity]) => !others.has(identity)));
}

const columns = [
  'namespace_id',
  'type',
  'version',
  'arch',
  'modularity',
  'lookup_name',
  'lookup_version',
  'key',
  'source_name',
  'source_lookup_version',
  'source_key',
] as const;

type InstalledRow = Pick<Selectable<Tables['package']>, (typeof columns)[number]>;

/** Returns the versions of an image that have a lookup key; optionally only those of sets that another image does not have. */
export async function versionsOfImage(
  db: Kysely<Tables>,
  image: number,
  { unlessIn }: { readonly unlessIn?: number } = {},
): Promise<PackageVersions> {
  const sets = db.selectFrom('image_set').select('image_set.set_id').where('image_id', '=', image);
  if (unlessIn === undefined) return await versionsOfSets(db, sets);
  const others = db
    .selectFrom('image_set as other')
    .select('other.set_id')
    .where('other.image_id', '=', unlessIn);
  return await versionsOfSets(db, sets.where('image_set.set_id', 'not in', others));
}

/** Adds the versions of an image that were not added with another image. Sets record that theirs were added. */
export async function addVersionsOfImage(db: Kysely<Tables>, image: number): Promise<void> {
  const sets = await db
    .selectFrom('image_set')
    .innerJoin('package_set', 'package_set.id', 'image_set.set_id')
    .select('package_set.id')
    .distinct()
    .where('image_set.image_id', '=', image)
    .where('package_set.has_versions', '=', 0)
    .orderBy('package_set.id')
    .execute();
  for (const some of splitIntoChunks(sets, rowsAtATime)) {
    const numbers = some.map(({ id }) => id);
    await upsertVersions(db, await versionsOfSets(db, numbers));
    await db.updateTable('package_set').set({ has_versions: 1 }).where('id', 'in', numbers).execute();
  }
}

async function versionsOfSets(
  db: Kysely<Tables>,
  sets: readonly number[] | SelectQueryBuilder<Tables, 'image_set', { set_id: number }>,
): Promise<PackageVersions> {
  const rows = await db
    .selectFrom('set_package')
    .innerJoin('package', 'package.id', 'set_package.package_id')
    .select(columns)
    .distinct()
    .where('set_package.set_id', 'in', sets)
    .where('namespace_id', 'is not', null)
    .execute();
  const versions = rows.flatMap((row) => [
    ...versionOf(row, 'name', [row.lookup_name, row.lookup_version, row.key]),
    ...versionOf(row, 'source', [row.source_name, row.source_lookup_version, row.source_key]),
  ]);
  return new Map(versions.map((version) => [version.identity, version]));
}

/** Returns the version of a package. Only rpm has conditions on builds; other types have one version per name and version. */
function versionOf(
  row: InstalledRow,
  by: MatchKey,
  [name, version, key]: readonly [string | null, string | null, Uint8Array | null],
): VersionRow[] {
  const { namespace_id: namespace, type } = row;
  if (namespace === null || name === null || version === null) return [];
  const isRpm = type === 'rpm';
  const build = isRpm ? row.version : '';
  const arch = (isRpm && row.arch) || '';
  const modularity = (isRpm && row.modularity) || '';
  const parts = [namespace, by, name, version, type, build, arch, modularity];
  const identity = hash('sha256', JSON.stringify(parts), 'base64url');
  return [
    { identity, namespace_id: namespace, by, package: name, version, key, type, build, arch, modularity },
  ];
}

/** Number of rows per statement. */
const rowsAtATime = 100;

/** Returns the numbers of versions. Allocates missing numbers. */
export async function upsertVersions(db: Kysely<Tables>, versions: PackageVersions): Promise<number[]> {
  const numbers: number[] = [];
  // In sorted order: of two writers that insert the same, neither waits for a row of the other.
  const ordered = [...versions].sort(([a], [b]) => compareText(a, b)).map(([, row]) => row);
  for (const some of splitIntoChunks(ordered, rowsAtATime)) {
    await db
      .insertInto('v1_version')
      .values(some)
      .onConflict((conflict) => conflict.column('identity').doNothing())
      .execute();
    numbers.push(...(await findVersionNumbers(db, new Map(some.map((row) => [row.identity, row])))));
  }
  return numbers;
}

/** Returns the numbers of those of these versions that have one. */
export async function findVersionNumbers(db: Kysely<Tables>, versions: PackageVersions): Promise<number[]> {
  const identities = [...versions.keys()];
  const numbers: number[] = [];
  for (const some of splitIntoChunks(identities, rowsAtATime)) {
    const rows = await db.selectFrom('v1_version').select('id').where('identity', 'in', some).execute();
    numbers.push(...rows.map(({ id }) => id));
  }
  return numbers;
}

/** Writes that a named layer introduces versions. */
export async function addIntroduced(
  db: Kysely<Tables>,
  layer: number,
  versions: readonly number[],
): Promise<void> {
  for (const some of splitIntoChunks(versions, rowsAtATime))
    await db
      .insertInto('v1_brought')
      .values(some.map((version) => ({ version_id: version, layer_number: layer })))
      .onConflict((conflict) => conflict.doNothing())
      .execute();
}

/** Removes all versions that a named layer introduces, or these. */
export async function removeIntroduced(
  db: Kysely<Tables>,
  layer: number,
  versions?: readonly number[],
): Promise<void> {
  const all = db.deleteFrom('v1_brought').where('layer_number', '=', layer);
  if (versions === undefined) await all.execute();
  else
    for (const some of splitIntoChunks(versions, rowsAtATime))
      await all.where('version_id', 'in', some).execute();
}
