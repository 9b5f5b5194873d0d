import type { Digest } from '../../model/digest.ts';
import type { ImagePackage } from '../image-store.ts';

/** Values that packages of an image share. Each is stored once, with the image. */
export class SharedValues<T> {
  readonly #indexes = new Map<string, number>();
  /** Most packages have the same value as the one before them. */
  #last: { readonly value: T; readonly index: number } | undefined;

  /** The values as JSON; null if there is no value. */
  get text(): string | null {
    return this.#indexes.size === 0 ? null : `[${[...this.#indexes.keys()].join(',')}]`;
  }

  /** Returns the index of a value, which is added if it is new; null for no value. */
  indexOf(value: T | null | undefined): number | null {
    if (value === null || value === undefined) return null;
    if (this.#last?.value === value) return this.#last.index;
    const text = JSON.stringify(value);
    const index = this.#indexes.get(text) ?? this.#indexes.size;
    this.#indexes.set(text, index);
    this.#last = { value, index };
    return index;
  }
}

/** The layer of a package. Has a position if the image has the same layer at a lower position, too. */
export type PackageLayer = Digest | { readonly layer: Digest; readonly position: number };

/** Returns the layer of a package in its stored form. */
export function packageLayerOf({ location: { layer }, layerPosition }: ImagePackage): PackageLayer | null {
  return layer === null || layerPosition === undefined ? layer : { layer, position: layerPosition };
}

/** Restores the layer of a package from its stored form. */
export function readPackageLayer(stored: PackageLayer | undefined): {
  readonly layer: Digest | null;
  readonly position?: number;
} {
  return typeof stored === 'object' ? stored : { layer: stored ?? null };
}

/** The values that the packages of an image share. */
export interface SharedPackageValues {
  readonly repositories: readonly (readonly string[])[];
  readonly layers: readonly PackageLayer[];
}

/** Restores the values that the packages of an image share. */
export function readSharedValues(image: {
  readonly repositories: string | null;
  readonly package_layers: string | null;
}): SharedPackageValues {
  // The text was written by `SharedValues`, so it needs no validation.
  return {
    repositories: image.repositories === null ? [] : (JSON.parse(image.repositories) as string[][]),
    layers: image.package_layers === null ? [] : (JSON.parse(image.package_layers) as PackageLayer[]),
  };
}
