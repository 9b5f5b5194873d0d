import type { PageRequest } from './page.ts';

/** An image under the name that a client of Clair's v3 API gave it. */
export interface AncestryInput {
  readonly name: string;
  /** The client's names of its layers, from the base up. */
  readonly hashes: readonly string[];
  /** Number of the image that the layers form; it has as many layers. */
  readonly image: number;
  /** Version of the engine that read the layers, from `composeEngineVersion`. */
  readonly engineVersion: number;
}

/** An ancestry as it was saved. */
export interface Ancestry extends AncestryInput {
  /** Rises in the order in which the first saves of names began; never changes. */
  readonly number: number;
}

/** A page of ancestries. `next` is the `after` of the next request; absent on the last page. See `LayerPage` about late ones. */
export interface AncestryPage {
  readonly ancestries: readonly Pick<Ancestry, 'number' | 'name'>[];
  readonly next?: number;
}

/** Ancestries by name, and their layers by the names that clients use. */
export interface AncestryStore {
  /**
   * Saves an ancestry. Replaces everything of an ancestry that has the same name, unless a newer engine read the same layers of it.
   */
  save(ancestry: AncestryInput): Promise<void>;
  find(name: string): Promise<Ancestry | undefined>;
  /** Removes an ancestry. Its layers and its image stay until they expire. Returns false if no ancestry has that name. */
  remove(name: string): Promise<boolean>;
  /**
   * Returns the ancestries whose image has one of these versions, by rising number. `versions` are numbers from
   * `NamedLayerStore.findHitVersions`. The cost of a page depends on its size only. Paging repeats nothing, and misses no ancestry
   * that was saved before the first page.
   */
  pageByVersions(versions: readonly number[], page: PageRequest<number>): Promise<AncestryPage>;
  /** Records the content of the layer with this hash. The record is removed together with the content. */
  saveLayerHash(hash: string, identity: string): Promise<void>;
  /** Returns the identity of the content of the layer with this hash. */
  findLayerIdentity(hash: string): Promise<string | undefined>;
}
