import { hash } from 'node:crypto';
import { type Insertable, type Kysely, type Selectable, sql } from 'kysely';
import { splitIntoChunks } from '../../kit/collections.ts';
import { compareText } from '../../model/order.ts';
import type { MatchKey } from './match-key.ts';
import type { Tables } from './schema.ts';
import { type HolderTable, holderColumns } from './version-holders.ts';

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

/** Returns the versions of an image that have a lookup key; optionally only those of packages that another image does not have. */
export async function versionsOfImage(
  db: Kysely<Tables>,
  image: number,
  { unlessIn }: { readonly unlessIn?: number } = {},
): Promise<PackageVersions> {
  const all = db
    .selectFrom('image_package')
    .innerJoin('package', 'package.id', 'image_package.package_id')
    .select(columns)
    .where('image_id', '=', image)
    .where('namespace_id', 'is not', null);
  const others =
    unlessIn === undefined
      ? all
      : all.where('package_id', 'not in', (eb) =>
          eb
            .selectFrom('image_package as other')
            .select('other.package_id')
            .where('other.image_id', '=', unlessIn),
        );
  const rows = await others.execute();
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

/** Writes that a layer or ancestry has versions. */
export async function addVersions(
  db: Kysely<Tables>,
  table: HolderTable,
  holderNumber: number,
  versions: readonly number[],
): Promise<void> {
  const column = holderColumns[table];
  for (const some of splitIntoChunks(versions, rowsAtATime))
    await db
      .insertInto<HolderTable>(table)
      .values(some.map((version) => ({ version_id: version, [column]: holderNumber })))
      .onConflict((conflict) => conflict.doNothing())
      .execute();
}

/** Removes all versions of a layer or ancestry, or these. */
export async function removeVersions(
  db: Kysely<Tables>,
  table: HolderTable,
  holderNumber: number,
  versions?: readonly number[],
): Promise<void> {
  const all = db.deleteFrom<HolderTable>(table).where(sql.ref(holderColumns[table]), '=', holderNumber);
  if (versions === undefined) await all.execute();
  else
    for (const some of splitIntoChunks(versions, rowsAtATime))
      await all.where('version_id', 'in', some).execute();
}
