import { createHash } from 'node:crypto';
import { sha256Of } from '../../kit/sha256.ts';
import type { ImagePackage } from '../image-store.ts';
import { encodeOrder } from './package-order.ts';
import { encodePaths, type StoredPaths } from './package-paths.ts';
import { columnsOfPackage, type PackageColumns } from './packages.ts';
import { type PackageLayer, packageLayerOf, SharedValues } from './shared-values.ts';

/** A list of packages, and its identity: equal for equal packages in equal order. */
export interface PackageSet {
  readonly identity: string;
  readonly packages: readonly PackageColumns[];
}

/** The packages that one lister found in one layer and from the same repositories, in the order of the image. */
export interface ImagePart extends StoredPaths {
  readonly set: PackageSet;
  /** Index in `layers` and `repositories` of the image. */
  readonly layer: number | null;
  readonly repositories: number | null;
}

/** The packages of an image in the form in which they are stored. */
export interface SplitImage {
  readonly parts: readonly ImagePart[];
  /** See `encodeOrder`, `SharedValues`. */
  readonly order: string | null;
  readonly layers: string | null;
  readonly repositories: string | null;
}

/**
 * Splits the packages of an image into parts, so that images on the same base share its packages. `namespaceNumbers` are in the order of
 * the packages.
 */
export function splitImage(
  packages: readonly ImagePackage[],
  namespaceNumbers: readonly (number | null)[],
): SplitImage {
  const layers = new SharedValues<PackageLayer>();
  const repositories = new SharedValues<readonly string[]>();
  const groups = new Map<string, Group>();
  const partNumbers = packages.map((item, i) => {
    const layer = layers.indexOf(packageLayerOf(item));
    const repository = repositories.indexOf(item.repositories);
    const key = `${layer} ${repository} ${item.foundBy}`;
    let group = groups.get(key);
    if (group === undefined) {
      group = { number: groups.size, layer, repositories: repository, packages: [], paths: [] };
      groups.set(key, group);
    }
    group.packages.push(columnsOfPackage(item, namespaceNumbers[i] ?? null));
    group.paths.push(item.location.path);
    return group.number;
  });
  return {
    parts: [...groups.values()].map(partOf),
    order: encodeOrder(partNumbers),
    layers: layers.text,
    repositories: repositories.text,
  };
}

interface Group {
  readonly number: number;
  readonly layer: number | null;
  readonly repositories: number | null;
  readonly packages: PackageColumns[];
  readonly paths: string[];
}

function partOf({ layer, repositories, packages, paths }: Group): ImagePart {
  return { set: { identity: identityOfSet(packages), packages }, layer, repositories, ...encodePaths(paths) };
}

/** Packages whose texts are hashed at once. The text of all could be large. */
const packagesAtOnce = 256;

/** Returns the SHA-256 of the texts of all packages, joined by line breaks. */
function identityOfSet(packages: readonly PackageColumns[]): string {
  if (packages.length <= packagesAtOnce) return sha256Of(packages.map(({ text }) => text).join('\n'));
  const hash = createHash('sha256');
  for (let start = 0; start < packages.length; start += packagesAtOnce) {
    const texts = packages.slice(start, start + packagesAtOnce).map(({ text }) => text);
    hash.update(`${start === 0 ? '' : '\n'}${texts.join('\n')}`);
  }
  return hash.digest('hex');
}
