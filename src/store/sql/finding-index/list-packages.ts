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
  const packages: FleetPackage[] = [];
  for (const [number, same] of Map.groupBy(rows, (row) => row.namespace_id)) {
    const namespace = nameOf.get(number) ?? '';
    const names = same.map(({ name }) => name);
    const versions = await countVersions(db, number, names);
    const worst = await worstRanks(db, namespace, names);
    for (const { name, images } of same) {
      const rank = worst.get(name);
      packages.push({
        ...{ namespace, name, images, versions: versions.get(name) ?? 0 },
        worst: rank === undefined ? null : severityOfRank(rank),
      });
    }
  }
  const order = new Map(rows.map((row, i) => [`${nameOf.get(row.namespace_id)} ${row.name}`, i]));
  const placeOf = ({ namespace, name }: FleetPackage): number => order.get(`${namespace} ${name}`) ?? 0;
  return packages.sort((a, b) => placeOf(a) - placeOf(b));
}

async function countVersions(
  db: Kysely<Tables>,
  namespace: number,
  names: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const rows = await db
    .selectFrom('package')
    .select('lookup_name as name')
    .$narrowType<{ name: string }>()
    .select((eb) => eb.fn.count('lookup_version').distinct().as('versions'))
    .where('namespace_id', '=', namespace)
    .where('lookup_name', 'in', padToPowerOfTwo(names))
    .groupBy('lookup_name')
    .execute();
  return new Map(rows.map(({ name, versions }) => [name, Number(versions)]));
}

async function worstRanks(
  db: Kysely<Tables>,
  namespace: string,
  names: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const rows = await db
    .selectFrom('found_package')
    .innerJoin('finding', 'finding.package_id', 'found_package.id')
    .select('found_package.lookup_name as name')
    .select((eb) => eb.fn.min<number>('finding.rank').as('rank'))
    .where('found_package.namespace', '=', namespace)
    .where('found_package.lookup_name', 'in', padToPowerOfTwo(names))
    .where('finding.images', '>', 0)
    .groupBy('found_package.lookup_name')
    .execute();
  return new Map(rows.map(({ name, rank }) => [name, rank]));
}

/** Returns the versions of a package that counted images have, at most `limit`. */
export async function findVersions(
  db: Kysely<Tables>,
  { namespace, name }: Pick<FleetPackage, 'namespace' | 'name'>,
  limit: number,
): Promise<FleetVersion[]> {
  const rows = await db
    .selectFrom('package')
    .innerJoin('namespace', 'namespace.id', 'package.namespace_id')
    .innerJoin('set_package', 'set_package.package_id', 'package.id')
    .innerJoin('counted_set', 'counted_set.set_id', 'set_package.set_id')
    .select(['package.lookup_version as version', 'package.key'])
    .$narrowType<{ version: string }>()
    .select((eb) => eb.fn.count('counted_set.image_id').distinct().as('images'))
    .where('namespace.name', '=', namespace)
    .where('package.lookup_name', '=', name)
    .groupBy(['package.lookup_version', 'package.key'])
    .limit(limit)
    .execute();
  const findings = await countOfVersions(db, { namespace, name });
  return rows.map(({ version, key, images }) => ({
    version,
    ...(key !== null && { key: plainBytes(key) as VersionKey }),
    images: Number(images),
    findings: findings.get(version) ?? 0,
  }));
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
