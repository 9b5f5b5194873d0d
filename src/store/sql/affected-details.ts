import { type Kysely, sql } from 'kysely';
import { compareText } from '../../model/order.ts';
import { type PackageRow, packageColumns } from './image-package.ts';
import type { Tables } from './schema.ts';
import { readShared, type Shared } from './shared-values.ts';

/** What is to be told of an image, besides its packages. */
export interface ImageDetails {
  readonly identity: string;
  /** Of ancestries and v1 layers that stand for it, sorted. */
  readonly names: readonly string[];
  readonly shared: Shared;
}

/** What is to be told of images, by their numbers, in one query; nothing of those that are not there. */
export async function imagesOf(
  db: Kysely<Tables>,
  images: readonly number[],
): Promise<ReadonlyMap<number, ImageDetails>> {
  const wanted = padded(images);
  const none = sql<string | null>`null`;
  const nothing = [none.as('identity'), none.as('repositories'), none.as('package_layers')] as const;
  const names = (table: 'ancestry' | 'v1_layer') =>
    db
      .selectFrom(table)
      .select('image_id as image')
      .select(nothing)
      .select('name')
      .where('image_id', 'in', wanted);
  const rows = await db
    .selectFrom('image')
    .select(['id as image', sql<string | null>`identity`.as('identity'), 'repositories', 'package_layers'])
    .select(none.as('name'))
    .where('id', 'in', wanted)
    .unionAll(names('ancestry'))
    .unionAll(names('v1_layer'))
    .execute();
  const found = new Map<number, ImageDetails>();
  const namesOfImages = new Map<number, Set<string>>();
  for (const { image, identity, name, ...texts } of rows) {
    const named = namesOfImages.get(image) ?? new Set();
    namesOfImages.set(image, named);
    if (name !== null) named.add(name);
    if (identity !== null) found.set(image, { identity, names: [], shared: readShared(texts) });
  }
  for (const [image, details] of found)
    found.set(image, { ...details, names: [...(namesOfImages.get(image) ?? [])].sort(compareText) });
  return found;
}

/** Packages by their numbers. */
export async function packagesOf(
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

/** With repetitions at the end, as many numbers as some power of two: of such a query, engines keep few forms. */
function padded(numbers: readonly number[]): number[] {
  const size = 2 ** Math.ceil(Math.log2(numbers.length));
  return Array.from({ length: size }, (_, i) => numbers[Math.min(i, numbers.length - 1)] ?? 0);
}
