import { type Kysely, sql } from 'kysely';
import { padToPowerOfTwo } from '../../../kit/collections.ts';
import type { VersionKey } from '../../../plugin/version-scheme.ts';
import type {
  FleetPackage,
  FleetVersion,
  PackageNameFilter,
  PackageNamePage,
  PackageNamePlace,
} from '../../finding-index-store.ts';
import type { PageRequest } from '../../page.ts';
import { plainBytes } from '../affected-row.ts';
import { behind } from '../expired-rows.ts';
import type { Tables } from '../schema.ts';
import { containsText } from './conditions.ts';
import { severityOfRank } from './stored-values.ts';

/** Returns a page of package names that counted images have, by name. */
export async function pagePackages(
  db: Kysely<Tables>,
  { text, namespace }: PackageNameFilter,
  { limit, after }: PageRequest<PackageNamePlace>,
): Promise<PackageNamePage> {
  let query = db
    .selectFrom('installed_name')
    .select(['installed_name.namespace_id', 'installed_name.name', 'installed_name.images'])
    .where('installed_name.images', '>', 0)
    .where(behind(['installed_name.name', 'installed_name.namespace_id'], after))
    .orderBy('installed_name.name')
    .orderBy('installed_name.namespace_id')
    .limit(limit + 1);
  if (text !== undefined) query = query.where(containsText(sql.ref('installed_name.name'), text));
  if (namespace !== undefined)
    query = query.where('installed_name.namespace_id', '=', (eb) =>
      eb.selectFrom('namespace').select('id').where('name', '=', namespace),
    );
  const rows = await query.execute();
  const shown = rows.slice(0, limit);
  const packages = await withDetails(db, shown);
  const last = shown.at(-1);
  if (rows.length <= limit || last === undefined) return { packages };
  return { packages, next: [last.name, last.namespace_id] };
}

interface NameRow {
  readonly namespace_id: number;
  readonly name: string;
  readonly images: number;
}

/** Adds the namespaces, versions and worst severities of names. */
async function withDetails(db: Kysely<Tables>, rows: readonly NameRow[]): Promise<FleetPackage[]> {
  if (rows.length === 0) return [];
  const numbers = [...new Set(rows.map((row) => row.namespace_id))];
  const namespaces = await db
    .selectFrom('namespace')
    .select(['id', 'name'])
    .where('id', 'in', padToPowerOfTwo(numbers))
    .execute();
  const nameOf = new Map(namespaces.map(({ id, name }) => [id, name]));
  const versions = await countVersions(db, rows);
  const named = rows.map((row) => ({ ...row, namespace: nameOf.get(row.namespace_id) ?? '' }));
  const worst = await worstRanks(db, named);
  return named.map(({ namespace_id: number, namespace, name, images }) => {
    const rank = worst.get(keyOf(namespace, name));
    return {
      namespace,
      name,
      images,
      versions: versions.get(keyOf(number, name)) ?? 0,
      worst: rank === undefined ? null : severityOfRank(rank),
    };
  });
}

function keyOf(namespace: number | string, name: string): string {
  return `${namespace}\n${name}`;
}

async function countVersions(
  db: Kysely<Tables>,
  rows: readonly NameRow[],
): Promise<ReadonlyMap<string, number>> {
  // The server takes parameters of lists for texts.
  const pairs = padToPowerOfTwo(rows).map((row) => sql`(cast(${row.namespace_id} as bigint), ${row.name})`);
  const counted = await db
    .selectFrom('package')
    .select(['namespace_id', 'lookup_name as name'])
    .$narrowType<{ namespace_id: number; name: string }>()
    .select((eb) => eb.fn.count('lookup_version').distinct().as('versions'))
    .where(sql<boolean>`(namespace_id, lookup_name) in (values ${sql.join(pairs)})`)
    .groupBy(['namespace_id', 'lookup_name'])
    .execute();
  return new Map(counted.map((row) => [keyOf(row.namespace_id, row.name), Number(row.versions)]));
}

async function worstRanks(
  db: Kysely<Tables>,
  named: readonly Pick<FleetPackage, 'namespace' | 'name'>[],
): Promise<ReadonlyMap<string, number>> {
  const pairs = padToPowerOfTwo(named).map(({ namespace, name }) => sql`(${namespace}, ${name})`);
  const rows = await db
    .selectFrom('found_package')
    .innerJoin('finding', 'finding.package_id', 'found_package.id')
    .select(['found_package.namespace', 'found_package.lookup_name as name'])
    .select((eb) => eb.fn.min<number>('finding.rank').as('rank'))
    .where(sql<boolean>`(found_package.namespace, found_package.lookup_name) in (values ${sql.join(pairs)})`)
    .where('finding.images', '>', 0)
    .groupBy(['found_package.namespace', 'found_package.lookup_name'])
    .execute();
  return new Map(rows.map(({ namespace, name, rank }) => [keyOf(namespace, name), rank]));
}

/** Returns the versions of a package that counted images have, at most `limit`. */
export async function findVersions(
  db: Kysely<Tables>,
  { namespace, name }: Pick<FleetPackage, 'namespace' | 'name'>,
  limit: number,
): Promise<FleetVersion[]> {
  const rows = await versionsInImages(db, { namespace, name }, limit).execute();
  const findings = await countOfVersions(db, { namespace, name });
  return rows.map(({ version, key, images }) => ({
    version,
    ...(key !== null && { key: plainBytes(key) as VersionKey }),
    images: Number(images),
    findings: findings.get(version) ?? 0,
  }));
}

/** Selects the versions of a package with the number of counted images that have each. Packages of a version go by the lowest number of them. */
function versionsInImages(
  db: Kysely<Tables>,
  { namespace, name }: Pick<FleetPackage, 'namespace' | 'name'>,
  limit: number,
) {
  const packages = db
    .selectFrom('package')
    .innerJoin('namespace', 'namespace.id', 'package.namespace_id')
    .select('package.id')
    .select(sql<number>`min(package.id) over (partition by lookup_version, key)`.as('first'))
    .where('namespace.name', '=', namespace)
    .where('package.lookup_name', '=', name);
  const counted = db
    .selectFrom(packages.as('one'))
    .innerJoin('set_package', 'set_package.package_id', 'one.id')
    .innerJoin('counted_set', 'counted_set.set_id', 'set_package.set_id')
    .select('one.first')
    .select((eb) => eb.fn.count('counted_set.image_id').distinct().as('images'))
    .groupBy('one.first')
    .limit(limit);
  return db
    .selectFrom(counted.as('counted'))
    .innerJoin('package', 'package.id', 'counted.first')
    .select(['package.lookup_version as version', 'package.key', 'counted.images'])
    .$narrowType<{ version: string }>();
}

async function countOfVersions(
  db: Kysely<Tables>,
  { namespace, name }: Pick<FleetPackage, 'namespace' | 'name'>,
): Promise<ReadonlyMap<string, number>> {
  const rows = await db
    .selectFrom('found_package')
    .innerJoin('finding', 'finding.package_id', 'found_package.id')
    .select('found_package.version')
    .select(sql<number | string>`count(distinct finding.vulnerability_id)`.as('findings'))
    .where('found_package.namespace', '=', namespace)
    .where('found_package.lookup_name', '=', name)
    .where('finding.images', '>', 0)
    .groupBy('found_package.version')
    .execute();
  return new Map(rows.map(({ version, findings }) => [version, Number(findings)]));
}
