import type { Selectable } from 'kysely';
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

/** The columns of a part that `readPart` reads. */
export const storedPartColumns = ['part', 'layer', 'repositories', 'path', 'paths'] as const;

/** A part of an image as it is stored. */
export type StoredPart = Pick<Selectable<Tables['image_set']>, (typeof storedPartColumns)[number]>;

/** Restores the values of a part, given those that the packages of its image share. */
export function readPart(row: StoredPart, { layers, repositories }: SharedPackageValues): PartValues {
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
