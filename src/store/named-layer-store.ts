import type { ImagePackage, StoredHit } from './image-store.ts';
import type { PageRequest } from './page.ts';

/** A layer by the name a client of Clair's first API gave it: the image that ends with it. */
export interface NamedLayerInput {
  readonly name: string;
  readonly parent: string | null;
  /** Number of the image that this layer and those below make. */
  readonly image: number;
  readonly format: string;
  /** Version of the engine that read it. */
  readonly engineVersion: number;
}

/** A layer with a name as it was saved. */
export interface NamedLayer extends NamedLayerInput {
  /** Rises in the order in which names were first saved, and stays while the name lives. */
  readonly number: number;
}

/** A version of a package that layers with a name have brought, which records may hit. */
export interface HitVersion extends Pick<ImagePackage, 'type' | 'arch' | 'modularity'> {
  readonly number: number;
  /** As it was compared, and as the package database has it, where these differ. */
  readonly version: string;
  readonly build?: string;
  readonly hits: readonly StoredHit[];
}

/** A page of layers; `next` goes into `after` of the next request and is absent on the last page. */
export interface LayerPage {
  readonly layers: readonly Pick<NamedLayer, 'number' | 'name'>[];
  readonly next?: number;
}

/** Layers by name. */
export interface NamedLayerStore {
  /**
   * Saves a layer; of one that is there, everything is replaced but its parent. Throws `parent-unknown` where there is no such
   * parent any more.
   */
  save(layer: NamedLayerInput): Promise<void>;
  /** The layer itself. */
  find(name: string): Promise<NamedLayer | undefined>;
  /** The layer and those below it, from the base up; empty when there is none of that name. */
  findChain(name: string): Promise<readonly NamedLayer[]>;
  /** Removes a layer and all that were built upon it; false when there is none of that name. */
  remove(name: string): Promise<boolean>;
  /** The versions that records, by their numbers, hit, of those that layers brought: few, however many layers did. */
  findHitVersions(vulnerabilities: readonly number[]): Promise<readonly HitVersion[]>;
  /**
   * The layers, by rising number, whose image has one of these versions while that of their parent has not. A page costs what
   * is on it, and who pages on misses nothing and sees nothing twice while layers come and go.
   */
  pageIntroducing(versions: readonly number[], page: PageRequest<number>): Promise<LayerPage>;
}
