import type { ImagePackage, StoredHit } from './image-store.ts';
import type { PageRequest } from './page.ts';

/** A layer under the name that a client of Clair's v1 API gave it. It identifies the image that ends with it. */
export interface NamedLayerInput {
  readonly name: string;
  readonly parent: string | null;
  /** Number of the image that this layer and those below form. */
  readonly image: number;
  readonly format: string;
  /** Version of the engine that read the layer, from `composeEngineVersion`. */
  readonly engineVersion: number;
}

/** A named layer as it was saved. */
export interface NamedLayer extends NamedLayerInput {
  /** Rises in the order in which the first saves of names began; stays the same until the name is removed. */
  readonly number: number;
}

/** A version of a package that named layers introduced and that records may hit. */
export interface HitVersion extends Pick<ImagePackage, 'type' | 'arch' | 'modularity'> {
  readonly number: number;
  /** The compared version. `build` is the version in the package database, if it differs. */
  readonly version: string;
  readonly build?: string;
  readonly hits: readonly StoredHit[];
}

/**
 * A page of layers. `next` is the `after` of the next request; absent on the last page. On PostgreSQL, layers are saved concurrently.
 * A layer may become visible after layers with higher numbers. A list that has passed its number omits it, like every layer that was
 * saved after the list began. A new list has it.
 */
export interface LayerPage {
  readonly layers: readonly Pick<NamedLayer, 'number' | 'name'>[];
  readonly next?: number;
}

/** Layers by name. */
export interface NamedLayerStore {
  /**
   * Saves a layer. Replaces everything but the parent of a layer that has the same name, unless a newer engine read it. Throws `parent-unknown` if the parent no
   * longer exists.
   */
  save(layer: NamedLayerInput): Promise<void>;
  find(name: string): Promise<NamedLayer | undefined>;
  /** Returns the layer and those below it, from the base up; empty if no layer has that name. */
  findChain(name: string): Promise<readonly NamedLayer[]>;
  /** Returns layers that are built upon a layer, directly or not, by rising number; at most `limit`. */
  findAbove(name: string, limit: number): Promise<readonly NamedLayer[]>;
  /** Removes a layer and all layers built upon it; false if no layer has that name. */
  remove(name: string): Promise<boolean>;
  /** Returns the versions that records, by their numbers, hit, of all that named layers introduced. Few, however many the layers. */
  findHitVersions(vulnerabilities: readonly number[]): Promise<readonly HitVersion[]>;
  /**
   * Returns the layers whose image has one of these versions and whose parent's image has none, by rising number. The cost of a
   * page depends on its size only. Paging repeats nothing, and misses no layer that was saved before the first page.
   */
  pageIntroducing(versions: readonly number[], page: PageRequest<number>): Promise<LayerPage>;
}
