import type { PageRequest } from './page.ts';

/** A signed VEX document that is attached to an image in a registry. */
export interface AttachedVexDocument {
  /** Digest of its attestation. */
  readonly digest: string;
  /** Id of the public key that has signed it. */
  readonly signer: string;
  /** The document, as JSON. */
  readonly content: string;
}

/** The VEX documents of an image in one repository, as they were when a scan read them. */
export interface AttachedVex {
  /** With its registry: `registry.example/shop/web`. */
  readonly repository: string;
  /** The signed documents that can be used. */
  readonly documents: readonly AttachedVexDocument[];
  /** Number of attestations that no trusted key has signed for the image. */
  readonly refused: number;
  /** Why signed documents cannot be used. Empty if all can. */
  readonly unreadable: readonly string[];
}

/** The VEX documents of an image, and the repositories that have a current name of it. */
export interface VexOfImage {
  readonly attached: readonly AttachedVex[];
  readonly repositories: readonly string[];
}

/** A name of an image whose VEX documents are to be read again. */
export interface VexToRead {
  readonly repository: string;
  readonly tag: string;
  readonly platform: string | null;
}

/** A page of such names. `next` is the `after` of the next request; absent on the last page. */
export interface VexToReadPage {
  readonly names: readonly VexToRead[];
  readonly next?: number;
}

/** The VEX documents that are attached to images in registries. Images are known images, by their numbers. */
export interface AttachedVexStore {
  /**
   * Saves what a scan has read of an image in one repository, instead of what an earlier one has. Logs each document that is new or gone,
   * with the id of its key as the actor. `subject` names the image in the log.
   */
  save(image: number, subject: string, attached: AttachedVex): Promise<void>;
  /** Returns which of the images have documents. */
  findWithDocuments(images: readonly number[]): Promise<ReadonlySet<number>>;
  find(image: number): Promise<VexOfImage>;
  /** Returns images whose documents were last read before a time, by one name in each repository. Leaves out those without a name. */
  findReadBefore(time: Date, page: PageRequest<number>): Promise<VexToReadPage>;
}
