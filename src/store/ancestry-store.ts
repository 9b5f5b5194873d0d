import type { PageRequest } from './page.ts';

/** An image by the name a client of Clair's third API gave it. */
export interface AncestryInput {
  readonly name: string;
  /** What the client calls its layers, from the base up. */
  readonly hashes: readonly string[];
  /** Number of the image that they make; it has as many layers. */
  readonly image: number;
  /** Version of the engine that read them. */
  readonly engineVersion: number;
}

/** An ancestry as it was saved. */
export interface Ancestry extends AncestryInput {
  /** Rises in the order in which names were first saved, and stays. */
  readonly number: number;
}

/** A page of ancestries; `next` goes into `after` of the next request and is absent on the last page. */
export interface AncestryPage {
  readonly ancestries: readonly Pick<Ancestry, 'number' | 'name'>[];
  readonly next?: number;
}

/** Ancestries by name, and the layers they are made of by what clients call them. */
export interface AncestryStore {
  /** Saves an ancestry; of one that is there, everything is replaced. */
  save(ancestry: AncestryInput): Promise<void>;
  find(name: string): Promise<Ancestry | undefined>;
  /**
   * The ancestries, by rising number, whose image has one of these versions, which are those of `hitVersions`. A page costs what
   * is on it, and who pages on misses nothing and sees nothing twice while ancestries come.
   */
  pageByVersions(versions: readonly number[], page: PageRequest<number>): Promise<AncestryPage>;
  /** Notes what content a layer of this hash has. It is forgotten with the content. */
  saveLayerHash(hash: string, identity: string): Promise<void>;
  /** What identifies the content of the layer that clients call so. */
  findLayerIdentity(hash: string): Promise<string | undefined>;
}
