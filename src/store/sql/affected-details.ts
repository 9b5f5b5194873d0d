import { type Kysely, sql } from 'kysely';
import { compareText } from '../../model/order.ts';
import { type PackageRow, packageColumns } from './image-package.ts';
import { decodeOrder, type PackagePositions } from './package-order.ts';
import { findPartRows, type PartValues, readPart } from './part-values.ts';
import type { Tables } from './schema.ts';
import { readSharedValues, type SharedPackageValues } from './shared-values.ts';

/** The details of an image besides its packages. */
export interface ImageDetails {
  readonly identity: string;
  /** Names of the ancestries and v1 layers that refer to it, sorted. */
  readonly names: readonly string[];
  /** The parts that were requested, by their numbers. */
  readonly parts: ReadonlyMap<number, PartValues>;
  readonly positionOf: PackagePositions;
}

/** Returns the details of images and parts of them. Leaves out images that do not exist. */
export async function findImageDetails(
  db: Kysely<Tables>,
  wanted: readonly { readonly image: number; readonly part: number }[],
): Promise<ReadonlyMap<number, ImageDetails>> {
  const images = [...new Set(wanted.map(({ image }) => image))];
  const [partRows, imageRows] = await Promise.all([
    findPartRows(db, images, [...new Set(wanted.map(({ part }) => part))]),
    findImageRows(db, images),
  ]);
  const found = new Map<number, ImageDetails>();
  for (const [image, { identity, names, order, shared }] of imageRows) {
    const parts = new Map((partRows.get(image) ?? []).map((row) => [row.part, readPart(row, shared)]));
    found.set(image, {
      identity,
      names: [...names].sort(compareText),
      parts,
      positionOf: decodeOrder(order),
    });
  }
  return found;
}

/** Returns the names of an image, sorted. */
export async function findImageNames(db: Kysely<Tables>, image: number): Promise<string[]> {
  const rows = await findImageRows(db, [image]);
  return [...(rows.get(image)?.names ?? [])].sort(compareText);
}

interface ImageRow {
  readonly identity: string;
  readonly names: ReadonlySet<string>;
  readonly order: string | null;
  readonly shared: SharedPackageValues;
}

/** Returns images and their names, by one query. */
async function findImageRows(
  db: Kysely<Tables>,
  images: readonly number[],
): Promise<ReadonlyMap<number, ImageRow>> {
  const none = sql<string | null>`null`;
  const nothing = [
    none.as('identity'),
    none.as('repositories'),
    none.as('package_layers'),
    none.as('package_order'),
  ] as const;
  const rows = await db
    .with('wanted', (query) =>
      query
        .selectFrom('image')
        .select(['id', 'identity', 'repositories', 'package_layers', 'package_order'])
        .where('id', 'in', padded(images)),
    )
    .selectFrom('wanted')
    .select('id')
    .select([sql<string | null>`identity`.as('identity'), 'repositories', 'package_layers', 'package_order'])
    .select(none.as('name'))
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
  const found = new Map<number, ImageRow>();
  const namesOfImages = new Map<number, Set<string>>();
  for (const { id: image, identity, name, package_order: order, ...texts } of rows) {
    const names = namesOfImages.get(image) ?? new Set();
    namesOfImages.set(image, names);
    if (name !== null) names.add(name);
    if (identity !== null) found.set(image, { identity, names, order, shared: readSharedValues(texts) });
  }
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
