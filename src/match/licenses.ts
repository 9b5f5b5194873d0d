import { limits } from '../core/limits.ts';
import type { LayerIndex, LayerLicenses } from '../model/layer-index.ts';
import type { PackageType } from '../model/package.ts';

/** Returns the licences that the files of an image state for a package. */
export type StatedLicenses = (type: PackageType, name: string) => readonly string[] | undefined;

/**
 * Returns the licences that the files of layers state, with the lowest layer first. For a package, the highest layer with a file counts.
 * Whiteouts do not matter: a removed file still states the licence of what was installed with it.
 */
export function statedLicenses(layers: readonly Pick<LayerIndex, 'licenses'>[]): StatedLicenses {
  const stated = new Map<string, LayerLicenses>();
  for (const { licenses = [] } of layers)
    for (const found of licenses) stated.set(`${found.type} ${found.name}`, found);
  if (stated.size === 0) return () => undefined;
  return (type, name) => {
    let found = stated.get(`${type} ${name}`);
    for (let links = 0; links < limits.linkDepth && found !== undefined; links++) {
      if ('licenses' in found) return found.licenses;
      found = stated.get(`${type} ${found.sameAs}`);
    }
    return undefined;
  };
}
