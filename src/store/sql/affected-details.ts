import { type Kysely, sql } from 'kysely';
import { compareText } from '../../model/order.ts';
import { type PackageRow, packageColumns } from './image-package.ts';
import type { Tables } from './schema.ts';
import { readSharedValues, type SharedPackageValues } from './shared-values.ts';

/** The details of an image besides its packages. */
export interface ImageDetails {
  readonly identity: string;
  /** Names of the ancestries and v1 layers that refer to it, sorted. */
  readonly names: readonly string[];
  readonly shared: SharedPackageValues;
}

/** Returns the details of images, by their numbers, by one query. Leaves out images that do not exist. */
export async function findImageDetails(
  db: Kysely<Tables>,
  images: readonly number[],
): Promise<ReadonlyMap<number, ImageDetails>> {
  const none = sql<string | null>`null`;
  const nothing = [none.as('identity'), none.as('repositories'), none.as('package_layers')] as const;
  const rows = await db
    .with('wanted', (query) =>
      query
        .selectFrom('image')
        .select(['id', 'identity', 'repositories', 'package_layers'])
        .where('id', 'in', padded(images)),
    )
    .selectFrom('wanted')
    .select('id')
    .select([sql<string | null>`identity`.as('identity'), 'repositories', 'package_layers', none.as('name')])
    .unionAll((query) =>
      query
        .selectFrom('wanted')
        // Engines take the few that are wanted first.
        .crossJoin('ancestry')
        .whereRef('ancestry.image_id', '=', 'wanted.id')
        .select('wanted.id')
        .select([...nothing, 'ancestry.name']),
    )
    .unionAll((query) =>
      query
        .selectFrom('wanted')
        .crossJoin('v1_layer')
        .whereRef('v1_layer.image_id', '=', 'wanted.id')
        .select('wanted.id')
        .select([...nothing, 'v1_layer.name']),
    )
    .execute();
  const found = new Map<number, ImageDetails>();
  const namesOfImages = new Map<number, Set<string>>();
  for (const { id: image, identity, name, ...texts } of rows) {
    const names = namesOfImages.get(image) ?? new Set();
    namesOfImages.set(image, names);
    if (name !== null) names.add(name);
    if (identity !== null) found.set(image, { identity, names: [], shared: readSharedValues(texts) });
  }
  for (const [image, details] of found)
    found.set(image, { ...details, names: [...(namesOfImages.get(image) ?? [])].sort(compareText) });
  return found;
}

/** Returns packages by their numbers. */
export async function findPackages(
  db: Kysely<Tables>,
  packages: readonly number[],
): Promise<ReadonlyMap<number, PackageRow>> {
  const rows = await db
    .selectFrom('package')
    .select(['id', ...packageColumns])
    .where('id', 'in', padded(packages))
    .execute();
  return new Map(rows.map((row) => [row.id, row]));
}

/** Repeats the last number up to a round length, so that an engine sees few different statements. */
function padded(numbers: readonly number[]): number[] {
  const step = 2 ** Math.max(0, Math.floor(Math.log2(numbers.length)) - 2);
  const size = Math.ceil(numbers.length / step) * step;
  return Array.from({ length: size }, (_, i) => numbers[Math.min(i, numbers.length - 1)] ?? 0);
}
