import { type Kysely, type Selectable, sql } from 'kysely';
import { padToPowerOfTwo } from '../../kit/collections.ts';
import type { Digest } from '../../model/digest.ts';
import { decodePaths, type PackagePaths } from './package-paths.ts';
import type { Tables } from './schema.ts';
import { readPackageLayer, type SharedPackageValues } from './shared-values.ts';

/** The fields of packages that belong to their part of an image. */
export interface PartValues {
  readonly layer: Digest | null;
  /** See `ImagePackage.layerPosition`. */
  readonly layerPosition?: number;
  readonly repositories?: readonly string[];
  readonly pathAt: PackagePaths;
}

/** A part of an image as it is stored. */
export type PartRow = Selectable<Tables['image_set']>;

/** Returns the parts of images, by the numbers of the images; optionally only parts with these numbers. */
export async function findPartRows(
  db: Kysely<Tables>,
  images: readonly number[],
  parts?: readonly number[],
): Promise<ReadonlyMap<number, readonly PartRow[]>> {
  if (images.length === 0) return new Map();
  const rows = await db
    .selectFrom('image_set')
    .selectAll()
    .where('image_id', 'in', padToPowerOfTwo(images))
    .where(parts === undefined ? sql<boolean>`true` : (eb) => eb('part', 'in', padToPowerOfTwo(parts)))
    .execute();
  return Map.groupBy(rows, (row) => row.image_id);
}

/** Restores the values of a part, given those that the packages of its image share. */
export function readPart(row: PartRow, { layers, repositories }: SharedPackageValues): PartValues {
  const { layer, position } = readPackageLayer(at(layers, row.layer));
  const from = at(repositories, row.repositories);
  return {
    layer,
    ...(position !== undefined && { layerPosition: position }),
    ...(from !== undefined && { repositories: from }),
    pathAt: decodePaths(row),
  };
}

function at<T>(values: readonly T[], place: number | null): T | undefined {
  return place === null ? undefined : values[place];
}
