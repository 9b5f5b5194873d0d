import type { Digest } from '../../model/digest.ts';
import type { ImagePackage } from '../store.ts';

/** Values that packages of an image share, each once, as they are stored with the image. */
export class SharedValues<T> {
  readonly #indexes = new Map<string, number>();

  constructor(values: Iterable<T | null | undefined>) {
    for (const value of values) {
      if (value === null || value === undefined) continue;
      const text = JSON.stringify(value);
      if (!this.#indexes.has(text)) this.#indexes.set(text, this.#indexes.size);
    }
  }

  /** As they are stored; null when there are none. */
  get text(): string | null {
    return this.#indexes.size === 0 ? null : `[${[...this.#indexes.keys()].join(',')}]`;
  }

  /** Where a value stands among them, null for none. */
  indexOf(value: T | null | undefined): number | null {
    return value === null || value === undefined ? null : (this.#indexes.get(JSON.stringify(value)) ?? null);
  }
}

/** A layer of packages. Its position is present where an image has the same layer at a lower position, too. */
export type PackageLayer = Digest | { readonly layer: Digest; readonly position: number };

/** The layer of a package as it is stored. */
export function packageLayerOf({ location: { layer }, layerPosition }: ImagePackage): PackageLayer | null {
  return layer === null || layerPosition === undefined ? layer : { layer, position: layerPosition };
}

/** The layer of a package as it was stored. */
export function readPackageLayer(stored: PackageLayer | undefined): {
  readonly layer: Digest | null;
  readonly position?: number;
} {
  return typeof stored === 'object' ? stored : { layer: stored ?? null };
}

/** What the packages of an image share. */
export interface SharedPackageValues {
  readonly repositories: readonly (readonly string[])[];
  readonly layers: readonly PackageLayer[];
}

/** What the packages of an image share, as it was stored. */
export function readSharedValues(image: {
  readonly repositories: string | null;
  readonly package_layers: string | null;
}): SharedPackageValues {
  // The database holds what was written above: nothing from outside that would have to be checked again.
  return {
    repositories: image.repositories === null ? [] : (JSON.parse(image.repositories) as string[][]),
    layers: image.package_layers === null ? [] : (JSON.parse(image.package_layers) as PackageLayer[]),
  };
}
